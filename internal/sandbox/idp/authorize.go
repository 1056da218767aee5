package idp

import (
	"errors"
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// authorize is GET and POST /authorize. The forms carry the request in the query, so the provider stores nothing for
// an unfinished login. Reloading and going back work even after a restart.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	a, onPage, onRedirect, err := p.parseRequest(r.URL.Query())
	switch {
	case err != nil:
		p.fail(w, r, err)
	case onPage != nil:
		p.showFailure(w, r.URL.Query(), *onPage)
	case onRedirect != nil:
		p.answerFault(w, r, a, *onRedirect)
	case r.Method == http.MethodPost:
		p.submit(w, r, a)
	default:
		p.begin(w, r, a)
	}
}

// universalLogin shows the login or the sign-up form; each links to the other here. It is separate from /authorize,
// to which a third-party client may not add parameters.
func (p *Provider) universalLogin(w http.ResponseWriter, r *http.Request) {
	a, onPage, onRedirect, err := p.parseRequest(r.URL.Query())

	a.signUp = r.URL.Path == "/u/signup"
	switch {
	case err != nil:
		p.fail(w, r, err)
	case onPage != nil:
		p.showFailure(w, a.query, *onPage)
	case onRedirect != nil:
		p.answerFault(w, r, a, *onRedirect)
	default:
		p.showForm(w, r, a, http.StatusOK, form{Email: a.loginHint})
	}
}

// begin decides whether to ask the user anything.
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
	default:
		p.proceed(w, r, a, current, false)
	}
}

// submit handles a submitted form. The pressed button identifies the form.
func (p *Provider) submit(w http.ResponseWriter, r *http.Request, a authRequest) {
	if err := r.ParseForm(); err != nil {
		p.showFailure(w, a.query, pageFault{http.StatusBadRequest, "invalid_request", "The form could not be read."})
		return
	}

	if !p.csrfMatches(r) {
		p.showForm(w, r, a, http.StatusForbidden, form{
			Email: r.PostForm.Get("email"), Error: "This page expired. Please try again.", Field: "page",
		})

		return
	}

	switch r.PostForm.Get("action") {
	case "login":
		p.logIn(w, r, a)
	case "signup":
		p.signUp(w, r, a)
	case "accept", "confirm":
		switch current, ok := p.session(r); {
		case !ok:
			p.begin(w, r, a)
		case r.PostForm.Get("action") == "accept":
			p.accept(w, r, a, current)
		default:
			p.proceed(w, r, a, current, true)
		}
	case "decline":
		// Auth0 sends no error_description here.
		p.answerFault(w, r, a, redirectFault{code: "access_denied"})
	case "cancel":
		p.answerFault(w, r, a, redirectFault{"access_denied", "User has canceled the interaction."})
	default:
		p.showFailure(
			w,
			a.query,
			pageFault{http.StatusBadRequest, "invalid_request", "The form was sent without a known button."},
		)
	}
}

// loggedIn continues after the user has logged in.
func (p *Provider) loggedIn(w http.ResponseWriter, r *http.Request, a authRequest, account state.Account) {
	p.proceed(w, r, a, p.startSession(w, r, account.Subject), true)
}

func (p *Provider) fail(w http.ResponseWriter, r *http.Request, err error) {
	// A body over the limit is the sender's error, not ours.
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		p.showFailure(
			w, nil, pageFault{http.StatusRequestEntityTooLarge, "invalid_request", "The request is too long."},
		)

		return
	}
	p.log.Error("identity provider stand-in failed", "method", r.Method, "path", r.URL.Path, "error", err)
	p.showFailure(
		w,
		nil,
		pageFault{http.StatusInternalServerError, "server_error", "Something went wrong. See the sandbox's log for the error."},
	)
}
