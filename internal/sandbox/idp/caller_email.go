package idp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// CallerEmail returns the e-mail of the request's caller, if the request has one: from the browser's login, the form,
// the code or the token. It verifies nothing and uses nothing up. It selects the requests for a fault, and names
// their account in the journal.
func (p *Provider) CallerEmail(r *http.Request) string {
	if found, ok := p.session(r); ok {
		return p.emailOf(found.subject)
	}

	if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		if known, ok := p.opaque.get(hashOf(token)); ok {
			return p.emailOf(known.subject)
		}

		return p.emailOf(subjectIn(token))
	}

	if r.Method != http.MethodPost {
		return ""
	}

	parameters := peekParameters(r)
	if email := parameters["email"]; email != "" {
		return state.NormalizeEmail(email)
	}

	if code := parameters["code"]; code != "" {
		granted, _ := p.codes.get(hashOf(code))
		return p.emailOf(granted.subject)
	}

	for _, name := range []string{"refresh_token", "token"} {
		if token := parameters[name]; token != "" {
			return p.emailOf(p.store.RefreshTokenSubject(hashOf(token)))
		}
	}

	return ""
}

func (p *Provider) emailOf(subject string) string {
	account, err := p.store.AccountBySubject(subject)
	if err != nil {
		return ""
	}

	return account.Email
}

// peekParameters reads the body and restores it.
func peekParameters(r *http.Request) map[string]string {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), again{err}))
	copied := *r
	copied.Body = io.NopCloser(bytes.NewReader(body))
	parameters, _ := readParameters(&copied)

	return parameters
}

// again returns the error of the original body, if any.
type again struct{ err error }

func (a again) Read([]byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}

	return 0, io.EOF
}

func subjectIn(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}

	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}

	var claims struct {
		Subject string `json:"sub"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}

	return claims.Subject
}
