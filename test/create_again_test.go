package test

import (
	"net/url"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/test/harness"
)

// A stored response is replayed only to a caller who may make the call now: each row removes a permission and repeats
// the create.
func TestStoredResponseRequiresCurrentAccess(t *testing.T) {
	t.Parallel()
	t.Run("the account's own", func(t *testing.T) {
		t.Parallel()
		testOwnAnswer(t)
	})
	t.Run("a service's", func(t *testing.T) {
		t.Parallel()
		testServiceAnswer(t)
	})
}

func testOwnAnswer(t *testing.T) {
	t.Helper()
	p := harness.StartProduct(t)
	rows := map[string]struct {
		take   func(t *testing.T, m harness.Member, email string)
		status int
		code   string
	}{
		"disconnected": {func(t *testing.T, m harness.Member, _ string) {
			t.Helper()
			m.Do(t, "DELETE", "/api/v1/connection", m.Header, "").Is(t, 200)
		}, 409, "connect_required"},
		"its key refused": {func(t *testing.T, m harness.Member, email string) {
			t.Helper()
			m.Control(t, "DELETE", "/accounts/"+url.PathEscape(email)+"/keys/"+p.Connection(t, email).KeyName, nil, nil)
			m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 409, "reconnect_required")
		}, 409, "reconnect_required"},
		"its key in doubt, and refused when tried": {func(t *testing.T, m harness.Member, email string) {
			t.Helper()

			if _, err := p.App.Store().MarkSuspect(t.Context(), "restored", time.Now()); err != nil {
				t.Fatal(err)
			}
			m.Control(t, "DELETE", "/accounts/"+url.PathEscape(email)+"/keys/"+p.Connection(t, email).KeyName, nil, nil)
		}, 409, "reconnect_required"},
	}

	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			email := url.QueryEscape(name) + "@example.com"
			m := p.AddMember(t, email)
			made := m.Create(t, "key", harness.CreateBody("x")).Database(t, 201)
			row.take(t, m, email)

			m.Create(t, "key", harness.CreateBody("x")).IsProblem(t, row.status, row.code)
			m.Create(t, "key", harness.CreateBody("y")).IsProblem(t, row.status, row.code) // nor that the key was used

			if got := m.UpstreamNames(t)["x"]; got != 1 {
				t.Errorf("got %d databases, want the one of before", got)
			}

			// Once the account is connected again, the caller gets the response.
			again := p.AddMember(t, email).Create(t, "key", harness.CreateBody("x"))
			if again.Database(t, 201).ID != made.ID || again.Header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("connected again: got %s, want a replay", again.Body)
			}
		})
	}
}

func testServiceAnswer(t *testing.T) {
	t.Helper()
	p := harness.StartService(t)
	narrow := func(body string) func(t *testing.T, s harness.Service, grant harness.Grant) {
		return func(t *testing.T, s harness.Service, grant harness.Grant) {
			t.Helper()
			s.Call(t, "PATCH", "/api/v1/grants/"+grant.ID, body).Is(t, 200)
		}
	}
	rows := map[string]struct {
		take   func(t *testing.T, s harness.Service, grant harness.Grant)
		status int
		code   string
	}{
		"scope-narrowed":   {narrow(`{"scopes":["redis.list"]}`), 403, "insufficient_scope"},
		"regions-narrowed": {narrow(`{"regions":["eu-west-1"]}`), 422, "grant_limit"},
		"reach-narrowed":   {narrow(`{"databases":"selected"}`), 404, "database_not_found"},
		"revoked": {func(t *testing.T, s harness.Service, grant harness.Grant) {
			t.Helper()
			s.Call(t, "DELETE", "/api/v1/grants/"+grant.ID, "").Is(t, 204)
		}, 409, "grant_required"},
		"user-disconnected": {func(t *testing.T, s harness.Service, grant harness.Grant) {
			t.Helper()
			s.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(s.TokenOf(t, grant.ExternalID+"@example.com")), "").
				Is(t, 200)
		}, 409, "grant_required"},
		"disabled": {func(t *testing.T, s harness.Service, _ harness.Grant) {
			t.Helper()

			if err := s.Registry().DisableService(t.Context(), "disabled"); err != nil {
				t.Fatal(err)
			}
		}, 401, ""},
	}

	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			s, returnURL := p.AddService(t, name, partner.Policy{Scopes: partner.Scopes(), Databases: partner.ReachAll})
			grant := s.Granted(t, name, name+"@example.com", `"return_url":`+harness.Quoted(returnURL))
			create := func() harness.Response {
				return s.Do(
					t, "POST", harness.DatabasesPath, harness.Keyed(s.With(grant.ID), "key"), harness.CreateBody("x"),
				)
			}
			create().Is(t, 201)
			row.take(t, s, grant)

			if row.code == "" {
				create().Is(t, row.status)
				return
			}
			create().IsProblem(t, row.status, row.code)
		})
	}
}
