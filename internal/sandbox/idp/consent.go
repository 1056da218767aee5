package idp

import (
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// proceed continues once the user is known. shown reports whether the user has seen a page in this login.
func (p *Provider) proceed(w http.ResponseWriter, r *http.Request, a authRequest, current session, shown bool) {
	missing, err := p.consentMissing(a, current)
	switch {
	case err != nil:
		p.fail(w, r, err)
	case missing && a.asks("none"):
		p.answerFault(w, r, a, redirectFault{"consent_required", "Consent required"})
	case missing:
		p.showQuestion(w, r, a, current, p.pages.consent, "Authorize")
	case shown || !a.client.ConfirmLoopback || verifiable(a.redirectURI):
		p.answerCode(w, r, a, current)
	case a.asks("none"):
		p.answerFault(w, r, a, redirectFault{"interaction_required", "Interaction required"})
	default:
		p.showQuestion(w, r, a, current, p.pages.confirm, "Confirm the login")
	}
}

// consentMissing reports whether the user must consent. A third-party client needs consent at every login.
func (p *Provider) consentMissing(a authRequest, current session) (bool, error) {
	if a.client.ThirdParty || a.asks("consent") {
		return true, nil
	}

	if !a.client.Consent {
		return false, nil
	}
	given, err := p.store.Consented(a.consent(current))

	return !given, err
}

func (a authRequest) consent(current session) state.Consent {
	return state.Consent{Subject: current.subject, ClientID: a.client.ID, Audience: a.audience, Scopes: scopes(a.scope)}
}

// accept stores the user's consent.
func (p *Provider) accept(w http.ResponseWriter, r *http.Request, a authRequest, current session) {
	if err := p.store.AddConsent(a.consent(current)); err != nil {
		p.fail(w, r, err)
		return
	}
	p.answerCode(w, r, a, current)
}
