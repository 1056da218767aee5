package test

import (
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/test/harness"
)

// A disconnect destroys the key, names the key to delete by hand, and ends all sessions of this account only.
func TestDisconnectNamesTheKeyAndEndsEverySession(t *testing.T) {
	p := harness.StartProduct(
		t,
		harness.WithConfig(func(c *config.Config) { c.ConsoleURL = "https://console.example.com/" }),
	)
	const email, other, console = "leaving@example.com", "staying@example.com", "https://console.example.com/account/api"
	here, there := p.Login(t, p.TokenOf(t, email)), p.Login(t, p.TokenOf(t, email))
	stays := p.Login(t, p.TokenOf(t, other))
	before := p.Connection(t, email)
	got := p.Do(t, "DELETE", "/api/v1/connection", p.FromPage(here), "").Is(t, 200)
	var told struct {
		Manual bool                   `json:"manual_action_required"`
		Keys   []harness.LeftoverView `json:"leftover_keys"`
	}
	got.JSON(t, &told)

	if !told.Manual || len(told.Keys) != 1 || told.Keys[0].Name != before.KeyName ||
		told.Keys[0].State != "left_behind" ||
		told.Keys[0].ConsoleURL != console ||
		time.Since(told.Keys[0].Since) > time.Minute {
		t.Errorf("got %+v, want %s left behind, and where to delete it", told, before.KeyName)
	}
	var page struct {
		ConsoleURL string `json:"console_url"`
	}
	p.Do(t, "GET", "/api/v1/config", nil, "").Is(t, 200).JSON(t, &page)

	if page.ConsoleURL != console {
		t.Errorf("the page receives %q, want %s", page.ConsoleURL, console)
	}

	if cookie := got.Header.Get("Set-Cookie"); !strings.Contains(cookie, "Max-Age=0") {
		t.Errorf("got Set-Cookie %q, want the cookie cleared", cookie)
	}
	p.Do(t, "GET", "/api/v1/session", p.FromPage(here), "").IsProblem(t, 401, "session_expired")
	p.Do(t, "GET", "/api/v1/databases", p.FromPage(there), "").IsProblem(t, 401, "session_expired")
	p.Do(t, "GET", "/api/v1/session", p.FromPage(stays), "").Is(t, 200)

	if got := p.Connection(t, email); got.State != "disconnected" || got.KeyName != "" || got.ID != before.ID {
		t.Errorf("got %+v, want %s disconnected", got, before.ID)
	}
	p.HasNoEffect(t, func() { p.List(t, email).IsProblem(t, 409, "connect_required") })
	p.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(p.TokenOf(t, email)), "").Is(t, 200) // again changes nothing

	after := p.Connect(t, email).Connection(t, 201)
	if after.ID != before.ID || after.KeyName == before.KeyName {
		t.Errorf("got %+v, want the same connection with another key", after)
	}
	p.OneLiveKey(t, email, 2)
	p.WantTransitions(t, before.ID, "pending -> active", "active -> disconnected", "disconnected -> active")
}

// A disconnect during a mint wins, also over HTTP.
func TestDisconnectDuringAMintOverHTTP(t *testing.T) {
	p := harness.StartProduct(t)
	const email = "torn@example.com"
	p.OnMint(t, map[string]any{"delay_ms": 700})
	token := p.TokenOf(t, email)

	answered := make(chan harness.Response, 1)
	go func() {
		got, err := p.Try(t.Context(), "POST", "/api/v1/session", harness.Bearer(token), "")
		if err != nil {
			t.Error(err)
		}
		answered <- got
	}()

	for p.Mints(t) == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	p.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(p.TokenOf(t, email)), "").Is(t, 200)
	got := <-answered
	got.IsProblem(t, 409, "token_already_used")

	if got.Header.Get("Set-Cookie") != "" || p.Rows(t)["sessions"] != 0 {
		t.Error("a session was started for a disconnected account")
	}
	connection := p.Connection(t, email)

	keys := p.Account(t, email).Keys
	if connection.State != "disconnected" || len(keys) != 1 || connection.Leftovers()[keys[0].Name] != "left_behind" {
		t.Errorf("got %+v, want disconnected with upstream's %v left behind", connection, keys)
	}
}

// The audit log records every change, and no line contains a secret.
func TestAuditRecordsEveryChange(t *testing.T) {
	p := harness.StartProduct(t)
	const email = "story@example.com"
	p.OnMint(t, map[string]any{"status": 418, "body": "no"})
	p.Connect(t, email).Is(t, 502)
	token := p.TokenOf(t, email)
	connection := p.Do(t, "PUT", "/api/v1/connection", harness.Bearer(token), "").Connection(t, 201)
	var database struct {
		ID string `json:"id"`
	}
	p.Do(
		t,
		"POST",
		"/api/v1/databases",
		harness.Bearer(token),
		`{"name":"audited","primary_region":"us-east-1"}`,
	).Is(
		t, 201,
	).JSON(
		t, &database,
	)
	p.Do(t, "GET", "/api/v1/databases/"+database.ID+"/credentials", harness.Bearer(token), "").Is(t, 200)
	p.Connect(t, email).Is(t, 200)
	p.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(token), "").Is(t, 200)

	var story []string
	for _, event := range p.Events(t) {
		if event.ConnectionID != connection.ID {
			t.Errorf("got an event of %q", event.ConnectionID)
		}
		story = append(story, string(event.Action)+" "+event.Detail)
	}
	key := connection.KeyName

	want := []string{
		"mint_failed ", "minted " + key, "state_changed pending -> active", "connected Created developer key " + key,
		"database_created " + database.ID, "credentials_revealed " + database.ID, "connected Reused developer key " + key,
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
