package idp

import (
	"net/http"
	"time"
)

// Cookies are shared by all ports of a host, so the names keep clear of those of the application next door.
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
	// An account that is gone has no logins either.
	_, err = p.store.AccountBySubject(found.subject)

	return found, err == nil
}

// startSession logs the browser in under a fresh cookie and ends what it had.
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

// setCookie sets no Secure flag, for the stand-in speaks plain http on loopback.
func setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
