package main

import (
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/keys"
)

// events reads the audit log as `bff audit` does.
func (p *product) events(t *testing.T) []keys.Event {
	t.Helper()
	var events []keys.Event
	err := p.app.Store().Events(t.Context(), keys.EventFilter{}, func(event keys.Event) error {
		events = append(events, event)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// A disconnect destroys the key, names what is to be deleted by hand, and ends every session of the account and of no other.
func TestDisconnectNamesTheKeyAndEndsEverySession(t *testing.T) {
	p := startProduct(t, withConfig(func(c *config.Config) { c.ConsoleURL = "https://console.example.com/" }))
	const email, other, console = "leaving@example.com", "staying@example.com", "https://console.example.com/account/api"
	here, there := p.login(t, p.tokenOf(t, email)), p.login(t, p.tokenOf(t, email))
	stays := p.login(t, p.tokenOf(t, other))
	before := p.connection(t, email)
	got := p.do(t, "DELETE", "/api/v1/connection", p.fromPage(here), "").is(t, 200)
	var told struct {
		Manual bool           `json:"manual_action_required"`
		Keys   []leftoverView `json:"leftover_keys"`
	}
	got.json(t, &told)
	if !told.Manual || len(told.Keys) != 1 || told.Keys[0].Name != before.KeyName || told.Keys[0].State != "left_behind" ||
		told.Keys[0].ConsoleURL != console || time.Since(told.Keys[0].Since) > time.Minute {
		t.Errorf("got %+v, want %s left behind, and where to delete it", told, before.KeyName)
	}
	var page struct {
		ConsoleURL string `json:"console_url"`
	}
	p.do(t, "GET", "/api/v1/config", nil, "").is(t, 200).json(t, &page)
	if page.ConsoleURL != console {
		t.Errorf("the page is told %q, want %s", page.ConsoleURL, console)
	}
	if cookie := got.header.Get("Set-Cookie"); !strings.Contains(cookie, "Max-Age=0") {
		t.Errorf("got Set-Cookie %q, want the cookie cleared", cookie)
	}
	p.do(t, "GET", "/api/v1/session", p.fromPage(here), "").isProblem(t, 401, "session_expired")
	p.do(t, "GET", "/api/v1/databases", p.fromPage(there), "").isProblem(t, 401, "session_expired")
	p.do(t, "GET", "/api/v1/session", p.fromPage(stays), "").is(t, 200)
	if got := p.connection(t, email); got.State != "disconnected" || got.KeyName != "" || got.ID != before.ID {
		t.Errorf("got %+v, want %s disconnected", got, before.ID)
	}
	p.leavesNothing(t, func() { p.list(t, email).isProblem(t, 409, "connect_required") })
	p.do(t, "DELETE", "/api/v1/connection", bearer(p.tokenOf(t, email)), "").is(t, 200) // again changes nothing
	after := p.connect(t, email).connection(t, 201)
	if after.ID != before.ID || after.KeyName == before.KeyName {
		t.Errorf("got %+v, want the same connection with another key", after)
	}
	p.oneLiveKey(t, email, 2)
	p.wantEdges(t, before.ID, "pending -> active", "active -> disconnected", "disconnected -> active")
}

// A disconnect that comes while a mint is under way wins, at the door too.
func TestDisconnectDuringAMintAtTheDoor(t *testing.T) {
	p := startProduct(t)
	const email = "torn@example.com"
	p.onMint(t, map[string]any{"delay_ms": 700})
	token := p.tokenOf(t, email)
	answered := make(chan answer, 1)
	go func() {
		got, err := p.try(t.Context(), "POST", "/api/v1/session", bearer(token), "")
		if err != nil {
			t.Error(err)
		}
		answered <- got
	}()
	for p.mints(t) == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	p.do(t, "DELETE", "/api/v1/connection", bearer(p.tokenOf(t, email)), "").is(t, 200)
	got := <-answered
	got.isProblem(t, 409, "token_already_used")
	if got.header.Get("Set-Cookie") != "" || p.rows(t)["sessions"] != 0 {
		t.Error("a session was started for a disconnected account")
	}
	connection := p.connection(t, email)
	keys := p.account(t, email).Keys
	if connection.State != "disconnected" || len(keys) != 1 || connection.leftovers()[keys[0].Name] != "left_behind" {
		t.Errorf("got %+v, want disconnected with upstream's %v left behind", connection, keys)
	}
}

// What is audited, and that no line of it holds a secret.
func TestAuditTellsTheStory(t *testing.T) {
	p := startProduct(t)
	const email = "story@example.com"
	p.onMint(t, map[string]any{"status": 418, "body": "no"})
	p.connect(t, email).is(t, 502)
	token := p.tokenOf(t, email)
	connection := p.do(t, "PUT", "/api/v1/connection", bearer(token), "").connection(t, 201)
	var database struct {
		ID string `json:"id"`
	}
	p.do(t, "POST", "/api/v1/databases", bearer(token), `{"name":"audited","primary_region":"us-east-1"}`).is(t, 201).json(t, &database)
	p.do(t, "GET", "/api/v1/databases/"+database.ID+"/credentials", bearer(token), "").is(t, 200)
	p.connect(t, email).is(t, 200)
	p.do(t, "DELETE", "/api/v1/connection", bearer(token), "").is(t, 200)

	var story []string
	for _, event := range p.events(t) {
		if event.ConnectionID != connection.ID {
			t.Errorf("got an event of %q", event.ConnectionID)
		}
		story = append(story, string(event.Action)+" "+event.Detail)
	}
	key := connection.KeyName
	want := []string{
		"mint_failed ", "minted " + key, "state_changed pending -> active", "connected made " + key,
		"database_created " + database.ID, "credentials_revealed " + database.ID, "connected reused " + key,
		"state_changed active -> disconnected", "disconnected " + key,
	}
	if len(story) != len(want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(story, "\n"), strings.Join(want, "\n"))
	}
	for n, line := range want {
		if story[n] != line && (n != 0 || !strings.HasPrefix(story[n], line+"ACME_API_KEY_")) {
			t.Errorf("event %d: got %q, want %q", n, story[n], line)
		}
	}
}
