package test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// Promise R1: at most one live key per account, whatever the client does.

// Threat model: T28.
func TestFiftyParallelLoginsMakeOneKey(t *testing.T) {
	harness.OnBothDatabases(t, func(t *testing.T, options ...harness.Option) {
		t.Helper()
		p := harness.StartProduct(t, options...)
		const email = "storm@example.com"

		tokens := make([]string, 50) // each its own login
		for n := range tokens {
			tokens[n] = p.TokenOf(t, email)
		}
		var group sync.WaitGroup

		answers := make(chan harness.Response, len(tokens))
		for n, token := range tokens {
			group.Go(func() {
				endpoint := harness.TokenEndpoints[n%2]

				got, err := p.Try(t.Context(), endpoint.Method, endpoint.Path, harness.Bearer(token), "")
				if err != nil {
					t.Error(err)
				}
				answers <- got
			})
		}
		group.Wait()
		close(answers)

		made := 0
		for got := range answers {
			if got.Status != 200 && got.Status != 201 {
				t.Errorf("%s %s: got %d %s", got.Method, got.Path, got.Status, got.Body)
			}

			if got.Method == "PUT" && got.Status == 201 {
				made++
			}
		}

		if made > 1 {
			t.Errorf("%d callers learn that theirs made the key", made)
		}

		if got := p.Mints(t); got != 1 {
			t.Errorf("got %d calls for a key, want 1", got)
		}
		p.OneLiveKey(t, email, 1)
	})
}

// Threat model: P18.
func TestFortyReconnectsKeepOneKey(t *testing.T) {
	p := harness.StartProduct(t)
	const email = "again@example.com"

	first := p.Connect(t, email).Connection(t, 201)
	for n := range 40 {
		if n%2 == 0 {
			p.Login(t, p.TokenOf(t, email))
			continue
		}

		if got := p.Connect(t, email).Connection(t, 200); got.ID != first.ID || got.KeyName != first.KeyName {
			t.Fatalf("reconnect %d: got %s with %s, want %s with %s", n, got.ID, got.KeyName, first.ID, first.KeyName)
		}
	}

	if got := p.Mints(t); got != 1 {
		t.Errorf("got %d calls for a key, want 1", got)
	}
	p.OneLiveKey(t, email, 1)
}

// Upstream's cap is 37 keys. Each cycle of connect and disconnect leaves one behind, by name; from the cap on, a
// connect reports the limit and lists them. Deleting a key in the console frees a slot.
//
// Threat model: P18.
func TestReconnectCyclesStopAtTheKeyLimit(t *testing.T) {
	p := harness.StartProduct(t)
	const email, limit = "cycle@example.com", 37

	left := map[string]string{}
	for n := range limit {
		made := p.Connect(t, email).Connection(t, 201)
		left[made.KeyName] = "left_behind"
		var told struct {
			Manual bool                   `json:"manual_action_required"`
			Keys   []harness.LeftoverView `json:"leftover_keys"`
		}
		p.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(p.TokenOf(t, email)), "").Is(t, 200).JSON(t, &told)

		if got := (harness.ConnectionView{LeftoverKeys: told.Keys}).Leftovers(); !told.Manual ||
			!maps.Equal(got, left) {
			t.Fatalf("cycle %d: got %v, want all %d named", n, got, len(left))
		}
	}

	for range 2 {
		problem := p.Connect(t, email).IsProblem(t, 409, "upstash_key_limit")

		got := map[string]string{}
		for _, key := range problem.LeftoverKeys {
			got[fmt.Sprint(key["name"])] = fmt.Sprint(key["state"])
		}

		if !maps.Equal(got, left) {
			t.Errorf("at the cap: got %v, want %v", got, left)
		}
	}

	if got := p.Connection(t, email); got.State != "disconnected" || !maps.Equal(got.Leftovers(), left) {
		t.Errorf("at the cap: got %+v, want disconnected with all %d named", got, limit)
	}

	var names []string
	for _, key := range p.Account(t, email).Keys {
		names = append(names, key.Name)
	}
	slices.Sort(names)

	if want := slices.Sorted(maps.Keys(left)); !slices.Equal(names, want) {
		t.Errorf("upstream has %v, named are %v", names, want)
	}
	p.Control(t, "DELETE", "/accounts/"+email+"/keys/"+names[0], nil, nil)
	p.Connect(t, email).Is(t, 201)
}

// Row I13: two hundred accounts connect and disconnect concurrently. No account gets a locked database or a foreign
// key.
//
// Threat model: I13.
func TestTwoHundredAccountsConnectTogether(t *testing.T) {
	p := harness.StartProduct(t)
	const accounts = 200

	emails, tokens := make([]string, accounts), make([]string, accounts)
	for n := range accounts {
		emails[n] = fmt.Sprintf("writer-%d@example.com", n)
		tokens[n] = p.TokenOf(t, emails[n])
	}

	var group sync.WaitGroup
	for n := range accounts {
		group.Go(func() {
			for _, call := range []struct {
				harness.Endpoint
				want int
			}{{harness.Endpoint{Method: "POST", Path: "/api/v1/session"}, 201}, {harness.Endpoint{Method: "GET", Path: "/api/v1/databases"}, 200}, {harness.Endpoint{Method: "DELETE", Path: "/api/v1/connection"}, 200}} {
				got, err := p.Try(t.Context(), call.Method, call.Path, harness.Bearer(tokens[n]), "")
				if err != nil || got.Status != call.want {
					t.Errorf(
						"%s %s: got %d %s, %v, want %d", call.Method, call.Path, got.Status, got.Body, err, call.want,
					)
				}
			}
		})
	}
	group.Wait()

	if log := p.Log.String(); strings.Contains(log, "database is locked") {
		t.Error("the log says that the database is locked")
	}

	if got := p.Rows(t); got["connections"] != accounts || got["sessions"] != 0 {
		t.Errorf("got rows %v, want %d connections and no session", got, accounts)
	}

	for _, email := range emails[:5] {
		connection, keys := p.Connection(t, email), p.Account(t, email).Keys
		if len(keys) != 1 || connection.Leftovers()[keys[0].Name] != "left_behind" ||
			len(connection.LeftoverKeys) != 1 {
			t.Errorf("%s: got %+v, want upstream's %v left behind", email, connection, keys)
		}
	}
}
