package test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/test/harness"
)

// feed reads a service's events after a position.
func feed(t *testing.T, s harness.Service, query string) (types []string, next string) {
	t.Helper()

	var page struct {
		Events []struct {
			Type string `json:"type"`
		} `json:"events"`
		Next string `json:"next"`
	}
	s.Call(t, "GET", "/api/v1/webhook-events"+query, "").Is(t, 200).JSON(t, &page)

	for _, event := range page.Events {
		types = append(types, event.Type)
	}

	return types, page.Next
}

func TestServiceReadsItsEvents(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	other, _ := s.AddService(t, "other", partner.Policy{
		Scopes: partner.Scopes(), Databases: partner.ReachAll,
	})

	if types, next := feed(t, s, ""); len(types) != 0 || next != "start" {
		t.Errorf("at first: got %v, %s", types, next)
	}
	grant := s.Granted(t, "user-1", "someone@example.com", "")
	types, position := feed(t, s, "?after=start")

	if !slices.Equal(types, []string{"grant.created"}) {
		t.Errorf("got %v", types)
	}

	if types, next := feed(t, s, "?after="+position); len(types) != 0 || next != position {
		t.Errorf("nothing new: got %v, %s", types, next)
	}

	if types, _ := feed(t, other, "?after="+position); len(types) != 0 {
		t.Errorf("another service reads %v", types)
	}
	started := time.Now()

	time.AfterFunc(time.Second, func() { s.Call(t, "DELETE", "/api/v1/grants/"+grant.ID, "") })

	types, _ = feed(t, s, "?wait=20&after="+position)
	if took := time.Since(started); !slices.Equal(types, []string{"grant.revoked"}) || took > 15*time.Second {
		t.Errorf("waiting: got %v after %s", types, took)
	}

	if types, next := feed(t, s, "?after=latest"); len(types) != 0 || next == position {
		t.Errorf("from the latest: got %v, %s", types, next)
	}

	if types, _ := feed(t, s, "?after=evt_unknown"); len(types) != 2 {
		t.Errorf("after an unknown event: got %v, want all", types)
	}

	for _, wait := range []string{"-1", "26", "1.5", "x", "99999999999999999999"} {
		s.Call(t, "GET", "/api/v1/webhook-events?wait="+wait, "").IsProblem(t, 400, "invalid_request")
	}

	token, _, err := s.Registry().CreateToken(t.Context(), "other", []string{partner.ScopeList}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	harness.Service{Product: s.Product, Token: token.Reveal()}.
		Call(t, "GET", "/api/v1/webhook-events", "").IsProblem(t, 403, "insufficient_scope")
}

// A token that is revoked while its request waits reads nothing more.
func TestRevokedTokenEndsTheWait(t *testing.T) {
	t.Parallel()
	p := harness.StartService(t)
	s, returnURL := p.AddService(t, "shop", partner.Policy{Scopes: partner.Scopes(), Databases: partner.ReachAll})
	s.Granted(t, "user-1", "someone@example.com", `"return_url":`+harness.Quoted(returnURL))
	_, position := feed(t, s, "?after=start")

	time.AfterFunc(time.Second, func() {
		registry := s.Registry()

		tokens, err := registry.ListTokens(t.Context(), "shop")
		if err != nil || len(tokens) != 1 {
			t.Errorf("got %d tokens, %v", len(tokens), err)
			return
		}

		if err := registry.RevokeToken(t.Context(), tokens[0].ID); err != nil {
			t.Error(err)
		}

		time.Sleep(5 * time.Second) // the server's caches may know the token until then

		if _, err := registry.RevokeGrants(t.Context(), partner.GrantSelection{ServiceID: "shop"}); err != nil {
			t.Error(err)
		}
	})
	s.Call(t, "GET", "/api/v1/webhook-events?wait=20&after="+position, "").IsProblem(t, 401, "invalid_token")
}

// Commands manage the endpoint of a service, and its deliveries, while servers run.
func TestCommandsManageWebhooks(t *testing.T) {
	t.Parallel()
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()
		f, h := newFleet(t), newHooks(t)
		f.Serve(t, "BFF_WEBHOOK_ALLOWED_NETWORKS=127.0.0.0/8", "KILLPOINT_LEASE=1s")

		added := f.Succeeds(t, "service", "add", "shop", "--name", "Shop",
			"--return-url", "https://shop.example.com/connected", "--webhook", h.URL)
		h.setSecret(t, f.NotedSecret(added.Stdout[:len(added.Stdout)-1], "webhook secret"))

		token := f.Succeeds(t, "token", "create", "shop", "--ttl", "24h").Stdout
		s := harness.Service{Product: f.Product, Token: f.NotedSecret(token[:len(token)-1], "service token")}
		s.Granted(t, "user-1", "someone@example.com", `"return_url":"https://shop.example.com/connected"`)
		h.awaits(t, "user-1", "grant.created")

		var listed struct{ ID, State, Type string }

		line := f.Succeeds(t, "webhooks", "list", "--service", "shop", "--json").Stdout

		err := json.Unmarshal([]byte(line), &listed)
		if err != nil || listed.State != "delivered" || listed.Type != "grant.created" {
			t.Errorf("got %s, %v", line, err)
		}
		f.Succeeds(t, "webhooks", "resend", listed.ID)
		h.awaitsCopies(t, listed.ID, 2)

		rotated := f.Succeeds(t, "webhooks", "rotate-secret", "shop", "--overlap", "0s").Stdout
		h.setSecret(t, f.NotedSecret(rotated[:len(rotated)-1], "webhook secret"))
		f.Succeeds(t, "webhooks", "resend", listed.ID)
		h.awaitsCopies(t, listed.ID, 3)

		f.Fails(t, "webhook", "webhooks", "resend", "evt_unknown")
		misused(t, f, "BFF_WEBHOOK_URL", "webhooks", "set", "self", h.URL)
		misused(t, f, "https", "webhooks", "set", "shop", "http://shop.example.com/")
		f.Succeeds(t, "webhooks", "remove", "shop")
		f.Fails(t, "no webhook", "webhooks", "remove", "shop")
	})
}

// A server without BFF_WEBHOOK_URL starts on a database that has an endpoint for self: another server may serve it, so
// nothing is deleted. Its events wait for a server with the URL, until an operator removes it.
func TestServerWithoutAnEndpointLeavesItToOthers(t *testing.T) {
	t.Parallel()
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()
		f, h := newFleet(t), newHooks(t)
		s, environ := f.Service(t)
		with := append(slices.Clone(environ), h.environ()...)

		f.Serve(t, with...).Terminated(t)
		without := f.Serve(t, append(environ, "KILLPOINT_LEASE=1s")...)
		s.Granted(t, "user-1", "someone@example.com", "")

		if !strings.Contains(f.Log.String(), "bff webhooks remove self") {
			t.Error("the log does not name the way on")
		}
		without.Terminated(t)
		f.Serve(t, with...)
		h.awaits(t, "user-1", "grant.created")
		f.Succeeds(t, "webhooks", "remove", "self")
		f.Fails(t, "no webhook", "webhooks", "remove", "self")
	})
}

// bff listen forwards events to a developer's program, signed with a secret that it prints.
func TestListenForwardsEvents(t *testing.T) {
	t.Parallel()
	f, h := harness.NewFleet(t), newHooks(t)
	s, environ := f.Service(t)
	f.Serve(t, environ...)

	listening := f.Begin(
		t, []string{"BFF_SERVICE_TOKEN=" + s.Token}, "listen", "--server", f.URL, "--forward-to", h.URL,
	)
	listening.WaitForOutput(t, "signed with whsec_")

	_, rest, _ := strings.Cut(listening.Log.String(), "signed with ")
	h.setSecret(t, strings.Fields(rest)[0])

	grant := s.Granted(t, "user-1", "someone@example.com", "")
	h.awaits(t, "user-1", "grant.created")
	listening.WaitForOutput(t, "grant.created")

	s.Call(t, "DELETE", "/api/v1/grants/"+grant.ID, "").Is(t, 204)
	h.awaits(t, "user-1", "grant.created", "grant.revoked")

	f.Fails(t, "token", "listen", "--server", f.URL, "--token-file", f.Keyset())
	misused(t, f, "--token-file", "listen")
	misused(t, f, "--server", "listen", "--server", "http://shop.example.com", "--token-file", f.Keyset())
}

// misused checks that a command is rejected as misused, with this reason.
func misused(t *testing.T, f *harness.Fleet, reason string, arguments ...string) {
	t.Helper()

	if got := f.Command(t, arguments...); got.Code != 2 || !strings.Contains(got.Stderr, reason) {
		t.Errorf("bff %v: got %+v, want exit code 2 and %q", arguments, got, reason)
	}
}

// awaitsCopies waits until an event has arrived this often.
func (h *hooks) awaitsCopies(t *testing.T, id string, want int) {
	t.Helper()
	count := 0

	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		h.mu.Lock()
		count = 0

		for _, event := range h.events {
			if event.ID == id {
				count++
			}
		}
		faults := fmt.Sprint(h.faults)
		h.mu.Unlock()

		if count >= want {
			if faults != "[]" {
				t.Error(faults)
			}

			return
		}
	}
	t.Errorf("%s arrived %d times, want %d", id, count, want)
}
