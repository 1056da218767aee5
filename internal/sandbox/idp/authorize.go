package idp

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// authorize is GET and POST /authorize. The request stays in the query all the
// way through the forms, so nothing is kept for a log-in nobody finishes, and
// reloading or going back works, even after a restart.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	a, onPage, onRedirect, err := p.parseRequest(r.URL.Query())
	switch {
	case err != nil:
		p.fail(w, r, err)
	case onPage != nil:
		p.showError(w, onPage.status, onPage.description)
	case onRedirect != nil:
		p.answerFault(w, r, a, *onRedirect)
	case r.Method == http.MethodPost:
		p.submit(w, r, a)
	default:
		p.begin(w, r, a)
	}
}

// begin decides whether the user must be asked anything.
func (p *Provider) begin(w http.ResponseWriter, r *http.Request, a authRequest) {
	current, loggedIn := p.session(r)
	if loggedIn && a.hasMaxAge && p.now().Sub(current.authenticatedAt) > a.maxAge {
		loggedIn = false
	}
	switch {
	case a.asks("none") && !loggedIn:
		p.answerFault(w, r, a, redirectFault{"login_required", "Login required"})
	case !loggedIn || a.asks("login"):
		p.showForm(w, r, a, http.StatusOK, form{Email: a.loginHint})
	case a.asks("consent"):
		p.showConsent(w, r, a, current)
	default:
		p.answerCode(w, r, a, current)
	}
}

// submit takes a form back. Which one it was the pressed button says.
func (p *Provider) submit(w http.ResponseWriter, r *http.Request, a authRequest) {
	if err := r.ParseForm(); err != nil {
		p.showError(w, http.StatusBadRequest, "The form could not be read.")
		return
	}
	if !p.csrfMatches(r) {
		p.showForm(w, r, a, http.StatusForbidden, form{
			Email: r.PostForm.Get("email"), Error: "This page had expired. Please try again.",
		})
		return
	}
	switch r.PostForm.Get("action") {
	case "login":
		p.logIn(w, r, a)
	case "signup":
		p.signUp(w, r, a)
	case "accept":
		if current, ok := p.session(r); ok {
			p.answerCode(w, r, a, current)
			return
		}
		p.begin(w, r, a)
	case "decline":
		// Auth0 sends no error_description here.
		p.answerFault(w, r, a, redirectFault{code: "access_denied"})
	case "cancel":
		p.answerFault(w, r, a, redirectFault{"access_denied", "User has canceled the interaction."})
	default:
		p.showError(w, http.StatusBadRequest, "The form was sent without a known button.")
	}
}

// loggedIn goes on after the user has proved who they are.
func (p *Provider) loggedIn(w http.ResponseWriter, r *http.Request, a authRequest, account state.Account) {
	started := p.startSession(w, r, account.Subject)
	if a.asks("consent") {
		p.showConsent(w, r, a, started)
		return
	}
	p.answerCode(w, r, a, started)
}

func (p *Provider) answerCode(w http.ResponseWriter, r *http.Request, a authRequest, current session) {
	code := randomString()
	p.codes.put(hashOf(code), grant{
		clientID:        a.client.ID,
		redirectURI:     a.redirectURI,
		challenge:       a.challenge,
		scope:           a.scope,
		audience:        a.audience,
		nonce:           a.nonce,
		subject:         current.subject,
		authenticatedAt: current.authenticatedAt,
		family:          randomString(),
	}, codeLife)
	p.answer(w, r, a, map[string]string{"code": code})
}

func (p *Provider) answerFault(w http.ResponseWriter, r *http.Request, a authRequest, fault redirectFault) {
	p.answer(w, r, a, map[string]string{"error": fault.code, "error_description": fault.description})
}

// answer sends the response to the client: by redirect, or by a page that posts
// it to the window that opened it. Empty members are left out.
func (p *Provider) answer(w http.ResponseWriter, r *http.Request, a authRequest, response map[string]string) {
	response["state"] = a.state
	for name, value := range response {
		if value == "" {
			delete(response, name)
		}
	}
	if a.mode == modeWebMessage {
		p.showMessage(w, originOf(a.redirectURI), response)
		return
	}
	target, err := url.Parse(a.redirectURI)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	query := target.Query()
	for name, value := range response {
		query.Set(name, value)
	}
	target.RawQuery = query.Encode()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, target.String(), http.StatusFound)
}

func (p *Provider) fail(w http.ResponseWriter, r *http.Request, err error) {
	// A body over the limit is the sender's fault, not ours.
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		p.showError(w, http.StatusRequestEntityTooLarge, "The request is too long.")
		return
	}
	p.log.Error("identity provider stand-in failed", "method", r.Method, "path", r.URL.Path, "error", err)
	p.showError(w, http.StatusInternalServerError, "Something went wrong. The sandbox's log says what.")
}
