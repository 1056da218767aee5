package console

import "net/http"

// start is the console's first page: for a logged-in user the databases, for anyone else what the console simulates.
func (c *Console) start(w http.ResponseWriter, r *http.Request) {
	if _, _, found := c.session(r); found {
		http.Redirect(w, r, databasesPath, http.StatusFound)
		return
	}
	c.message(w, http.StatusOK, "Upstash console",
		"It simulates console.upstash.com: see an account’s databases, create and delete developer keys, and change the "+
			"e-mail. Log in as demo@example.com with demo-password, or as an account that you signed up.", "Log in")
}
