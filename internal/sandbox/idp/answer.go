package idp

import (
	"net/http"
	"net/url"
	"strings"
)

// The ways to send an authorization response.
const (
	modeQuery      = "query"
	modeFragment   = "fragment"
	modeFormPost   = "form_post"
	modeWebMessage = "web_message"
)

// responseMode returns how the client wants the response; empty for an unknown mode.
func responseMode(query url.Values) string {
	switch mode := query.Get("response_mode"); mode {
	case modeQuery, modeFragment, modeFormPost, modeWebMessage:
		return mode
	case "":
		// OAuth 2.0 Multiple Response Type Encoding Practices section 5: a query must not carry tokens.
		if strings.Contains(query.Get("response_type"), "token") {
			return modeFragment
		}

		return modeQuery
	default:
		return ""
	}
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

// answerFault reports the error to the client, except to a third-party client: an attacker who registered it might
// only want a link on our domain that redirects to theirs. The user stays here instead (Auth0's open redirect
// protection).
func (p *Provider) answerFault(w http.ResponseWriter, r *http.Request, a authRequest, fault redirectFault) {
	if a.client.ThirdParty {
		status := http.StatusBadRequest
		if fault.code == "access_denied" {
			status = http.StatusForbidden
		}
		p.showFailure(w, a.query, pageFault{status, fault.code, fault.description})

		return
	}
	p.answer(w, r, a, map[string]string{"error": fault.code, "error_description": fault.description})
}

// answer sends the response to the client in the requested mode. Empty members are left out.
func (p *Provider) answer(w http.ResponseWriter, r *http.Request, a authRequest, response map[string]string) {
	response["state"] = a.state

	values := url.Values{}
	for name, value := range response {
		if value == "" {
			delete(response, name)
		} else {
			values.Set(name, value)
		}
	}

	switch a.mode {
	case modeWebMessage:
		p.showResponse(w, p.pages.message, originOf(a.redirectURI), response)
		return
	case modeFormPost:
		p.showResponse(w, p.pages.formPost, a.redirectURI, response)
		return
	}

	target, err := url.Parse(a.redirectURI)
	if err != nil {
		p.fail(w, r, err)
		return
	}

	if a.mode == modeQuery {
		query := target.Query()
		for name := range values {
			query.Set(name, values.Get(name))
		}
		target.RawQuery = query.Encode()
	}

	location := target.String()
	if a.mode == modeFragment {
		location += "#" + values.Encode()
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, location, http.StatusFound)
}
