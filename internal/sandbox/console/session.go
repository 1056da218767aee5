package console

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// Cookies are shared by all ports of a host, so the names keep clear of those of the application next door.
const (
	sessionCookie = "console_session"
	sessionLife   = 12 * time.Hour
)

// session is one browser's login here.
type session struct {
	subject string
	csrf    string // goes with every form (the synchronizer token pattern)
	notice  notice
}

// notice is what the next page says once: how the last form ended.
type notice struct {
	Text   string
	Secret string // a key that was just made, shown this once
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

// startSession logs the browser in under a fresh cookie and ends what it had.
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

// setCookie sets no Secure flag, for the stand-in speaks plain http on loopback.
func setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: Path, MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// visit is one request of somebody who is logged in.
type visit struct {
	id      string // of the session
	session session
	account state.Account
}

type visitHandler func(w http.ResponseWriter, r *http.Request, v visit)

// visitor lets those through who are logged in, and leads others to the login. A form must be one of this session's.
func (c *Console) visitor(next visitHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		goal := r.URL.RequestURI()
		if r.Method == http.MethodPost {
			goal = r.URL.Path // the form is lost; its page is not
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

// done answers a form: the page it belongs to is loaded anew, so that reloading it repeats nothing, and says how it
// ended.
func (c *Console) done(w http.ResponseWriter, r *http.Request, v visit, page string, said notice) {
	c.sessions.change(v.id, func(s session) session {
		s.notice = said
		return s
	})
	http.Redirect(w, r, page, http.StatusSeeOther)
}

// said returns what is still to be said, for the last time.
func (c *Console) said(v visit) notice {
	before, _ := c.sessions.change(v.id, func(s session) session {
		s.notice = notice{}
		return s
	})

	return before.notice
}
