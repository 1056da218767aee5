package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Helpers that call the control listener of the stand-ins: tokens of any shape, faults, and account data.

// Token requests an access token: email, and optionally claims, header and ttl_s. An unknown e-mail creates a payg
// account.
func (p *Product) Token(t *testing.T, request map[string]any) string {
	t.Helper()
	var minted struct {
		AccessToken string `json:"access_token"`
	}
	p.Control(t, "POST", "/tokens", request, &minted)
	p.noteToken(minted.AccessToken)

	if email, ok := request["email"].(string); ok {
		p.mu.Lock()
		p.emails[email] = true
		p.mu.Unlock()
	}

	return minted.AccessToken
}

// TokenOf returns an ordinary access token of an account.
func (p *Product) TokenOf(t *testing.T, email string) string {
	t.Helper()
	return p.Token(t, map[string]any{"email": email})
}

// noteToken notes a token's signature as a secret that the log must not contain. Header and claims may contain the
// test's own words.
func (p *Product) noteToken(token string) {
	if _, signature, ok := strings.Cut(token[strings.Index(token, ".")+1:], "."); ok && signature != "" {
		p.NoteSecret(signature, "token's signature")
	}
}

// journalEntry is one request that reached the Developer API stand-in.
type journalEntry struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"`
}

func (e journalEntry) String() string { return fmt.Sprintf("%s %s -> %d", e.Method, e.Path, e.Status) }

// Journal lists the requests that reached the Developer API, oldest first.
func (p *Product) Journal(t *testing.T) []journalEntry {
	t.Helper()
	var answer struct {
		Entries []journalEntry `json:"entries"`
	}
	p.Control(t, "GET", "/journal", nil, &answer)

	return answer.Entries
}

// Mints counts the calls that requested a developer key.
func (p *Product) Mints(t *testing.T) int {
	t.Helper()

	count := 0
	for _, entry := range p.Journal(t) {
		if entry.Method == http.MethodPost && entry.Path == "/apikey" {
			count++
		}
	}

	return count
}

// StandInAccount is the stand-in's data of an account, including key secrets.
type StandInAccount struct {
	Subject string `json:"sub"`
	Email   string `json:"email"`
	Keys    []struct {
		Name   string `json:"name"`
		Secret string `json:"secret"`
	} `json:"keys"`
	Databases []map[string]any `json:"databases"`
}

// Account reads an account from the stand-in. A missing account has no keys.
func (p *Product) Account(t *testing.T, email string) StandInAccount {
	t.Helper()
	var found StandInAccount

	status := p.controlStatus(t, "GET", "/accounts/"+url.PathEscape(email), nil, &found)
	if status != http.StatusOK && status != http.StatusNotFound {
		t.Fatalf("read account: status %d", status)
	}

	return found
}

// Fault arms a fault rule, such as
//
//	{"match": {"target": "upstash", "path": "/apikey"}, "do": {"drop": "after_commit"}}
//
// and removes all rules when the test ends.
func (p *Product) Fault(t *testing.T, rule map[string]any) {
	t.Helper()
	p.Control(t, "POST", "/faults", rule, nil)
	t.Cleanup(func() { p.NoFaults(t) })
}

// NoFaults removes all fault rules.
func (p *Product) NoFaults(t *testing.T) {
	t.Helper()
	p.Control(t, "DELETE", "/faults", nil, nil)
}

// Rotate makes the stand-in issuer sign with a new key.
func (p *Product) Rotate(t *testing.T, dropOld bool) {
	t.Helper()
	p.Control(t, "POST", "/jwks/rotate", map[string]any{"drop_old": dropOld}, nil)
}

// Control calls the control listener of the stand-ins and decodes the response, unless into is nil.
func (p *Product) Control(t *testing.T, method, path string, body, into any) {
	t.Helper()

	if status := p.controlStatus(t, method, path, body, into); status/100 != 2 {
		t.Fatalf("control %s %s: status %d", method, path, status)
	}
}

func (p *Product) controlStatus(t *testing.T, method, path string, body, into any) int {
	t.Helper()

	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(encoded)
	}
	// Not the test's context: cleanups call this too.
	request, err := http.NewRequestWithContext(
		context.WithoutCancel(t.Context()), method, p.StandIns.ControlURL()+path, content,
	)
	if err != nil {
		t.Fatal(err)
	}

	response, err := p.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = response.Body.Close() }()

	if into != nil && response.StatusCode/100 == 2 {
		if err := json.NewDecoder(response.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}

	return response.StatusCode
}
