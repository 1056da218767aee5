//go:build unix

package test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/webhook"
	"github.com/upstash-connect/bff/test/harness"

	connect "github.com/upstash-connect/bff/clients/go"
)

// hooks is the receiver of a service's webhooks.
type hooks struct {
	*httptest.Server
	secret secret.Text

	mu     sync.Mutex
	events []connect.Event
	faults []error
}

func newHooks(t *testing.T) *hooks {
	t.Helper()
	h := &hooks{secret: webhook.NewSecret()}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)

		h.mu.Lock()
		defer h.mu.Unlock()

		event, err := connect.ParseWebhook(h.secret.Reveal(), r.Header, body)
		if err != nil {
			h.faults = append(h.faults, err)
			w.WriteHeader(http.StatusForbidden)

			return
		}
		h.events = append(h.events, event)
	}))
	t.Cleanup(h.Close)

	return h
}

// setSecret changes the secret with which the receiver verifies.
func (h *hooks) setSecret(t *testing.T, text string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secret = secret.New(text)
}

// environ returns the settings of a server that sends the built-in service's events here.
func (h *hooks) environ() []string {
	return []string{
		"BFF_WEBHOOK_URL=" + h.URL, "BFF_WEBHOOK_SECRET=" + h.secret.Reveal(),
		"BFF_WEBHOOK_ALLOWED_NETWORKS=127.0.0.0/8,::1", "KILLPOINT_LEASE=1s",
	}
}

// of returns the types of a user's events in the order of their arrival, without repeats of the same event. It fails
// for a sequence that goes backwards.
func (h *hooks) of(t *testing.T, user string) []string {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()

	var (
		types  []string
		ids    []string
		latest int64
	)

	for _, event := range h.events {
		if event.Data.Grant.ExternalID != user {
			continue
		}

		if sequence := int64(event.Data.Sequence); sequence < latest {
			t.Errorf("%s: %d arrived after %d", user, sequence, latest)
		} else {
			latest = sequence
		}

		if !slices.Contains(ids, event.ID) {
			ids, types = append(ids, event.ID), append(types, event.Type)
		}
	}

	for _, err := range h.faults {
		t.Error(err)
	}

	return types
}

func (h *hooks) awaits(t *testing.T, user string, want ...string) {
	t.Helper()

	var got []string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if got = h.of(t, user); slices.Equal(got, want) {
			return
		}
	}
	t.Errorf("%s: got %v, want %v", user, got, want)
}

// TestKilledWhileDelivering kills a real server, without warning, at each point between a change and the record of its
// delivery. The next server delivers what is missing: no event is lost, and a repeated one has the same id.
func TestKilledWhileDelivering(t *testing.T) {
	t.Parallel()
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()
		f, h := newFleet(t), newHooks(t)
		s, environ := f.Service(t)
		environ = append(environ, h.environ()...)
		server := f.Serve(t, environ...)

		outer := t // the servers outlive the subtest that starts them
		for n, point := range []killpoint.Point{
			killpoint.RevocationCommitted, killpoint.WebhookAnswered, killpoint.WebhookRecorded,
		} {
			t.Run(string(point), func(t *testing.T) {
				user := fmt.Sprintf("user-%d", n)
				grant := s.Granted(t, user, user+"@example.com", "")
				h.awaits(t, user, "grant.created")
				nothingIsPending(t, f) // otherwise the server would die while it records that delivery

				f.Arm(t, point, "kill")
				_, _ = s.Try(t.Context(), "DELETE", "/api/v1/grants/"+grant.ID, harness.Bearer(s.Token), "")
				server.Died(t)
				server = f.Serve(outer, environ...) // no standby: it would deliver the event before the kill
				h.awaits(t, user, "grant.created", "grant.revoked")
			})
		}
	})
}

// nothingIsPending waits until the outcome of every delivery is recorded.
func nothingIsPending(t *testing.T, f *harness.Fleet) {
	t.Helper()

	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		pending := f.Succeeds(t, "webhooks", "list", "--state", "pending", "--json").Stdout
		if strings.TrimSpace(pending) == "" {
			return
		}

		if time.Now().After(deadline) {
			t.Fatalf("still pending: %s", pending)
		}
	}
}
