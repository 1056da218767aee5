package control

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
)

// readJournal lists the requests to the stand-ins, oldest first: those to the Developer API, unless target names
// another.
func (c *Control) readJournal(w http.ResponseWriter, r *http.Request) {
	filter, err := journalFilter(r.URL.Query(), journal.Upstash)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"entries": c.Journal.Read(filter)})
}

// journalFilter reads target (upstash, issuer, redis or all), since, account, method, path (a prefix), status (404, or
// 4xx) and last.
func journalFilter(query url.Values, target string) (journal.Filter, error) {
	filter := journal.Filter{Account: query.Get("account"), Method: query.Get("method"), Path: query.Get("path")}
	for name := range query {
		if !slices.Contains([]string{"target", "since", "account", "method", "path", "status", "last"}, name) {
			return filter, errors.New(
				name + ": no such filter; target, since, account, method, path, status and last are",
			)
		}
	}

	if asked := query.Get("target"); asked != "" {
		target = asked
	}

	switch {
	case target == "all":
		filter.Targets = journal.Targets()
	case slices.Contains(journal.Targets(), target):
		filter.Targets = []string{target}
	default:
		return filter, errors.New("target: " + strings.Join(journal.Targets(), ", ") + " or all expected")
	}

	var err error
	if raw := query.Get("since"); raw != "" {
		if filter.Since, err = time.Parse(time.RFC3339Nano, raw); err != nil {
			return filter, errors.New("since: an RFC 3339 time expected")
		}
	}

	if raw := query.Get("status"); raw != "" {
		low, high := strings.ReplaceAll(raw, "x", "0"), strings.ReplaceAll(raw, "x", "9")
		least, err := strconv.Atoi(low)

		most, err2 := strconv.Atoi(high)
		if err != nil || err2 != nil || len(raw) != 3 || least < 100 {
			return filter, errors.New("status: a status such as 404, or a class such as 4xx, expected")
		}
		filter.MinStatus, filter.MaxStatus = least, most
	}

	if raw := query.Get("last"); raw != "" {
		if filter.Last, err = strconv.Atoi(raw); err != nil || filter.Last < 1 {
			return filter, errors.New("last: a positive number expected")
		}
	}

	return filter, nil
}
