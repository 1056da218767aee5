package test

import (
	"slices"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// A create reads its connection once. It still honours a disconnect or a changed e-mail during the call.

// during sends a create and calls act while upstream holds the call for path.
func during(t *testing.T, m harness.Member, path, key string, act func()) harness.Response {
	t.Helper()

	answered := make(chan harness.Response, 1)
	go func() {
		got, err := m.Try(t.Context(), "POST", harness.DatabasesPath, m.Keyed(key), harness.CreateBody(key))
		if err != nil {
			t.Error(err)
		}
		answered <- got
	}()

	underWay := func() bool {
		return slices.ContainsFunc(m.JournalOutcomes(t), func(c harness.MintCall) bool {
			return c.Path == path && c.Outcome == "in_flight"
		})
	}
	if !harness.Eventually(underWay) {
		t.Fatalf("%s was not called", path)
	}
	act()

	return <-answered
}

func TestDisconnectBeforeSendCancelsTheCreate(t *testing.T) {
	t.Parallel()
	m := harness.StartWithMember(t)
	m.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "path": harness.UpstreamList},
		"do":    map[string]any{"delay_ms": 700},
	})
	got := during(t, m, harness.UpstreamList, "one", func() {
		m.Do(t, "DELETE", "/api/v1/connection", m.Header, "").Is(t, 200)
	})
	got.IsProblem(t, 409, "connect_required")

	if calls, records := m.Calls(t, "POST", harness.UpstreamCreate), m.Rows(t)["creates"]; calls != 0 || records != 0 {
		t.Errorf("got %d creates upstream and %d records, want none", calls, records)
	}
}

func TestDisconnectDuringLostCreateStopsCalls(t *testing.T) {
	t.Parallel()
	m := harness.StartWithMember(t, harness.WithSettle(time.Second))
	m.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
		"do":    map[string]any{"delay_ms": 700, "drop": "after_commit"},
	})
	got := during(t, m, harness.UpstreamCreate, "one", func() {
		m.Do(t, "DELETE", "/api/v1/connection", m.Header, "").Is(t, 200)
	})
	got.IsProblem(t, 409, "connect_required")

	if lists := m.Calls(t, "GET", harness.UpstreamList); lists != 1 {
		t.Errorf("upstream got %d list calls, want the one before the create", lists)
	}

	if records := m.Rows(t)["creates"]; records != 1 {
		t.Errorf("got %d records, want the one of the create whose outcome is open", records)
	}
}
