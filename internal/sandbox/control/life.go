package control

import (
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/cloud"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// maxIdleDays limits how far a database can be aged: ten years.
const maxIdleDays = 3650

type accountChange struct {
	Email     string `json:"email"`
	Plan      string `json:"plan"`
	Suspended *bool  `json:"suspended"`
}

// changeAccount changes an account as its user does in the console (email: the old one fails from then on; plan: an
// upgrade) or as Upstash does (suspended).
func (c *Control) changeAccount(w http.ResponseWriter, r *http.Request) {
	var request accountChange
	if err := decode(r, &request); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}

	if request == (accountChange{}) {
		refuse(w, http.StatusBadRequest, "email, plan or suspended expected")
		return
	}

	if request.Plan != "" && request.Plan != state.PlanPAYG {
		refuse(w, http.StatusBadRequest, "plan: payg expected, for an account is upgraded and nothing else")
		return
	}

	account, err := c.applyChange(r.PathValue("email"), request)
	if err != nil {
		c.refuseFor(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, account)
}

// applyChange starts with the changes that can be rejected.
func (c *Control) applyChange(email string, change accountChange) (account state.Account, err error) {
	if change.Email != "" {
		if account, err = c.Store.ChangeEmail(email, change.Email); err != nil {
			return state.Account{}, err
		}
		email = account.Email
	}

	if change.Plan != "" {
		if _, err := c.Store.Upgrade(email); err != nil {
			return state.Account{}, err
		}
	}

	if change.Suspended != nil {
		if err := c.Lifecycle.SuspendAccount(email, *change.Suspended); err != nil {
			return state.Account{}, err
		}
	}

	return c.Store.AccountByEmail(email)
}

// createKey makes a key as the console does. Read-only keys and keys of a team come from here only.
func (c *Control) createKey(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Name     string `json:"name"`
		ReadOnly bool   `json:"read_only"`
		Team     string `json:"team"`
	}
	if err := decode(r, &request); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}

	if request.Name == "" {
		refuse(w, http.StatusBadRequest, "name: required")
		return
	}

	account, err := c.Store.AccountByEmail(r.PathValue("email"))
	if err == nil && account.Marketplace != "" {
		refuse(w, http.StatusConflict, "an account of a marketplace has no keys")
		return
	}

	if err == nil && request.Team != "" {
		_, err = c.Store.Team(account, request.Team)
	}

	key := state.Key{
		Name: request.Name, Secret: state.NewUUID(), CreatedAt: c.Now(), ReadOnly: request.ReadOnly, Team: request.Team,
	}
	if err == nil {
		err = c.Store.AddKey(account.Subject, key)
	}

	if err != nil {
		c.refuseFor(w, r, err)
		return
	}
	writeJSON(w, http.StatusCreated, key)
}

// archive archives the account's idle databases now, as the hourly sweep would.
func (c *Control) archive(w http.ResponseWriter, r *http.Request) {
	account, err := c.Store.AccountByEmail(r.PathValue("email"))
	if err != nil {
		c.refuseFor(w, r, err)
		return
	}

	archived, err := c.Lifecycle.Archive(account.Subject)
	if err != nil {
		c.refuseFor(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string][]string{"archived": archived})
}

// changeDatabase suspends a database as if it had reached its budget, restores it to service, or makes it look idle.
func (c *Control) changeDatabase(w http.ResponseWriter, r *http.Request) {
	var request struct {
		State    string `json:"state"`
		IdleDays *int   `json:"idle_days"`
	}
	if err := decode(r, &request); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}

	switch {
	case request.State == "" && request.IdleDays == nil:
		refuse(w, http.StatusBadRequest, "state or idle_days expected")
		return
	case request.State != "" && request.State != state.StateActive && request.State != state.StateSuspended:
		refuse(w, http.StatusBadRequest, "state: active or suspended expected")
		return
	case request.IdleDays != nil && (*request.IdleDays < 0 || *request.IdleDays > maxIdleDays):
		refuse(w, http.StatusBadRequest, "idle_days: 0 to 3650 expected")
		return
	}
	account, err := c.Store.AccountByEmail(r.PathValue("email"))

	id := r.PathValue("id")
	if err == nil && request.State != "" {
		err = c.Lifecycle.SuspendDatabase(account.Subject, id, request.State == state.StateSuspended)
	}

	if err == nil && request.IdleDays != nil {
		_, err = c.Lifecycle.Age(account.Subject, id, time.Duration(*request.IdleDays)*24*time.Hour)
	}

	var database state.Database
	if err == nil {
		database, err = c.Store.Database(account.Subject, id)
	}

	if err != nil {
		c.refuseFor(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, cloud.Describe(account, database))
}
