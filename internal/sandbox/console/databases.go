package console

import (
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// databasesPage is the console's first page: the list of databases, and what the account has of other products.
type databasesPage struct {
	layout
	Databases []state.Database // oldest first
	Others    []otherResource
}

// otherResource is an index, or a QStash user, which has neither a name nor an endpoint of its own.
type otherResource struct{ Name, Product, Endpoint, Region string }

func (c *Console) showDatabases(w http.ResponseWriter, r *http.Request, v visit) {
	databases, err := c.Accounts.Databases(v.account.Subject)
	if err != nil {
		c.broken(w, r, err)
		return
	}

	others, err := c.otherResources(v.account.Subject)
	if err != nil {
		c.broken(w, r, err)
		return
	}
	c.render(
		w, c.pages.databases, http.StatusOK, databasesPage{c.layout(v, "Databases", databasesPath), databases, others},
	)
}

// showDatabase shows one database alone. The product's page links to it.
func (c *Console) showDatabase(w http.ResponseWriter, r *http.Request, v visit) {
	databases, err := c.Accounts.Databases(v.account.Subject)
	if err != nil {
		c.broken(w, r, err)
		return
	}

	for _, database := range databases {
		if database.ID == r.PathValue("id") {
			c.render(w, c.pages.databases, http.StatusOK, databasesPage{
				layout: c.layout(v, "Database", databasesPath), Databases: []state.Database{database},
			})

			return
		}
	}
	c.notFound(w, r)
}

func (c *Console) otherResources(owner string) ([]otherResource, error) {
	found := []otherResource{}
	for _, product := range []struct{ is, shown string }{
		{state.ProductVector, "Vector index"}, {state.ProductSearch, "Search index"},
	} {
		indexes, err := c.Accounts.Indexes(owner, product.is)
		if err != nil {
			return nil, err
		}

		for _, index := range indexes {
			found = append(found, otherResource{index.Name, product.shown, index.Endpoint, index.Region})
		}
	}

	users, err := c.Accounts.QStashes(owner)
	for _, user := range users {
		found = append(found, otherResource{Name: "QStash", Product: "Message queue", Region: user.Region})
	}

	return found, err
}
