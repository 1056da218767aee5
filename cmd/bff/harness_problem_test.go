package main

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// problemBody is the body of an error (RFC 9457) with our members.
type problemBody struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Instance  string `json:"instance"`
	Code      string `json:"code"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		Pointer string `json:"pointer"`
		Detail  string `json:"detail"`
	} `json:"errors"`
	LeftoverKeys []map[string]any `json:"leftover_keys"`
	Limit        string           `json:"limit"`
}

// inside are words of libraries, of the storage and of the runtime that no answer may hold.
var inside = []string{
	"jwt:", "token is malformed", "token is unverifiable", "keyfunc", "jwkset", "kid", "signing method", "illegal base64",
	"gorm", "sqlite", "SQL", "SELECT", "echo", "goroutine", ".go:", "json:", "jsontext", "rsa:", "tls:", "x509", "tink", "*api.", "*auth.", "main.",
}

// isProblem fails the test unless the answer is the problem wanted, in full: form, headers, and nothing of our inside.
func (a answer) isProblem(t *testing.T, status int, code string) problemBody {
	t.Helper()
	where := a.method + " " + a.path
	if a.status != status {
		t.Fatalf("%s: got status %d, want %d %s; body %.300s", where, a.status, status, code, a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%s: got content type %q, want application/problem+json", where, got)
	}
	if got := a.header.Values("Cache-Control"); !reflect.DeepEqual(got, []string{"no-store"}) {
		t.Errorf("%s: got Cache-Control %q, want no-store", where, got)
	}
	var got problemBody
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("%s: the problem is not one: %v\n%s", where, err, a.body)
	}
	want := problemBody{
		Type: "/api/v1/problems/" + code, Status: status, Code: code, Instance: a.path[:min(len(a.path), 256)],
		Title: got.Title, Detail: got.Detail, RequestID: a.header.Get("X-Request-Id"), Errors: got.Errors, LeftoverKeys: got.LeftoverKeys, Limit: got.Limit,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got problem %+v, want %+v", where, got, want)
	}
	if got.Title == "" || got.RequestID == "" {
		t.Errorf("%s: title %q and request_id %q must not be empty", where, got.Title, got.RequestID)
	}
	words := strings.ReplaceAll(a.body, got.RequestID, "") // random letters spell anything
	for _, word := range inside {
		if strings.Contains(words, word) {
			t.Errorf("%s: the answer says %q: %s", where, word, a.body)
		}
	}
	a.challenges(t, code)
	return got
}

// challenges checks WWW-Authenticate: on every 401 and nowhere else (RFC 6750 section 3), with an error only when there was
// a token to find fault with (section 3.1).
func (a answer) challenges(t *testing.T, code string) {
	t.Helper()
	want := map[string]string{
		"invalid_token": `Bearer error="invalid_token"`,
		"token_too_old": `Bearer error="insufficient_user_authentication", max_age=600`, // RFC 9470 section 3
	}[code]
	if want == "" && a.status == http.StatusUnauthorized {
		want = "Bearer"
	}
	if got := a.header.Get("WWW-Authenticate"); got != want {
		t.Errorf("%s %s: got WWW-Authenticate %q, want %q", a.method, a.path, got, want)
	}
}

// leavesNothing runs what must be refused and fails the test if anything reached the Developer API or the database.
func (p *product) leavesNothing(t *testing.T, refused func()) {
	t.Helper()
	calls, rows := len(p.journal(t)), p.rows(t)
	refused()
	if after := p.journal(t); len(after) != calls {
		t.Errorf("reached upstream: %v", after[min(calls, len(after)):])
	}
	if after := p.rows(t); !reflect.DeepEqual(after, rows) {
		t.Errorf("rows in the database: got %v, want as before, %v", after, rows)
	}
}

// door is a call that a token opens.
type door struct{ method, path string }

// doors are both ways to connect, and one to read.
var doors = []door{{"POST", "/api/v1/session"}, {"PUT", "/api/v1/connection"}, {"GET", "/api/v1/databases"}}

// refusedAtEveryDoor sends the header to each door and wants the same problem from all, no cookie, and no trace.
func (p *product) refusedAtEveryDoor(t *testing.T, header http.Header, status int, code string) {
	t.Helper()
	p.leavesNothing(t, func() {
		for _, door := range doors {
			got := p.do(t, door.method, door.path, header, "")
			got.isProblem(t, status, code)
			if cookie := got.header.Get("Set-Cookie"); cookie != "" {
				t.Errorf("%s %s: a refusal sets a cookie", door.method, door.path)
			}
		}
	})
}
