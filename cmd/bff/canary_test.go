package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// canaries are secrets with the name of what each is. Every one is looked for as it stands, in base64, in hex, and as the
// user part of Basic authentication would carry it.
type canaries map[string]string

// in names the canaries that some bytes hold, in any of their forms.
func (c canaries) in(content []byte) []string {
	var found []string
	for value, what := range c {
		for form, encoded := range map[string]string{
			"": value, " in base64": base64.StdEncoding.EncodeToString([]byte(value)), " in base64url": base64.RawURLEncoding.EncodeToString([]byte(value)),
			" in hex": hex.EncodeToString([]byte(value)), " escaped": url.QueryEscape(value),
		} {
			if bytes.Contains(content, []byte(encoded)) {
				found = append(found, what+form)
				break
			}
		}
	}
	return found
}

// Rows S02 and S06: a journey through everything the product does, well and badly, with its log at debug level. None of the
// secrets that passed through is then in the database's files, in the log, in an audit event, in what operators are shown,
// or in an answer but the one whose purpose it is.
func TestS02S06NoSecretStaysAnywhere(t *testing.T) {
	p := startProduct(t, withAdmin())
	secrets := canaries{p.config.Keyset.Reveal(): "sealing keyset"}
	var answers []answer
	do := func(method, path string, header http.Header, body string) answer {
		got := p.do(t, method, path, header, body)
		answers = append(answers, got)
		return got
	}
	const email = "canary@example.com"
	token := func() string {
		made := p.tokenOf(t, email)
		secrets[made] = "access token"
		secrets[made[strings.LastIndex(made, ".")+1:]] = "signature of an access token"
		return made
	}

	// The log-in's own secrets come by in the address of the page.
	for what, value := range map[string]string{"code": "canary-authorization-code-4711", "state": "canary-state-4712", "code_verifier": "canary-code-verifier-4713-0123456789"} {
		secrets[value] = what
		do("GET", "/callback?"+what+"="+value, nil, "")
		do("GET", "/api/v1/"+value+"?"+what+"="+value, http.Header{"Referer": {p.URL + "/?" + value}}, "")
	}

	// Well.
	first := token()
	logIn := do("POST", "/api/v1/session", bearer(first), "").is(t, 201)
	cookie := p.sessionCookie(t, logIn)
	secrets[cookie.Value] = "session cookie"
	page := p.fromPage(cookie)
	var database struct {
		ID string `json:"id"`
	}
	do("POST", "/api/v1/databases", merged(page, http.Header{"Idempotency-Key": {"canary-idempotency-key-4714"}}), `{"name":"canary","primary_region":"us-east-1"}`).is(t, 201).json(t, &database)
	revealed := do("GET", "/api/v1/databases/"+database.ID+"/credentials", page, "").is(t, 200)
	for _, path := range []string{"/databases", "/databases/" + database.ID, "/connection", "/session", "/catalog", "/config"} {
		do("GET", "/api/v1"+path, page, "").is(t, 200)
	}
	for path := range map[string]bool{"/livez": true, "/readyz": true, "/": true} {
		do("GET", path, nil, "").is(t, 200)
	}
	p.noteUpstream(t, email, secrets)
	if len(secrets) < 11 {
		t.Fatalf("only %d secrets are looked for", len(secrets))
	}

	// Badly: secrets in every wrong place, and an upstream that tells them.
	key := p.account(t, email).Keys[0].Secret
	everything, err := json.Marshal(secrets)
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{400, 401, 403, 404, 429, 500, 502} {
		p.fault(t, map[string]any{
			"match": map[string]any{"target": "upstash"}, "count": 2,
			"do": map[string]any{"status": status, "body": map[string]any{"error": "for " + email + ":" + key, "all": string(everything)}},
		})
		do("GET", "/api/v1/databases", page, "")
		do("POST", "/api/v1/databases", page, `{"name":"again","primary_region":"us-east-1"}`)
		p.noFaults(t)
		do("PUT", "/api/v1/connection", bearer(token()), "")
	}
	p.fault(t, map[string]any{"match": map[string]any{"target": "upstash"}, "count": 3, "do": map[string]any{"status": 200, "body": string(everything)}})
	do("GET", "/api/v1/databases", page, "")
	p.noFaults(t)
	for value := range secrets {
		if len(value) > 4000 {
			continue // net/http refuses the line before we see it
		}
		escaped := url.PathEscape(value)
		do("GET", "/api/v1/databases/"+escaped, page, "")
		do("GET", "/"+escaped+"?access_token="+escaped, nil, "")
		do("GET", "/api/v1/databases?access_token="+escaped, http.Header{"X-Upstream": {escaped}, "Referer": {p.URL + "/?" + escaped}}, "") // X-Request-ID is told back and logged: that is what it is for
		do("GET", "/api/v1/session", http.Header{"Cookie": {cookie.Name + "=" + escaped}, "X-Csrf": {"1"}}, "")
		do("GET", "/api/v1/databases", http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(email+":"+value))}}, "")
		body, _ := json.Marshal(map[string]string{"id_token": value, "replace": value})
		do("POST", "/api/v1/session", bearer(token()), string(body))
		body, _ = json.Marshal(map[string]string{"name": value, "plan": value, "primary_region": value})
		do("POST", "/api/v1/databases", page, string(body))
	}
	// A mint that goes wrong, and the end.
	p.do(t, "DELETE", "/api/v1/connection", page, "")
	p.onMint(t, map[string]any{"status": 200, "body": map[string]any{"api_key": key + "\n", "all": string(everything)}})
	do("PUT", "/api/v1/connection", bearer(token()), "")
	do("PUT", "/api/v1/connection", bearer(token()), "")
	p.noteUpstream(t, email, secrets)

	// Now look.
	for suffix := range map[string]bool{"": true, "-wal": true, "-shm": true} {
		content, err := os.ReadFile(p.database + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if found := secrets.in(content); len(found) > 0 {
			t.Errorf("%s holds: %v", filepath.Base(p.database)+suffix, found)
		}
	}
	log := p.log.String()
	if !strings.Contains(log, `"level":"INFO"`) || strings.Count(log, "\n") < len(answers) {
		t.Fatalf("the log holds %d lines for %d requests: this test would show nothing", strings.Count(log, "\n"), len(answers))
	}
	if found := secrets.in([]byte(log)); len(found) > 0 {
		t.Errorf("the log holds: %v", found)
	}
	events, err := json.Marshal(p.events(t))
	if err != nil || len(secrets.in(events)) > 0 {
		t.Errorf("the audit log holds: %v, %v", secrets.in(events), err)
	}
	for path, want := range map[string]string{"/metrics": "bff_mints_total", "/debug/pprof/goroutine?debug=2": "goroutine", "/debug/pprof/heap?debug=1": "heap", "/debug/pprof/": "heap"} {
		got := p.operator(t, "GET", path, nil).is(t, 200)
		if found := secrets.in([]byte(got.body)); len(found) > 0 || !strings.Contains(got.body, want) {
			t.Errorf("%s holds: %v (in %d bytes)", path, found, len(got.body))
		}
	}
	for _, got := range answers {
		if got.body == revealed.body {
			continue // what it is for
		}
		content := got.body
		if got.status >= 400 { // the path is the caller's own, and told back as the problem's instance
			content = strings.ReplaceAll(content, got.path[:min(len(got.path), 256)], "")
		}
		if found := secrets.in([]byte(content)); len(found) > 0 {
			t.Errorf("%s %.60s answers %d with: %v", got.method, got.path, got.status, found)
		}
	}
}

// noteUpstream notes the secrets that the stand-in made: keys, and the databases' passwords and tokens.
func (p *product) noteUpstream(t *testing.T, email string, secrets canaries) {
	t.Helper()
	account := p.account(t, email)
	for _, key := range account.Keys {
		secrets[key.Secret] = "developer key"
	}
	for _, database := range account.Databases {
		for _, field := range []string{"password", "rest_token", "read_only_rest_token"} {
			value, _ := database[field].(string)
			if value == "" {
				t.Fatalf("the stand-in's database has no %s", field)
			}
			secrets[value] = "database's " + field
		}
	}
}
