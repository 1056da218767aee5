package main

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"
)

// user is one of the product's own users. ID is what Upstash Connect calls the external id: it never changes, and no
// other user ever gets it.
type user struct{ ID, Name string }

// users stands for the product's own table. Passwords are left out of the example: a button logs in.
var users = []user{{"user_1001", "Ada Lovelace"}, {"user_1002", "Grace Hopper"}}

const (
	loginCookie = "tidepool_login"
	loginLasts  = 12 * time.Hour
)

// logins remembers on the server who is logged in. A browser has only a random name of its login.
type logins struct {
	mu sync.Mutex
	by map[string]login
}

type login struct {
	user  user
	until time.Time
}

func newLogins() *logins { return &logins{by: map[string]login{}} }

// of returns the user who is logged in in this browser. It is the only source of a user's id in this program.
func (l *logins) of(r *http.Request) (user, bool) {
	cookie, err := r.Cookie(loginCookie)
	if err != nil {
		return user{}, false
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.by[cookie.Value]

	return found.user, ok && time.Now().Before(found.until)
}

// only passes on requests of a logged-in user.
func (l *logins) only(next func(http.ResponseWriter, *http.Request, user)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, loggedIn := l.of(r)
		if !loggedIn {
			http.Error(w, "log in first", http.StatusUnauthorized)
			return
		}

		next(w, r, who)
	}
}

func (s *shop) logIn(w http.ResponseWriter, r *http.Request) {
	for _, who := range users {
		if who.ID == r.PostFormValue("user") {
			s.logins.end(r)
			http.SetCookie(w, s.cookie(s.logins.begin(who), loginLasts))
		}
	}

	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *shop) logOut(w http.ResponseWriter, r *http.Request) {
	s.logins.end(r)
	http.SetCookie(w, s.cookie("", -time.Second))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// cookie is Lax, not Strict: the browser must send it when it comes back from Upstash Connect.
func (s *shop) cookie(value string, lasts time.Duration) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure needs https, which the example on localhost has not
		Name: loginCookie, Value: value, Path: "/", MaxAge: int(lasts.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.own, "https:"),
	}
}

func (l *logins) begin(who user) (name string) {
	l.mu.Lock()
	defer l.mu.Unlock()

	name = rand.Text()
	l.by[name] = login{who, time.Now().Add(loginLasts)}

	return name
}

func (l *logins) end(r *http.Request) {
	if cookie, err := r.Cookie(loginCookie); err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.by, cookie.Value)
	}
}
