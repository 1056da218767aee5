package harness

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// Helpers that check custody from both sides: the server's view of an account, and upstream's.

// MintCall is one call for a developer key that reached the stand-in.
type MintCall struct {
	Status  int    `json:"status"`
	Account string `json:"account"`
	Outcome string `json:"outcome"`
	Path    string `json:"path"`
}

// JournalOutcomes reads the stand-in's journal with the outcome of each call.
func (p *Product) JournalOutcomes(t *testing.T) []MintCall {
	t.Helper()
	var journal struct {
		Entries []MintCall `json:"entries"`
	}
	p.Control(t, "GET", "/journal", nil, &journal)

	return journal.Entries
}

// MintCalls lists an account's mint calls that upstream has processed, in order of arrival.
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

// ConnectionView is the response of GET /connection.
type ConnectionView struct {
	ID           string         `json:"id"`
	State        string         `json:"state"`
	Email        string         `json:"email"`
	KeyName      string         `json:"key_name"`
	LeftoverKeys []LeftoverView `json:"leftover_keys"`
}

// LeftoverView is a leftover key in the API.
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
func (p *Product) Connect(t *testing.T, email string) Response {
	t.Helper()
	return p.Do(t, "PUT", "/api/v1/connection", Bearer(p.TokenOf(t, email)), "")
}

// Connection decodes the connection of a response with this status.
func (a Response) Connection(t *testing.T, status int) ConnectionView {
	t.Helper()

	var view ConnectionView
	if err := json.Unmarshal([]byte(a.Is(t, status).Body), &view); err != nil {
		t.Fatal(err)
	}

	return view
}

// OneLiveKey fails the test unless the account is connected with a working key, and the leftovers are exactly the other
// keys upstream. It returns the connection.
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

// WaitInFlight waits until a mint call has reached upstream and has no response yet.
func (p *Product) WaitInFlight(t *testing.T) {
	t.Helper()

	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		for _, entry := range p.JournalOutcomes(t) {
			if entry.Path == "/apikey" && entry.Outcome == "in_flight" {
				return
			}
		}
	}
	t.Fatal("no mint call reached upstream")
}
