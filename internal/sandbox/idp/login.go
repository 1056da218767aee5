package idp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

const (
	minPassword = 8
	maxPassword = 72 // bcrypt ignores bytes after these
)

func (p *Provider) logIn(w http.ResponseWriter, r *http.Request, a authRequest) {
	a.signUp = false

	email, password := r.PostForm.Get("email"), r.PostForm.Get("password")
	if missing, found := unfilled(email, password); found {
		p.showForm(w, r, a, http.StatusBadRequest, missing)
		return
	}

	account, err := p.store.AccountByEmail(email)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		p.fail(w, r, err)
		return
	}

	if err != nil || bcrypt.CompareHashAndPassword(account.PasswordHash, []byte(password)) != nil {
		p.showForm(w, r, a, http.StatusBadRequest, form{Email: email, Error: "Wrong email or password."})
		return
	}
	p.loggedIn(w, r, a, account)
}

// signUp makes a native account on the free plan, as signing up at Upstash does.
func (p *Provider) signUp(w http.ResponseWriter, r *http.Request, a authRequest) {
	a.signUp = true
	email, password := r.PostForm.Get("email"), r.PostForm.Get("password")
	again := func(field, text string) {
		p.showForm(w, r, a, http.StatusBadRequest, form{Email: email, Error: text, Field: field})
	}

	missing, found := unfilled(email, password)
	switch {
	case found:
		again(missing.Field, missing.Error)
		return
	case len(password) < minPassword:
		again("password", fmt.Sprintf("This password is too short. Use at least %d characters.", minPassword))
		return
	case len(password) > maxPassword:
		again("password", fmt.Sprintf("This password is too long. Use at most %d characters.", maxPassword))
		return
	}

	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		p.fail(w, r, err)
		return
	}

	account, err := p.store.CreateAccount(state.Account{
		Email: email, Plan: state.PlanFree, PasswordHash: hash, CreatedAt: p.now(),
	})
	switch {
	case errors.Is(err, state.ErrEmailTaken):
		again("email", "This email is already in use. Log in instead.")
	case errors.Is(err, state.ErrEmailInvalid):
		again("email", "Enter a valid email, such as you@example.com.")
	case err != nil:
		p.fail(w, r, err)
	default:
		p.loggedIn(w, r, a, account)
	}
}

// unfilled finds an empty field, if any.
func unfilled(email, password string) (form, bool) {
	switch {
	case strings.TrimSpace(email) == "":
		return form{Error: "Enter your email.", Field: "email"}, true
	case password == "":
		return form{Email: email, Error: "Enter your password.", Field: "password"}, true
	default:
		return form{}, false
	}
}

// csrfToken ties a form to the browser that showed it, so that no other site can log a user in as someone else.
func (p *Provider) csrfToken(w http.ResponseWriter, r *http.Request) string {
	cookie, err := r.Cookie(csrfCookie)
	if err == nil && cookie.Value != "" {
		return p.csrfFor(cookie.Value)
	}
	value := randomString()
	setCookie(w, csrfCookie, value, 0)

	return p.csrfFor(value)
}

func (p *Provider) csrfMatches(r *http.Request) bool {
	cookie, err := r.Cookie(csrfCookie)
	if err != nil || cookie.Value == "" {
		return false
	}

	return hmac.Equal([]byte(p.csrfFor(cookie.Value)), []byte(r.PostForm.Get("csrf")))
}

func (p *Provider) csrfFor(cookie string) string {
	mac := hmac.New(sha256.New, p.csrfKey)
	mac.Write([]byte(cookie))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
