//go:build unix

package test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/test/harness"
)

// taking is one way to revoke a service's permission on one server, and how every other server then responds to the
// service.
type taking struct {
	name   string
	take   func(at int, from acting)
	status int
	code   string
}

// acting is a service that acts for a user under a grant, and the user's browser.
type acting struct {
	harness.Service
	id, tokenID string // of the service and its token
	grant       harness.Grant
	browser     *harness.Browser
}

// Every server rejects a revoked permission from the next call on, even a server that has just accepted it and caches
// lists.
func TestRevocationAppliesAtEveryServer(t *testing.T) {
	t.Parallel()
	f := harness.NewFleetIn(t, t.TempDir(), pgtest.URL(t))
	r := f.Replicas(t) // with the standard BFF_LIST_CACHE

	byUser := func(at int, from acting, method, body string) {
		got := from.browser.Page(t, method, "/api/v1/connection/grants/"+from.grant.ID, harness.Via(at), body)
		if got.Status/100 != 2 {
			t.Fatalf("got %d %s", got.Status, got.Body)
		}
	}

	rows := []taking{
		{"token revoked", func(_ int, from acting) {
			f.Succeeds(t, "token", "revoke", from.tokenID)
		}, 401, "invalid_token"},
		{"service disabled", func(_ int, from acting) {
			f.Succeeds(t, "service", "disable", from.id)
		}, 401, "invalid_token"},
		{"grant revoked by its user", func(at int, from acting) {
			byUser(at, from, "DELETE", "")
		}, 409, "grant_required"},
		{"grant given back by its service", func(at int, from acting) {
			header := harness.Via(at, harness.Bearer(from.Token))
			from.Do(t, "DELETE", "/api/v1/grants/"+from.grant.ID, header, "").Is(t, 204)
		}, 409, "grant_required"},
		{"grants revoked by the operator", func(_ int, from acting) {
			f.Succeeds(t, "grant", "revoke", "--service", from.id, "--yes")
		}, 409, "grant_required"},
		{"scope taken from the grant", func(at int, from acting) {
			byUser(at, from, "PATCH", `{"scopes":["redis.get"]}`)
		}, 403, "insufficient_scope"},
		{"account disconnected", func(at int, from acting) {
			from.browser.Page(t, "DELETE", "/api/v1/connection", harness.Via(at), "").Is(t, 200)
		}, 409, "grant_required"},
	}
	for n, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, at := range harness.Short([]int{n % 2, 1 - n%2}, 1) {
				other := 1 - at
				from := actingIn(t, f, fmt.Sprintf("shop-%d-%d", n, at))
				header := harness.Via(other, from.As("user-1"))

				for range 3 { // the other replica has responded, and may have cached the grant
					from.Do(t, "GET", harness.DatabasesPath, header, "").Is(t, 200)
				}
				row.take(at, from)
				calls := len(r.Journal(t))
				r.RejectsWithin(t, 0, header, row.status, row.code)

				create := harness.Keyed(header, "another")
				from.Do(t, "POST", harness.DatabasesPath, create, harness.CreateBody("another")).
					IsProblem(t, row.status, row.code)
				from.Do(t, "POST", harness.DatabasesPath, harness.Keyed(header, "made"), harness.CreateBody("made")).
					IsProblem(t, row.status, row.code) // nor the stored response of its key

				if got := len(r.Journal(t)); got != calls {
					t.Errorf("%d calls reached Upstash, want none", got-calls)
				}
			}
		})
	}
}

// A grant narrowed at one server to selected databases covers only those at every server.
func TestNarrowedGrantAppliesAtEveryServer(t *testing.T) {
	t.Parallel()
	f := harness.NewFleetIn(t, t.TempDir(), pgtest.URL(t))
	f.Replicas(t)

	for at, other := range []int{1, 0} {
		from := actingIn(t, f, fmt.Sprintf("shop-%d", at))
		header := harness.Via(other, from.As("user-1"))
		list := func() string { return from.Do(t, "GET", harness.DatabasesPath, header, "").Is(t, 200).Body }
		made := from.grant.DatabaseIDs[0]

		tagged := from.Do(t, "GET", harness.DatabasesPath, header, "")
		if !strings.Contains(tagged.Body, made) {
			t.Fatalf("got %s, want %s in it", tagged.Body, made)
		}

		from.browser.Page(t, "PATCH", "/api/v1/connection/grants/"+from.grant.ID, harness.Via(at),
			`{"databases":"selected","max_databases":1}`).Is(t, 200)

		if got := list(); strings.Contains(got, made) {
			t.Errorf("got %s, want no database", got)
		}

		unchanged := harness.Merged(header, http.Header{"If-None-Match": {tagged.Header.Get("ETag")}})
		from.Do(t, "GET", harness.DatabasesPath, unchanged, "").Is(t, 200)
		from.Do(t, "GET", harness.DatabasesPath+"/"+made, header, "").IsProblem(t, 404, "database_not_found")
		from.Do(t, "GET", harness.DatabasesPath+"/"+made+"/credentials", header, "").
			IsProblem(t, 404, "database_not_found")
		from.Do(t, "POST", harness.DatabasesPath, harness.Keyed(header, "made"), harness.CreateBody("made")).
			IsProblem(t, 404, "database_not_found")
		from.Do(t, "POST", harness.DatabasesPath, harness.Keyed(header, "more"), harness.CreateBody("more")).
			IsProblem(t, 422, "grant_limit") // the one that it made still counts
	}
}

// actingIn registers a service, which acts for user-1 of its own account and has made one database.
func actingIn(t *testing.T, f *harness.Fleet, id string) acting {
	t.Helper()
	s, returnURL, tokenID := f.Registered(t, id)
	email := id + "@example.com"

	a := acting{Service: s, id: id, tokenID: tokenID, browser: s.Browser(t)}
	a.grant = s.Granted(t, "user-1", email, `"return_url":`+harness.Quoted(returnURL))
	s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "made"), harness.CreateBody("made")).Is(t, 201)
	a.grant = s.GrantsOf(t, "user-1")[0]
	a.browser.Login(t, email)

	return a
}
