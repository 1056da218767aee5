package control

import (
	"net/http"

	"golang.org/x/crypto/bcrypt"

	"github.com/upstash-connect/bff/internal/sandbox/cloud"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

type accountRequest struct {
	Email       string `json:"email"`
	Plan        string `json:"plan"`
	Marketplace string `json:"marketplace"`
	Password    string `json:"password"`
}

// accountView shows what only the account's owner sees in the console, and the secrets of the keys, which the real
// service shows only once.
type accountView struct {
	Subject     string              `json:"sub"`
	Email       string              `json:"email"`
	Plan        string              `json:"plan"`
	Marketplace string              `json:"marketplace,omitempty"`
	Suspended   bool                `json:"suspended"`
	Keys        []state.Key         `json:"keys"`
	Databases   []cloud.Description `json:"databases"`
}

// createAccount makes an account without the sign-up page. Without a password it cannot log in there.
func (c *Control) createAccount(w http.ResponseWriter, r *http.Request) {
	request := accountRequest{Plan: state.PlanPAYG}
	if err := decode(r, &request); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}

	if request.Plan != state.PlanFree && request.Plan != state.PlanPAYG {
		refuse(w, http.StatusBadRequest, "plan: free or payg expected")
		return
	}

	switch request.Marketplace {
	case "", "vercel", "fly":
	default:
		refuse(w, http.StatusBadRequest, "marketplace: vercel or fly expected, or nothing for a native account")
		return
	}

	account := state.Account{
		Email: request.Email, Plan: request.Plan, Marketplace: request.Marketplace, CreatedAt: c.Now(),
	}
	if request.Password != "" {
		hash, err := bcrypt.GenerateFromPassword([]byte(request.Password), bcrypt.MinCost)
		if err != nil {
			refuse(w, http.StatusBadRequest, "password: "+err.Error())
			return
		}
		account.PasswordHash = hash
	}

	created, err := c.Store.CreateAccount(account)
	if err != nil {
		c.refuseFor(w, r, err)
		return
	}
	c.show(w, r, http.StatusCreated, created)
}

func (c *Control) readAccount(w http.ResponseWriter, r *http.Request) {
	account, err := c.Store.AccountByEmail(r.PathValue("email"))
	if err != nil {
		c.refuseFor(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, account)
}

// deleteAccount deletes an account without databases. The issuer then rejects its refresh tokens, as Auth0 does for a
// deleted user.
func (c *Control) deleteAccount(w http.ResponseWriter, r *http.Request) {
	if err := c.Store.DeleteAccount(r.PathValue("email")); err != nil {
		c.refuseFor(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// deleteKey deletes a key, as a user does in the console's list of keys.
func (c *Control) deleteKey(w http.ResponseWriter, r *http.Request) {
	if err := c.Store.DeleteKey(r.PathValue("email"), r.PathValue("name")); err != nil {
		c.refuseFor(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c *Control) show(w http.ResponseWriter, r *http.Request, status int, account state.Account) {
	databases, err := c.Store.Databases(account.Subject)
	if err != nil {
		c.refuseFor(w, r, err)
		return
	}

	view := accountView{
		Subject: account.Subject, Email: account.Email, Plan: account.Plan, Marketplace: account.Marketplace,
		Suspended: account.Suspended,
		Keys:      append([]state.Key{}, account.Keys...), Databases: []cloud.Description{},
	}
	for _, database := range databases {
		view.Databases = append(view.Databases, cloud.Describe(account, database))
	}
	writeJSON(w, status, view)
}
