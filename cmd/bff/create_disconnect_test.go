package main

import (
	"slices"
	"testing"
	"time"
)

// A create reads its connection once. A disconnect, or another e-mail, that comes while it runs is heeded all the
// same.

// during sends a create and calls act while upstream holds the call for path.
func (m member) during(t *testing.T, path, key string, act func()) answer {
	t.Helper()
	answered := make(chan answer, 1)
	go func() {
		got, err := m.try(t.Context(), "POST", databasesPath, m.keyed(key), createBody(key))
		if err != nil {
			t.Error(err)
		}
		answered <- got
	}()
	underWay := func() bool {
		return slices.ContainsFunc(m.journalOutcomes(t), func(c mintCall) bool {
			return c.Path == path && c.Outcome == "in_flight"
		})
	}
	if !eventually(underWay) {
		t.Fatalf("%s was not called", path)
	}
	act()
	return <-answered
}

func TestDisconnectWhileACreateListsSendsNoCreate(t *testing.T) {
	t.Parallel()
	m := startJoined(t)
	m.fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "path": upstreamList},
		"do":    map[string]any{"delay_ms": 700},
	})
	got := m.during(t, upstreamList, "one", func() {
		m.do(t, "DELETE", "/api/v1/connection", m.header, "").is(t, 200)
	})
	got.isProblem(t, 409, "connect_required")
	if calls, records := m.calls(t, "POST", upstreamCreate), m.rows(t)["creates"]; calls != 0 || records != 0 {
		t.Errorf("got %d creates upstream and %d records, want none", calls, records)
	}
}

func TestDisconnectWhileACreateIsLostAsksNothingMore(t *testing.T) {
	t.Parallel()
	m := startJoined(t, withSettle(time.Second))
	m.fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate},
		"do":    map[string]any{"delay_ms": 700, "drop": "after_commit"},
	})
	got := m.during(t, upstreamCreate, "one", func() {
		m.do(t, "DELETE", "/api/v1/connection", m.header, "").is(t, 200)
	})
	got.isProblem(t, 409, "connect_required")
	if lists := m.calls(t, "GET", upstreamList); lists != 1 {
		t.Errorf("upstream was asked for %d lists, want the one before the create", lists)
	}
	if records := m.rows(t)["creates"]; records != 1 {
		t.Errorf("got %d records, want the one of the create whose outcome is open", records)
	}
}
