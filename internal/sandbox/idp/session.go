package idp

import (
	"net/http"
	"time"
)

// All ports of a host share cookies, so these names must differ from those of the application on another port.
const (
	sessionCookie = "idp_session"
	csrfCookie    = "idp_csrf"
)

const sessionLife = 3 * 24 * time.Hour

// session is one browser's login at the provider.
type session struct {
	subject         string
	authenticatedAt time.Time
}

func (p *Provider) session(r *http.Request) (session, bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return session{}, false
	}

	found, ok := p.sessions.get(hashOf(cookie.Value))
	if !ok {
		return session{}, false
	}
	// A deleted account has no sessions either.
	_, err = p.store.AccountBySubject(found.subject)

	return found, err == nil
}

// startSession logs the browser in with a new cookie and ends its previous session.
func (p *Provider) startSession(w http.ResponseWriter, r *http.Request, subject string) session {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		p.sessions.drop(hashOf(cookie.Value))
	}
	started := session{subject, p.now()}
	value := randomString()
	p.sessions.put(hashOf(value), started, sessionLife)
	setCookie(w, sessionCookie, value, int(sessionLife.Seconds()))

	return started
}

func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		p.sessions.drop(hashOf(cookie.Value))
		setCookie(w, sessionCookie, "", -1)
	}
}

// setCookie sets no Secure flag because the stand-in speaks plain HTTP on loopback.
func setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
