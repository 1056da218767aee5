package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Promise R1: at most one live key per account, whatever the client does.

func TestT28FiftyLogInsAtOnceMakeOneKey(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, options ...option) {
		t.Helper()
		p := startProduct(t, options...)
		const email = "storm@example.com"
		tokens := make([]string, 50) // each a log-in of its own
		for n := range tokens {
			tokens[n] = p.tokenOf(t, email)
		}
		var group sync.WaitGroup
		answers := make(chan answer, len(tokens))
		for n, token := range tokens {
			group.Go(func() {
				door := doors[n%2]
				got, err := p.try(t.Context(), door.method, door.path, bearer(token), "")
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
			if got.status != 200 && got.status != 201 {
				t.Errorf("%s %s: got %d %s", got.method, got.path, got.status, got.body)
			}
			if got.method == "PUT" && got.status == 201 {
				made++
			}
		}
		if made > 1 {
			t.Errorf("%d callers are told that theirs made the key", made)
		}
		if got := p.mints(t); got != 1 {
			t.Errorf("got %d calls for a key, want 1", got)
		}
		p.oneLiveKey(t, email, 1)
	})
}

func TestP18FortyReconnectsKeepOneKey(t *testing.T) {
	p := startProduct(t)
	const email = "again@example.com"
	first := p.connect(t, email).connection(t, 201)
	for n := range 40 {
		if n%2 == 0 {
			p.login(t, p.tokenOf(t, email))
			continue
		}
		if got := p.connect(t, email).connection(t, 200); got.ID != first.ID || got.KeyName != first.KeyName {
			t.Fatalf("reconnect %d: got %s with %s, want %s with %s", n, got.ID, got.KeyName, first.ID, first.KeyName)
		}
	}
	if got := p.mints(t); got != 1 {
		t.Errorf("got %d calls for a key, want 1", got)
	}
	p.oneLiveKey(t, email, 1)
}

// Upstream's cap is 37 keys. Each cycle of connect and disconnect leaves one behind, by name; from the cap on, a connect is
// told so and lists them; a key deleted in the console makes room again.
func TestP18EachCycleLeavesOneNamedKeyUpToTheCap(t *testing.T) {
	p := startProduct(t)
	const email, limit = "cycle@example.com", 37
	left := map[string]string{}
	for n := range limit {
		made := p.connect(t, email).connection(t, 201)
		left[made.KeyName] = "left_behind"
		var told struct {
			Manual bool           `json:"manual_action_required"`
			Keys   []leftoverView `json:"leftover_keys"`
		}
		p.do(t, "DELETE", "/api/v1/connection", bearer(p.tokenOf(t, email)), "").is(t, 200).json(t, &told)
		if got := (connectionView{LeftoverKeys: told.Keys}).leftovers(); !told.Manual || !maps.Equal(got, left) {
			t.Fatalf("cycle %d: got %v, want all %d named", n, got, len(left))
		}
	}
	for range 2 {
		problem := p.connect(t, email).isProblem(t, 409, "upstash_key_limit")
		got := map[string]string{}
		for _, key := range problem.LeftoverKeys {
			got[fmt.Sprint(key["name"])] = fmt.Sprint(key["state"])
		}
		if !maps.Equal(got, left) {
			t.Errorf("at the cap: got %v, want %v", got, left)
		}
	}
	if got := p.connection(t, email); got.State != "disconnected" || !maps.Equal(got.leftovers(), left) {
		t.Errorf("at the cap: got %+v, want disconnected with all %d named", got, limit)
	}
	var names []string
	for _, key := range p.account(t, email).Keys {
		names = append(names, key.Name)
	}
	slices.Sort(names)
	if want := slices.Sorted(maps.Keys(left)); !slices.Equal(names, want) {
		t.Errorf("upstream has %v, named are %v", names, want)
	}
	p.control(t, "DELETE", "/accounts/"+email+"/keys/"+names[0], nil, nil)
	p.connect(t, email).is(t, 201)
}

// Row I13: two hundred accounts connect and disconnect at once. None meets a locked database, none another's key.
func TestI13TwoHundredAccountsAtOnce(t *testing.T) {
	p := startProduct(t)
	const accounts = 200
	emails, tokens := make([]string, accounts), make([]string, accounts)
	for n := range accounts {
		emails[n] = fmt.Sprintf("writer-%d@example.com", n)
		tokens[n] = p.tokenOf(t, emails[n])
	}
	var group sync.WaitGroup
	for n := range accounts {
		group.Go(func() {
			for _, call := range []struct {
				door
				want int
			}{{door{"POST", "/api/v1/session"}, 201}, {door{"GET", "/api/v1/databases"}, 200}, {door{"DELETE", "/api/v1/connection"}, 200}} {
				got, err := p.try(t.Context(), call.method, call.path, bearer(tokens[n]), "")
				if err != nil || got.status != call.want {
					t.Errorf("%s %s: got %d %s, %v, want %d", call.method, call.path, got.status, got.body, err, call.want)
				}
			}
		})
	}
	group.Wait()
	if log := p.log.String(); strings.Contains(log, "database is locked") {
		t.Error("the log says that the database is locked")
	}
	if got := p.rows(t); got["connections"] != accounts || got["sessions"] != 0 {
		t.Errorf("got rows %v, want %d connections and no session", got, accounts)
	}
	for _, email := range emails[:5] {
		connection, keys := p.connection(t, email), p.account(t, email).Keys
		if len(keys) != 1 || connection.leftovers()[keys[0].Name] != "left_behind" || len(connection.LeftoverKeys) != 1 {
			t.Errorf("%s: got %+v, want upstream's %v left behind", email, connection, keys)
		}
	}
}
