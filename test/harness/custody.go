package harness

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// Helpers that look at custody from both sides: what the server says of an account, and what is upstream.

// MintCall is one call for a developer key that reached the stand-in.
type MintCall struct {
	Status  int    `json:"status"`
	Account string `json:"account"`
	Outcome string `json:"outcome"`
	Path    string `json:"path"`
}

// JournalOutcomes is the stand-in's journal with what became of each call.
func (p *Product) JournalOutcomes(t *testing.T) []MintCall {
	t.Helper()
	var journal struct {
		Entries []MintCall `json:"entries"`
	}
	p.Control(t, "GET", "/journal", nil, &journal)

	return journal.Entries
}

// MintCalls lists an account's calls for a key that upstream has looked at, in the order in which they arrived.
func (p *Product) MintCalls(t *testing.T, email string) []MintCall {
	t.Helper()

	var calls []MintCall
	for _, call := range p.JournalOutcomes(t) {
		if call.Path == "/apikey" && call.Account == email {
			calls = append(calls, call)
		}
	}

	return calls
}

// ConnectionView is GET /connection.
type ConnectionView struct {
	ID           string         `json:"id"`
	State        string         `json:"state"`
	Email        string         `json:"email"`
	KeyName      string         `json:"key_name"`
	LeftoverKeys []LeftoverView `json:"leftover_keys"`
}

// LeftoverView is a key left over, as the API shows it.
type LeftoverView struct {
	Name       string    `json:"name"`
	State      string    `json:"state"`
	Since      time.Time `json:"since"`
	ConsoleURL string    `json:"console_url"`
}

// Leftovers maps the names of leftover keys to their states.
func (c ConnectionView) Leftovers() map[string]string {
	found := map[string]string{}
	for _, leftover := range c.LeftoverKeys {
		found[leftover.Name] = leftover.State
	}

	return found
}

// Connection reads an account's connection with its own token.
func (p *Product) Connection(t *testing.T, email string) ConnectionView {
	t.Helper()
	return p.Do(t, "GET", "/api/v1/connection", Bearer(p.TokenOf(t, email)), "").Connection(t, 200)
}

// Connect connects an account with a fresh token.
func (p *Product) Connect(t *testing.T, email string) Answer {
	t.Helper()
	return p.Do(t, "PUT", "/api/v1/connection", Bearer(p.TokenOf(t, email)), "")
}

// Connection is the connection in an answer of this status.
func (a Answer) Connection(t *testing.T, status int) ConnectionView {
	t.Helper()

	var view ConnectionView
	if err := json.Unmarshal([]byte(a.Is(t, status).Body), &view); err != nil {
		t.Fatal(err)
	}

	return view
}

// OneLiveKey fails the test unless the account is connected by a key that works, and every other key of ours that is
// upstream is named as left behind, and nothing else is. It returns the connection.
func (p *Product) OneLiveKey(t *testing.T, email string, keys int) ConnectionView {
	t.Helper()

	connection := p.Connection(t, email)
	if connection.State != "active" {
		t.Errorf("got state %s, want active", connection.State)
	}
	want := map[string]string{}
	live := 0

	upstream := p.Account(t, email).Keys
	for _, key := range upstream {
		if key.Name == connection.KeyName {
			live++
		} else {
			want[key.Name] = "left_behind"
		}
	}

	if live != 1 || len(upstream) != keys {
		t.Errorf("upstream has %d keys, %d of them the connection's; want %d and 1", len(upstream), live, keys)
	}

	if got := connection.Leftovers(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got leftovers %v, want %v", got, want)
	}
	p.Do(t, "GET", "/api/v1/databases", Bearer(p.TokenOf(t, email)), "").Is(t, 200) // the key works

	return connection
}

// WaitInFlight waits until a call for a key has reached upstream and is not answered.
func (p *Product) WaitInFlight(t *testing.T) {
	t.Helper()

	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		for _, entry := range p.JournalOutcomes(t) {
			if entry.Path == "/apikey" && entry.Outcome == "in_flight" {
				return
			}
		}
	}
	t.Fatal("no call reached upstream")
}
