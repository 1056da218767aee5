package console

import (
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// databasesPage is the console's first page: the list of databases.
type databasesPage struct {
	layout
	Databases []state.Database // oldest first
}

func (c *Console) showDatabases(w http.ResponseWriter, r *http.Request, v visit) {
	databases, err := c.Accounts.Databases(v.account.Subject)
	if err != nil {
		c.broken(w, r, err)
		return
	}
	c.render(w, c.pages.databases, http.StatusOK, databasesPage{c.layout(v, "Databases", databasesPath), databases})
}
