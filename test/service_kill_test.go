//go:build unix

package test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/test/harness"
)

// TestKilledWhileCompleting kills a real server, without warning, before and after the commit that makes a grant, and
// looks at it from the next: the code still works, once, or there is one grant and the code is used.
func TestKilledWhileCompleting(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name  string
		point killpoint.Point
		done  bool
	}{
		{"written, not committed", killpoint.GrantWritten, false},
		{"committed, reply not sent", killpoint.GrantCommitted, true},
	}
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()
		f := newFleet(t)
		s, environ := f.Service(t)
		server := f.Serve(t, environ...)

		outer := t // the servers outlive the subtest that starts them
		for n, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				f.ServeStandby(outer, environ...)
				user := fmt.Sprintf("user-%d", n)
				before := len(f.Audit(t, keys.ActionGrantCreated))

				opened := s.Invite(t, user, "")
				browser := s.Browser(t)
				browser.Open(t, opened.Invitation).Is(t, 200)
				browser.Login(t, user+"@example.com")
				code := browser.Allow(t)

				f.Arm(t, row.point, "kill")
				body := `{"code":` + harness.Quoted(code) + `,"external_id":` + harness.Quoted(user) + `}`

				path := "/api/v1/connect-sessions/" + opened.ID + "/complete"

				if got, err := s.Try(t.Context(), "POST", path, harness.Bearer(s.Token), body); err == nil {
					t.Fatalf("the completion got a response: %d %s", got.Status, got.Body)
				}
				server.Died(t)
				server = f.ServeNext(outer, environ...)

				if got := len(f.Audit(t, keys.ActionGrantCreated)) - before; (got == 1) != row.done || got > 1 {
					t.Errorf("the audit log has %d new grants; made: %t", got, row.done)
				}

				if row.done {
					if got := s.State(t, opened.ID); got != "completed" {
						t.Errorf("got the state %s, want completed", got)
					}
				} else {
					grantsNothing(t, s, user)
					s.Complete(t, opened.ID, code, user).Is(t, 201)
				}
				s.Complete(t, opened.ID, code, user).IsProblem(t, 409, "code_used")

				grants := s.GrantsOf(t, user)
				if len(grants) != 1 || grants[0].State != "active" {
					t.Fatalf("got %+v, want one active grant", grants)
				}

				if got := f.Audited(t, keys.ActionGrantCreated, grants[0].ID); got != 1 {
					t.Errorf("the audit log has the grant %d times, want once", got)
				}
				s.Do(t, "GET", harness.DatabasesPath, s.As(user), "").Is(t, 200)
			})
		}
	})
}

// TestKilledWhileRevoking does the same to each actor that ends a grant: its user, its service, or an operator command
// that ends several at once. Afterwards all of the grants have ended, or none.
func TestKilledWhileRevoking(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name  string
		point killpoint.Point
		done  bool
	}{
		{"written, not committed", killpoint.RevocationWritten, false},
		{"committed, reply not sent", killpoint.RevocationCommitted, true},
	}
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()
		f := newFleet(t)
		s, environ := f.Service(t)
		server := f.Serve(t, environ...)

		outer := t // the servers outlive the subtest that starts them
		for n, row := range rows {
			for _, by := range []string{"user", "service"} {
				t.Run(by+", "+row.name, func(t *testing.T) {
					f.ServeStandby(outer, environ...)
					user := fmt.Sprintf("%s-%d", by, n)
					grant := s.Granted(t, user, user+"@example.com", "")
					f.GrantIsActive(t, s, grant.ID, true)

					path, header := "/api/v1/grants/"+grant.ID, func() http.Header { return harness.Bearer(s.Token) }
					if by == "user" {
						browser := s.Browser(t)
						browser.Login(t, user+"@example.com")
						path, header = "/api/v1/connection/grants/"+grant.ID, browser.Header // of the called server
					}

					f.Arm(t, row.point, "kill")

					if got, err := s.Try(t.Context(), "DELETE", path, header(), ""); err == nil {
						t.Fatalf("the revocation got a response: %d %s", got.Status, got.Body)
					}
					server.Died(t)
					server = f.ServeNext(outer, environ...)
					f.GrantIsActive(t, s, grant.ID, !row.done)

					s.Do(t, "DELETE", path, header(), "").Is(t, 204)
					f.GrantIsActive(t, s, grant.ID, false)
				})
			}
			t.Run("operator, "+row.name, func(t *testing.T) {
				email := fmt.Sprintf("operator-%d@example.com", n)

				var grants []harness.Grant
				for i := range 3 {
					grants = append(grants, s.Granted(t, fmt.Sprintf("operator-%d-%d", n, i), email, ""))
				}
				all := func(stand bool) {
					for _, grant := range grants {
						f.GrantIsActive(t, s, grant.ID, stand)
					}
				}
				f.Arm(t, row.point, "kill")
				f.IsKilled(t, "grant", "revoke", "--user", email, "--yes")
				all(!row.done)

				f.Succeeds(t, "grant", "revoke", "--user", email, "--yes")
				all(false)
			})
		}
	})
}

// TestKilledWhileCreatingUnderAGrant kills a real server at every moment of the one create that a grant has room for.
// Then another create is sent, and the first again: one of them succeeds, and both callers learn which.
func TestKilledWhileCreatingUnderAGrant(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name  string
		point killpoint.Point
		first bool // whether the first create made the database
	}{
		{"claimed, nothing to be sent yet", killpoint.CreateClaimed, false},
		{"intent written, call not sent", killpoint.CreateIntended, false},
		{"response read, row not committed", killpoint.CreateAnswered, true},
		{"row committed, reply not sent", killpoint.CreateRecorded, true},
	}
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()
		f := newFleet(t)
		s, environ := f.Service(t)
		environ = append(environ, "BFF_CREATE_SETTLE=2s")
		server := f.Serve(t, environ...)

		outer := t // the servers outlive the subtest that starts them
		for n, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				f.ServeStandby(outer, environ...)
				user := fmt.Sprintf("user-%d", n)
				grant := s.Granted(t, user, user+"@example.com", `"max_databases":1`)
				header := func(key string) http.Header { return harness.Keyed(s.As(user), key) }
				final := func(key string) harness.Response {
					got, _ := s.DoUntilFinal(t, "POST", harness.DatabasesPath, header(key), harness.CreateBody(key))
					return got
				}
				f.Arm(t, row.point, "kill")

				if got, err := s.Try(
					t.Context(), "POST", harness.DatabasesPath, header("first"), harness.CreateBody("first"),
				); err == nil {
					t.Fatalf("the create got a response: %d %s", got.Status, got.Body)
				}
				server.Died(t)
				server = f.ServeNext(outer, environ...)

				other, first := final("other"), final("first")
				made, refused := first, other

				if !row.first {
					made, refused = other, first
				}
				id := made.Database(t, 201).ID
				refused.IsProblem(t, 422, "grant_limit")

				exist := s.Account(t, user+"@example.com").Databases
				if len(exist) != 1 || exist[0]["database_id"] != id {
					t.Errorf("upstream has %v, want %s", exist, id)
				}
				s.Call(t, "GET", "/api/v1/grants/"+grant.ID, "").Is(t, 200).JSON(t, &grant)

				if len(grant.DatabaseIDs) != 1 || grant.DatabaseIDs[0] != id {
					t.Errorf("the grant covers %v, want %s", grant.DatabaseIDs, id)
				}
			})
		}
	})
}
