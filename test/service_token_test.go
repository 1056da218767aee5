package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/test/harness"
)

// Every endpoint rejects an invalid service token. One without a valid checksum costs no query: the store is missing.
func TestInvalidServiceTokensAreRejected(t *testing.T) {
	t.Parallel()
	clock := &harness.Clock{}
	s := harness.StartService(t, harness.WithClock(clock))
	s.Granted(t, "user-1", invitee, "")

	registry := s.Registry()
	shop, _ := s.AddService(t, "shop", anything())
	shop.Call(t, "GET", "/api/v1/grants", "").Is(t, 200)

	ended, row, err := registry.CreateToken(t.Context(), "shop", nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	revoked := harness.Service{Product: s.Product, Token: s.NotedSecret(ended.Reveal(), "service token")}
	revoked.Call(t, "GET", "/api/v1/grants", "").Is(t, 200)

	if err := registry.RevokeToken(t.Context(), row.ID); err != nil {
		t.Fatal(err)
	}
	revoked.Call(t, "GET", "/api/v1/grants", "").IsProblem(t, 401, "invalid_token") // in the same second

	forged, _ := partner.NewToken(partner.Live, row.ID)
	sandboxed, _ := partner.NewToken(partner.Test, partner.BuiltInID)

	for name, token := range map[string]string{
		"a bad checksum": changed(s.Token), "truncated": s.Token[:len(s.Token)-8], "the prefix alone": partner.TokenPrefix,
		"another environment's": sandboxed.Reveal(), "another secret with this id": forged.Reveal(),
	} {
		t.Log(name)
		bad := harness.Service{Product: s.Product, Token: token}
		s.HasNoEffect(t, func() {
			s.Do(t, "GET", harness.DatabasesPath, bad.As("user-1"), "").IsProblem(t, 401, "invalid_token")
			bad.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"user-1"}`).IsProblem(t, 401, "invalid_token")
			s.Do(t, "GET", "/api/v1/connection", bad.As("user-1"), "").IsProblem(t, 401, "invalid_token")
		})
	}

	clock.Advance(25 * time.Hour) // Another's token lives for a day
	shop.Call(t, "GET", "/api/v1/grants", "").IsProblem(t, 401, "invalid_token")
}

func TestDisabledServiceIsRejectedImmediately(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	s.Granted(t, "user-1", invitee, "")
	shop, returnURL := s.AddService(t, "shop", anything())
	opened := shop.Invite(t, "user-1", `"return_url":"`+returnURL+`"`)

	for id, service := range map[string]harness.Service{"shop": shop, partner.BuiltInID: s} {
		if err := s.Registry().DisableService(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		service.Call(t, "GET", "/api/v1/grants", "").IsProblem(t, 401, "invalid_token")
	}
	s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").IsProblem(t, 401, "invalid_token")
	s.Browser(t).Open(t, opened.Invitation).IsProblem(t, 410, "invitation_expired") // its open session ends
}

// A token that a browser sends has leaked into a page; one in a query or a body is not read.
func TestServiceTokensAreRejectedFromBrowsers(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	s.Granted(t, "user-1", invitee, "")

	for _, origin := range []string{s.URL, "https://app.example.com", "null"} {
		header := harness.Merged(s.As("user-1"), http.Header{"Origin": {origin}})
		s.Do(t, "GET", harness.DatabasesPath, header, "").IsProblem(t, 403, "client_not_allowed")
		s.Do(t, "GET", "/api/v1/grants", header, "").IsProblem(t, 403, "client_not_allowed")
		s.Do(t, "POST", "/api/v1/connect-sessions", header, `{"external_id":"u"}`).IsProblem(t, 403, "client_not_allowed")
	}

	user := http.Header{"Connect-User": {"user-1"}}
	for _, path := range []string{"?access_token=", "?token=", "?service_token="} {
		s.Do(t, "GET", harness.DatabasesPath+path+s.Token, user, "").IsProblem(t, 401, "authentication_required")
	}
	s.Do(t, "POST", "/api/v1/connect-sessions", nil, `{"external_id":"u","access_token":"`+s.Token+`"}`).
		IsProblem(t, 401, "authentication_required")

	// At user endpoints it is not an access token.
	s.Do(t, "PUT", "/api/v1/connection", s.As("user-1"), "").IsProblem(t, 401, "invalid_token")
	s.Do(t, "DELETE", "/api/v1/connection", s.As("user-1"), "").IsProblem(t, 401, "invalid_token")
	s.Do(t, "GET", "/api/v1/connection/grants", s.As("user-1"), "").IsProblem(t, 401, "invalid_token")
	s.Do(t, "POST", "/api/v1/session", s.As("user-1"), "").IsProblem(t, 401, "invalid_token")
}

// A token limits its service, and a service limits its requests.
func TestScopesOfTokensAndServices(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	shop, returnURL := s.AddService(t, "shop", partner.Policy{
		Scopes:    []string{partner.ScopeList, partner.ScopeCreate, partner.ScopeConnectSessions, partner.ScopeGrants},
		Databases: partner.ReachCreated,
	})
	shop.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"u","return_url":"`+returnURL+`","scopes":["redis.credentials"]}`).
		IsProblem(t, 422, "not_allowed")
	shop.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"u","return_url":"`+returnURL+`","databases":"all"}`).
		IsProblem(t, 422, "not_allowed")
	shop.Granted(t, "user-1", invitee, `"return_url":"`+returnURL+`"`)

	text, _, err := s.Registry().CreateToken(t.Context(), "shop", []string{partner.ScopeList}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	reader := harness.Service{Product: s.Product, Token: s.NotedSecret(text.Reveal(), "service token")}

	s.Do(t, "GET", harness.DatabasesPath, reader.As("user-1"), "").Is(t, 200)
	s.HasNoEffect(t, func() {
		s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(reader.As("user-1"), "k"), harness.CreateBody("orders")).
			IsProblem(t, 403, "insufficient_scope")
		s.Do(t, "GET", harness.DatabasesPath+"/some-id", reader.As("user-1"), "").IsProblem(t, 403, "insufficient_scope")
		s.Do(t, "GET", harness.DatabasesPath+"/some-id/credentials", reader.As("user-1"), "").IsProblem(t, 403, "insufficient_scope")
		reader.Call(t, "GET", "/api/v1/grants", "").IsProblem(t, 403, "insufficient_scope")
		reader.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"u"}`).IsProblem(t, 403, "insufficient_scope")
	})
}
