package test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// Rows S02 and S06: the test uses every feature, with success and failure, at debug log level. Afterwards no secret is
// in the database's files, the log, an audit event or an operator's endpoint, nor in any response except the one that
// exists to return it.
//
// Threat model: S02, S06.
func TestNoSecretIsStoredInPlainText(t *testing.T) {
	p := harness.StartProduct(t, harness.WithAdmin(), harness.WithDataPlane())
	secrets := harness.Canaries{p.Config.Keyset.Reveal(): "sealing keyset"}
	var answers []harness.Response
	do := func(method, path string, header http.Header, body string) harness.Response {
		got := p.Do(t, method, path, header, body)
		answers = append(answers, got)
		return got
	}
	const email = "canary@example.com"
	token := func() string {
		made := p.TokenOf(t, email)
		secrets[made] = "access token"
		secrets[made[strings.LastIndex(made, ".")+1:]] = "signature of an access token"

		return made
	}

	// The login's secrets appear in the URL of the page.
	for what, value := range map[string]string{"code": "canary-authorization-code-4711", "state": "canary-state-4712", "code_verifier": "canary-code-verifier-4713-0123456789"} {
		secrets[value] = what
		do("GET", "/callback?"+what+"="+value, nil, "")
		do("GET", "/api/v1/"+value+"?"+what+"="+value, http.Header{"Referer": {p.URL + "/?" + value}}, "")
	}

	// Well.
	first := token()
	logIn := do("POST", "/api/v1/session", harness.Bearer(first), "").Is(t, 201)
	cookie := p.SessionCookie(t, logIn)
	secrets[cookie.Value] = "session cookie"
	page := p.FromPage(cookie)
	var database struct {
		ID string `json:"id"`
	}
	do(
		"POST",
		"/api/v1/databases",
		harness.Merged(page, http.Header{"Idempotency-Key": {"canary-idempotency-key-4714"}}),
		`{"name":"canary","primary_region":"us-east-1"}`,
	).Is(
		t, 201,
	).JSON(
		t, &database,
	)

	revealed := do("GET", "/api/v1/databases/"+database.ID+"/credentials", page, "").Is(t, 200)
	for _, path := range []string{"/databases", "/databases/" + database.ID, "/connection", "/session", "/catalog", "/config"} {
		do("GET", "/api/v1"+path, page, "").Is(t, 200)
	}

	ping := "/api/v1/databases/" + database.ID + "/ping"
	if got := do("POST", ping, page, "").Is(t, 200); !strings.Contains(got.Body, `"reachable":true`) {
		t.Errorf("the ping returned %s", got.Body)
	}

	for path := range map[string]bool{"/livez": true, "/readyz": true, "/": true} {
		do("GET", path, nil, "").Is(t, 200)
	}
	p.NoteUpstream(t, email, secrets)

	if len(secrets) < 11 {
		t.Fatalf("only %d secrets are looked for", len(secrets))
	}

	// The worst case: secrets in every wrong place, and an upstream that reveals them.
	key := p.Account(t, email).Keys[0].Secret

	everything, err := json.Marshal(secrets)
	if err != nil {
		t.Fatal(err)
	}

	// A data plane that returns the token, in every place.
	for _, status := range []int{200, 302, 400, 401, 500} {
		p.Fault(t, map[string]any{
			"match": map[string]any{"target": "redis"},
			"do": map[string]any{
				"status": status, "headers": map[string]any{"Location": "/" + key, "X-All": key}, "body": string(everything),
			},
		})

		if got := do("POST", ping, page, "").Is(t, 200); !strings.Contains(got.Body, `"reachable":false`) {
			t.Errorf("with status %d, the ping returned %s", status, got.Body)
		}
		p.NoFaults(t)
	}

	for _, status := range []int{400, 401, 403, 404, 429, 500, 502} {
		p.Fault(t, map[string]any{
			"match": map[string]any{"target": "upstash"},
			"count": 2,
			"do": map[string]any{
				"status": status,
				"body":   map[string]any{"error": "for " + email + ":" + key, "all": string(everything)},
			},
		})
		do("GET", "/api/v1/databases", page, "")
		do("POST", "/api/v1/databases", page, `{"name":"again","primary_region":"us-east-1"}`)
		p.NoFaults(t)
		do("PUT", "/api/v1/connection", harness.Bearer(token()), "")
	}
	p.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash"},
			"count": 3,
			"do":    map[string]any{"status": 200, "body": string(everything)},
		},
	)
	do("GET", "/api/v1/databases", page, "")
	p.NoFaults(t)

	for value := range secrets {
		if len(value) > 4000 {
			continue // net/http rejects the line before the server sees it
		}
		escaped := url.PathEscape(value)
		do("GET", "/api/v1/databases/"+escaped, page, "")
		do("GET", "/"+escaped+"?access_token="+escaped, nil, "")
		// X-Request-ID is returned and logged on purpose
		do(
			"GET",
			"/api/v1/databases?access_token="+escaped,
			http.Header{"X-Upstream": {escaped}, "Referer": {p.URL + "/?" + escaped}},
			"",
		)
		do("GET", "/api/v1/session", http.Header{"Cookie": {cookie.Name + "=" + escaped}, "X-Csrf": {"1"}}, "")
		do(
			"GET",
			"/api/v1/databases",
			http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(email+":"+value))}},
			"",
		)
		body, _ := json.Marshal(map[string]string{"id_token": value, "replace": value})
		do("POST", "/api/v1/session", harness.Bearer(token()), string(body))
		body, _ = json.Marshal(map[string]string{"name": value, "plan": value, "primary_region": value})
		do("POST", "/api/v1/databases", page, string(body))
	}
	// A mint that goes wrong, and the end.
	p.Do(t, "DELETE", "/api/v1/connection", page, "")
	p.OnMint(t, map[string]any{"status": 200, "body": map[string]any{"api_key": key + "\n", "all": string(everything)}})
	do("PUT", "/api/v1/connection", harness.Bearer(token()), "")
	do("PUT", "/api/v1/connection", harness.Bearer(token()), "")
	p.NoteUpstream(t, email, secrets)

	// Now look.
	for suffix := range map[string]bool{"": true, "-wal": true, "-shm": true} {
		content, err := os.ReadFile(p.Database + suffix)
		if err != nil {
			t.Fatal(err)
		}

		if found := secrets.In(content); len(found) > 0 {
			t.Errorf("%s contains: %v", filepath.Base(p.Database)+suffix, found)
		}
	}

	log := p.Log.String()
	if !strings.Contains(log, `"level":"INFO"`) || strings.Count(log, "\n") < len(answers) {
		t.Fatalf(
			"the log holds %d lines for %d requests: this test would show nothing",
			strings.Count(log, "\n"),
			len(answers),
		)
	}

	if found := secrets.In([]byte(log)); len(found) > 0 {
		t.Errorf("the log contains: %v", found)
	}

	events, err := json.Marshal(p.Events(t))
	if err != nil || len(secrets.In(events)) > 0 {
		t.Errorf("the audit log contains: %v, %v", secrets.In(events), err)
	}

	for path, want := range map[string]string{"/metrics": "bff_mints_total", "/debug/pprof/goroutine?debug=2": "goroutine", "/debug/pprof/heap?debug=1": "heap", "/debug/pprof/": "heap"} {
		got := p.Admin(t, "GET", path, nil).Is(t, 200)
		if found := secrets.In([]byte(got.Body)); len(found) > 0 || !strings.Contains(got.Body, want) {
			t.Errorf("%s contains: %v (in %d bytes)", path, found, len(got.Body))
		}
	}

	for _, got := range answers {
		if got.Body == revealed.Body {
			continue // what it is for
		}

		content := got.Body
		if got.Status >= 400 { // the problem's instance repeats the caller's path
			content = strings.ReplaceAll(content, got.Path[:min(len(got.Path), 256)], "")
		}

		if found := secrets.In([]byte(content)); len(found) > 0 {
			t.Errorf("%s %.60s returned %d with: %v", got.Method, got.Path, got.Status, found)
		}
	}
}
