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

	VectorIndexes []cloud.VectorDescription `json:"vector_indexes"`
	SearchIndexes []cloud.SearchDescription `json:"search_indexes"`
	QStash        []cloud.QStashDescription `json:"qstash"` // empty until the account's first list
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

// deleteAccount deletes an account without databases and indexes. The issuer then rejects its refresh tokens, as Auth0
// does for a deleted user.
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
	view := accountView{
		Subject:       account.Subject,
		Email:         account.Email,
		Plan:          account.Plan,
		Marketplace:   account.Marketplace,
		Suspended:     account.Suspended,
		Keys:          append([]state.Key{}, account.Keys...),
		Databases:     []cloud.Description{},
		VectorIndexes: []cloud.VectorDescription{},
		SearchIndexes: []cloud.SearchDescription{},
		QStash:        []cloud.QStashDescription{},
	}
	if err := c.fillResources(&view, account); err != nil {
		c.refuseFor(w, r, err)
		return
	}
	writeJSON(w, status, view)
}

// fillResources adds what the account owns.
func (c *Control) fillResources(view *accountView, account state.Account) error {
	databases, err := c.Store.Databases(account.Subject)
	if err != nil {
		return err
	}

	vectors, err := c.Store.Indexes(account.Subject, state.ProductVector)
	if err != nil {
		return err
	}

	searches, err := c.Store.Indexes(account.Subject, state.ProductSearch)
	if err != nil {
		return err
	}

	users, err := c.Store.QStashes(account.Subject)
	if err != nil {
		return err
	}

	for _, database := range databases {
		view.Databases = append(view.Databases, cloud.Describe(account, database))
	}

	for _, index := range vectors {
		view.VectorIndexes = append(view.VectorIndexes, cloud.DescribeVector(account, index))
	}

	for _, index := range searches {
		view.SearchIndexes = append(view.SearchIndexes, cloud.DescribeSearch(account, index))
	}

	for _, user := range users {
		view.QStash = append(view.QStash, cloud.DescribeQStash(account, user))
	}

	return nil
}
