package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// maxKeyName limits a name, in characters. Upstash's own limit is unknown.
const maxKeyName = 128

// keysPage is Account > API keys.
type keysPage struct {
	layout
	Keys   []state.Key // newest first
	Max    int
	Native bool   // otherwise the account came through a marketplace and has no keys
	Name   string // in the form
	Error  string
}

func (c *Console) showKeys(w http.ResponseWriter, _ *http.Request, v visit) {
	c.renderKeys(w, http.StatusOK, v, "", "")
}

func (c *Console) renderKeys(w http.ResponseWriter, status int, v visit, name, fault string) {
	keys := slices.Clone(v.account.Keys)
	slices.Reverse(keys) // stored oldest first
	c.render(w, c.pages.keys, status, keysPage{
		layout: c.layout(v, "API keys", keysPath),
		Keys:   keys, Max: state.MaxKeys, Native: v.account.Marketplace == "", Name: name, Error: fault,
	})
}

func (c *Console) createKey(w http.ResponseWriter, r *http.Request, v visit) {
	name := strings.TrimSpace(r.PostForm.Get("name"))
	switch {
	case v.account.Marketplace != "":
		c.renderKeys(w, http.StatusForbidden, v, name, "")
		return
	case name == "":
		c.renderKeys(w, http.StatusBadRequest, v, name, "Give the key a name.")
		return
	case utf8.RuneCountInString(name) > maxKeyName:
		c.renderKeys(w, http.StatusBadRequest, v, name, "A name has at most 128 characters.")
		return
	}

	key := state.Key{Name: name, Secret: state.NewUUID(), CreatedAt: c.Now(), ReadOnly: r.PostForm.Has("read_only")}
	switch err := c.Accounts.AddKey(v.account.Subject, key); {
	case errors.Is(err, state.ErrKeyNameTaken):
		c.renderKeys(w, http.StatusConflict, v, name, "Another key has this name.")
	case errors.Is(err, state.ErrKeyLimit):
		c.renderKeys(w, http.StatusConflict, v, name, "This account has reached its key limit. Delete a key first.")
	case err != nil:
		c.broken(w, r, err)
	default:
		c.done(w, r, v, keysPath, notice{Text: "The key " + name + " was created.", Secret: key.Secret})
	}
}

// deletePage asks for confirmation before a key is deleted.
type deletePage struct {
	layout
	Key state.Key
}

func (c *Console) askToDelete(w http.ResponseWriter, r *http.Request, v visit) {
	name := r.URL.Query().Get("name")

	at := slices.IndexFunc(v.account.Keys, func(key state.Key) bool { return key.Name == name })
	if at < 0 {
		c.message(w, http.StatusNotFound, "Key not found", "It may have been deleted already.",
			"Back to the console")

		return
	}
	c.render(w, c.pages.remove, http.StatusOK, deletePage{c.layout(v, "Delete a key", keysPath), v.account.Keys[at]})
}

func (c *Console) deleteKey(w http.ResponseWriter, r *http.Request, v visit) {
	name := r.PostForm.Get("name")
	switch err := c.Accounts.DeleteKey(v.account.Email, name); {
	case errors.Is(err, state.ErrNotFound):
		c.message(w, http.StatusNotFound, "Key not found", "It may have been deleted already.",
			"Back to the console")
	case err != nil:
		c.broken(w, r, err)
	default:
		c.done(w, r, v, keysPath, notice{Text: "The key " + name + " was deleted. Upstash now rejects it."})
	}
}
