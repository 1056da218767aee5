package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/sandbox/fault"
	"github.com/upstash-connect/bff/test/harness"
)

// playable lists the stand-ins' presets for the Developer API, but not those that only take long: those last until a
// timeout of ours.
func playable(t *testing.T) []string {
	t.Helper()

	var names []string
	for _, preset := range fault.Presets() {
		if preset.Target != "issuer" && !slices.Contains([]string{"latency", "hang", "hang_after", "slow"}, preset.Name) {
			names = append(names, preset.Name)
		}
	}

	if len(names) < 20 {
		t.Fatalf("only %d presets were found: this test would show nothing", len(names))
	}

	return names
}

// Whatever upstream does with an operation's own call, or with the reads around it, the response is a success or a
// documented problem, and never an error of ours. The contract of every response is checked in the harness.
//
// Threat model: O07.
func TestOperationsUnderEveryPreset(t *testing.T) {
	for n, preset := range playable(t) {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			// Where upstream limits the rate, the server pauses the account: the next operation needs another server.
			limited := strings.HasPrefix(preset, "rate_limited")
			m, made := startWithOperations(t)
			failed := 0

			for number, called := range inOrder(t) {
				if limited && number%6 != n%6 { // each operation meets one of the six
					continue
				}
				got := underPreset(t, m, called, made, preset)

				if limited || strings.Contains(got.Body, "circuit breaker is open") {
					m, made = startWithOperations(t)
				}

				if strings.Contains(got.Body, "circuit breaker is open") {
					got = underPreset(t, m, called, made, preset)
				}

				if got.Status >= 400 {
					failed++
				}
			}

			if failed == 0 {
				t.Error("every operation succeeded: this test shows nothing")
			}
		})
	}
}

// inOrder lists the operations of the generic handler, those that destroy last.
func inOrder(t *testing.T) []*operation.Operation {
	t.Helper()

	ordered := generic(t)
	slices.SortStableFunc(ordered, func(a, b *operation.Operation) int {
		return strings.Compare(fmt.Sprint(a.Effect == operation.Destroy), fmt.Sprint(b.Effect == operation.Destroy))
	})

	return ordered
}

// underPreset makes a call while upstream plays the preset on it.
func underPreset(
	t *testing.T, m harness.Member, called *operation.Operation, made harness.Resources, preset string,
) harness.Response {
	t.Helper()

	key := m.Account(t, m.Email).Keys[0].Secret
	path := strings.NewReplacer("{id}", made.Of(called), "{backup_id}", made.Backup).Replace(called.Upstream.Path)
	m.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "method": called.Upstream.Method, "path": path},
		"count": -1, "do": map[string]any{"preset": preset},
	})
	got := m.Operate(t, harness.Sample(called, made), "preset-"+called.Name)
	m.NoFaults(t)

	if got.Status >= 400 {
		got.IsProblem(t, got.Status, got.Code(t))
	}

	// usage has no id, and leaves out what it cannot read
	without := preset == "json_types" && called.Response != nil && called.Response.IDField == ""
	if !called.Effect.Writes() && got.Status < 400 && !without {
		t.Errorf("%s: got %d %s, want a problem", called.Name, got.Status, got.Body)
	}

	if code := got.Status; code == 500 || code == 401 || code == 404 || code == 422 {
		t.Errorf("%s: got %d %s", called.Name, got.Status, got.Body)
	}

	if strings.Contains(got.Body+fmt.Sprint(got.Header), key) {
		t.Errorf("%s: the response contains the key", called.Name)
	}

	if got.Status == 504 {
		_ = got.RetryAfter(t, time.Second, time.Minute)
	}

	return got
}
