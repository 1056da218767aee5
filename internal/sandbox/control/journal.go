package control

import (
	"net/http"
	"time"
)

// readJournal lists what reached the Developer API, oldest first.
func (c *Control) readJournal(w http.ResponseWriter, r *http.Request) {
	var since time.Time
	if raw := r.URL.Query().Get("since"); raw != "" {
		var err error
		if since, err = time.Parse(time.RFC3339Nano, raw); err != nil {
			refuse(w, http.StatusBadRequest, "since: an RFC 3339 time expected")
			return
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"entries": c.Journal.Since(since)})
}
