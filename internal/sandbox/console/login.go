package console

import (
	"net/http"
	"time"
)

// logIn is one login in progress, stored under its state.
type logIn struct {
	browser  string // hash of the cookie of the browser that started it (RFC 6749 section 10.12)
	verifier string
	goal     string // the requested page
}

const (
	logInCookie = "console_login"
	logInLife   = 15 * time.Minute
)

// beginLogIn sends the browser to the identity provider, which sends it back to the requested page. A browser may
// have several logins in progress, one per tab.
func (c *Console) beginLogIn(w http.ResponseWriter, r *http.Request, goal string) {
	cookie, err := r.Cookie(logInCookie)
	if err != nil || cookie.Value == "" {
		cookie = &http.Cookie{Value: randomString()}
	}
	setCookie(w, logInCookie, cookie.Value, 0)
	state, verifier := randomString(), randomString()
	c.logIns.put(state, logIn{hashOf(cookie.Value), verifier, goal}, logInLife)
	http.Redirect(w, r, c.issuer.authorizeURL(state, verifier), http.StatusFound)
}

// callback completes a login: it checks the state and uses it up before it redeems the code.
func (c *Console) callback(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	cookie, err := r.Cookie(logInCookie)

	login, known := c.logIns.take(query.Get("state"))
	switch {
	case err != nil || !known || login.browser != hashOf(cookie.Value):
		c.message(
			w,
			http.StatusBadRequest,
			"Unknown login",
			"It started in another browser, has expired, or is already finished.",
			"Log in",
		)

		return
	case query.Get("error") == "access_denied":
		c.message(w, http.StatusForbidden, "You did not log in", "The login was cancelled.", "Log in")
		return
	case query.Get("error") != "":
		c.Logger.Warn("console login rejected", "error", query.Get("error"))
		c.message(
			w,
			http.StatusBadGateway,
			"The login failed",
			"The identity provider rejected it: "+query.Get("error")+".",
			"Try again",
		)

		return
	}

	subject, err := c.issuer.subject(r.Context(), query.Get("code"), login.verifier)
	if err != nil {
		c.Logger.Warn("console login failed", "error", err)
		c.message(w, http.StatusBadGateway, "The login failed", "The identity provider did not complete it.",
			"Try again")

		return
	}
	c.startSession(w, r, subject)
	http.Redirect(w, r, login.goal, http.StatusSeeOther)
}

// logOut ends the console's session and the identity provider's, as a logout with Auth0 does.
func (c *Console) logOut(w http.ResponseWriter, r *http.Request) {
	if id, current, found := c.session(r); found {
		if !current.sent(r) {
			c.stale(w)
			return
		}
		c.endSession(w, id)
	}
	http.Redirect(w, r, c.issuer.logOutURL(c.Origin+LoggedOutPath), http.StatusSeeOther)
}

func (c *Console) loggedOut(w http.ResponseWriter, _ *http.Request) {
	c.message(
		w,
		http.StatusOK,
		"You are logged out",
		"You are logged out of the console and of the login shared with other applications.",
		"Log in",
	)
}
