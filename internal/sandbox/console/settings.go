package console

import (
	"errors"
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// settingsPage is Account > Settings.
type settingsPage struct {
	layout
	Plan   string
	Free   bool // and can be upgraded
	Native bool // otherwise its marketplace owns its e-mail and its plan
	New    string
	Error  string
}

func (c *Console) showSettings(w http.ResponseWriter, _ *http.Request, v visit) {
	c.renderSettings(w, http.StatusOK, v, "", "")
}

func (c *Console) renderSettings(w http.ResponseWriter, status int, v visit, email, fault string) {
	c.render(w, c.pages.settings, status, settingsPage{
		layout: c.layout(v, "Settings", settingsPath),
		Plan:   planWords(v.account.Plan), Free: v.account.Plan == state.PlanFree,
		Native: v.account.Marketplace == "", New: email, Error: fault,
	})
}

// changeEmail changes the e-mail immediately. The steps at Upstash, such as a link in a mail, are unknown.
func (c *Console) changeEmail(w http.ResponseWriter, r *http.Request, v visit) {
	email := strings.TrimSpace(r.PostForm.Get("email"))
	if v.account.Marketplace != "" {
		c.renderSettings(w, http.StatusForbidden, v, email, "")
		return
	}

	switch changed, err := c.Accounts.ChangeEmail(v.account.Email, email); {
	case errors.Is(err, state.ErrEmailInvalid):
		c.renderSettings(w, http.StatusBadRequest, v, email, "Enter a valid email.")
	case errors.Is(err, state.ErrEmailTaken):
		c.renderSettings(w, http.StatusConflict, v, email, "Another account has this email.")
	case err != nil:
		c.broken(w, r, err)
	default:
		c.done(
			w,
			r,
			v,
			settingsPath,
			notice{Text: "Your email is now " + changed.Email + ". Developer keys work with this one only."},
		)
	}
}

// upgrade needs no card: nothing costs anything here.
func (c *Console) upgrade(w http.ResponseWriter, r *http.Request, v visit) {
	if v.account.Marketplace != "" {
		c.renderSettings(w, http.StatusForbidden, v, "", "")
		return
	}

	upgraded, err := c.Accounts.Upgrade(v.account.Email)
	if err != nil {
		c.broken(w, r, err)
		return
	}
	c.done(w, r, v, settingsPath, notice{Text: "Your plan is now " + planWords(upgraded.Plan) + "."})
}

func planWords(plan string) string {
	switch plan {
	case state.PlanFree:
		return "Free"
	case state.PlanPAYG:
		return "Pay as you go"
	}

	return plan
}
