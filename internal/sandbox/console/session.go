package console

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// All ports of a host share cookies, so these names must differ from those of the application on another port.
const (
	sessionCookie = "console_session"
	sessionLife   = 12 * time.Hour
)

// session is one browser's login at the console.
type session struct {
	subject string
	csrf    string // in every form (the synchronizer token pattern)
	notice  notice
}

// notice is shown once, on the next page: the result of the last form.
type notice struct {
	Text   string
	Secret string // a new key, shown only once
}

// sent reports whether the form came from a page of this session.
func (s session) sent(r *http.Request) bool {
	return subtle.ConstantTimeCompare([]byte(s.csrf), []byte(r.PostFormValue("csrf"))) == 1
}

func (c *Console) session(r *http.Request) (id string, current session, found bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return "", session{}, false
	}
	id = hashOf(cookie.Value)
	current, found = c.sessions.get(id)

	return id, current, found
}

// startSession logs the browser in with a new cookie and ends its previous session.
func (c *Console) startSession(w http.ResponseWriter, r *http.Request, subject string) {
	if id, _, found := c.session(r); found {
		c.sessions.take(id)
	}
	value := randomString()
	c.sessions.put(hashOf(value), session{subject: subject, csrf: randomString()}, sessionLife)
	setCookie(w, sessionCookie, value, int(sessionLife.Seconds()))
}

func (c *Console) endSession(w http.ResponseWriter, id string) {
	c.sessions.take(id)
	setCookie(w, sessionCookie, "", -1)
}

// setCookie sets no Secure flag because the stand-in speaks plain HTTP on loopback.
func setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: Path, MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// visit is one request of a logged-in user.
type visit struct {
	id      string // of the session
	session session
	account state.Account
}

type visitHandler func(w http.ResponseWriter, r *http.Request, v visit)

// visitor serves logged-in users, and redirects others to the login. A form must belong to the session.
func (c *Console) visitor(next visitHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		goal := r.URL.RequestURI()
		if r.Method == http.MethodPost {
			goal = r.URL.Path // the form is lost; show its page again
		}

		id, current, found := c.session(r)
		if !found {
			c.beginLogIn(w, r, goal)
			return
		}

		account, err := c.Accounts.AccountBySubject(current.subject)
		switch {
		case errors.Is(err, state.ErrNotFound):
			c.endSession(w, id)
			c.beginLogIn(w, r, goal)
		case err != nil:
			c.broken(w, r, err)
		case r.Method == http.MethodPost && !current.sent(r):
			c.stale(w)
		default:
			next(w, r, visit{id, current, account})
		}
	}
}

// done responds to a form with a redirect to its page, so that a reload does not send the form again. The page shows
// the result.
func (c *Console) done(w http.ResponseWriter, r *http.Request, v visit, page string, said notice) {
	c.sessions.change(v.id, func(s session) session {
		s.notice = said
		return s
	})
	http.Redirect(w, r, page, http.StatusSeeOther)
}

// said returns the pending notice and clears it.
func (c *Console) said(v visit) notice {
	before, _ := c.sessions.change(v.id, func(s session) session {
		s.notice = notice{}
		return s
	})

	return before.notice
}
