package sandbox_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// asking is a read of the Developer API that asks for a fault by the header, on
// a connection of its own and unpacked by nobody.
func asking(t *testing.T, s *sandbox.Sandbox, key, do string) *http.Request {
	t.Helper()
	request := newRequest(t, "GET", s.UpstashURL()+"/v2/redis/databases", "")
	request.SetBasicAuth("a@example.com", key)
	request.Header.Set("X-Sandbox-Fault", do)
	request.Close = true
	return request
}

var plainClient = &http.Client{
	Transport:     &http.Transport{DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// withDatabase gives an account one database, and returns its key.
func withDatabase(t *testing.T, s *sandbox.Sandbox) string {
	t.Helper()
	key := mustMint(t, s, "a@example.com")
	if got := upstash(t, s, "a@example.com", key, "POST", "/v2/redis/database", `{"name":"x","primary_region":"us-east-1"}`); got.status != 200 {
		t.Fatalf("create: %d %s", got.status, got.body)
	}
	return key
}

func TestPresetsAnswerWhatTheySay(t *testing.T) {
	s := start(t)
	key := withDatabase(t, s)
	real := send(t, plainClient, asking(t, s, key, `{"delay_ms":1}`)).body
	if !strings.Contains(real, `"database_name":"x"`) {
		t.Fatalf("got %s, want the real list", real)
	}
	inAWhile := func(value string, least, most time.Duration) bool {
		at, err := http.ParseTime(value)
		return err == nil && time.Until(at) > least && time.Until(at) < most
	}
	for preset, holds := range map[string]func(answer) bool{
		"latency":              func(a answer) bool { return a.status == 200 && a.body == real },
		"redirect":             func(a answer) bool { return a.status == 302 && a.header.Get("Location") != "" },
		"redirect_kept":        func(a answer) bool { return a.status == 307 && a.header.Get("Location") != "" },
		"redirect_permanent":   func(a answer) bool { return a.status == 308 && a.header.Get("Location") != "" },
		"rate_limited":         func(a answer) bool { return a.status == 429 && a.header.Get("Retry-After") == "2" },
		"rate_limited_long":    func(a answer) bool { return a.status == 429 && a.header.Get("Retry-After") == "1000000000" },
		"rate_limited_garbage": func(a answer) bool { return a.status == 429 && a.header.Get("Retry-After") == "soon" },
		"rate_limited_bare":    func(a answer) bool { return a.status == 429 && a.header.Values("Retry-After") == nil },
		"rate_limited_date": func(a answer) bool {
			return a.status == 429 && inAWhile(a.header.Get("Retry-After"), 0, time.Minute)
		},
		"rate_limited_past": func(a answer) bool {
			return a.status == 429 && inAWhile(a.header.Get("Retry-After"), -5*time.Minute, 0)
		},
		"server_error": func(a answer) bool {
			return a.status == 500 && strings.Contains(a.body, key) && strings.Contains(a.body, "a@example.com") && strings.Contains(a.body, "Basic ")
		},
		"bad_gateway": func(a answer) bool {
			return a.status == 502 && strings.Contains(a.body, key) && strings.Contains(a.header.Get("X-Debug"), key) && a.header.Get("Content-Type") == "text/html"
		},
		"unavailable": func(a answer) bool { return a.status == 503 && a.header.Get("Retry-After") == "5" },
		"json_cut": func(a answer) bool {
			return a.status == 200 && len(a.body) == len(real)/2 && strings.HasPrefix(real, a.body) && !json.Valid([]byte(a.body))
		},
		"json_types": func(a answer) bool {
			return json.Valid([]byte(a.body)) && strings.Contains(a.body, `"database_name":7`) && !strings.Contains(a.body, `"x"`)
		},
		"json_html":  func(a answer) bool { return a.status == 200 && strings.Contains(a.body, "<!doctype html>") },
		"json_empty": func(a answer) bool { return a.status == 200 && a.body == "" },
		"json_null":  func(a answer) bool { return a.status == 200 && a.body == "null" },
		"json_duplicate": func(a answer) bool {
			return strings.Contains(a.body, `"database_name":0,"database_name":"x"`) && json.Valid([]byte(a.body))
		},
		"json_deep": func(a answer) bool { return strings.HasPrefix(a.body, strings.Repeat("[", 100_000)+"]") },
	} {
		if got := send(t, plainClient, asking(t, s, key, preset)); !holds(got) {
			t.Errorf("%s: got %d %v %.300s", preset, got.status, got.header, got.body)
		}
	}
}

// The connection ends in the way that was asked for, before or after the work.
func TestPresetsEndConnections(t *testing.T) {
	s := start(t)
	token(t, s, `{"email":"a@example.com"}`)
	for preset, row := range map[string]struct {
		done  bool
		holds func(body []byte, err error) bool
	}{
		"drop_before":   {false, func(_ []byte, err error) bool { return errors.Is(err, io.EOF) }},
		"drop_after":    {true, func(_ []byte, err error) bool { return errors.Is(err, io.EOF) }},
		"reset_before":  {false, func(_ []byte, err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
		"reset_after":   {true, func(_ []byte, err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
		"cut":           {true, func(body []byte, err error) bool { return len(body) > 5 && errors.Is(err, io.ErrUnexpectedEOF) }},
		"reset_in_body": {true, func(_ []byte, err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
	} {
		t.Run(preset, func(t *testing.T) {
			request := mintRequest(t, s, "a@example.com", preset)
			request.Header.Set("X-Sandbox-Fault", preset)
			var body []byte
			response, err := http.DefaultClient.Do(request)
			if err == nil {
				body, err = io.ReadAll(response.Body)
				response.Body.Close()
			}
			if !row.holds(body, err) {
				t.Errorf("got %q and %v", body, err)
			}
			if done := slices.Contains(keyNames(t, s, "a@example.com"), preset); done != row.done {
				t.Errorf("the work was done: %v, want %v", done, row.done)
			}
			entries := journal(t, s)
			if last := entries[len(entries)-1]; last.Status != 0 || last.Fault != preset {
				t.Errorf("journal: got %+v, want no status and the fault's name", last)
			}
		})
	}
}

func TestAHangEndsWithItsCaller(t *testing.T) {
	s := start(t)
	for preset, done := range map[string]bool{"hang": false, "hang_after": true} {
		request := mintRequest(t, s, "a@example.com", preset)
		request.Header.Set("X-Sandbox-Fault", preset)
		impatient := &http.Client{Timeout: 200 * time.Millisecond}
		response, err := impatient.Do(request)
		if err == nil {
			response.Body.Close()
		}
		var late net.Error
		if !errors.As(err, &late) || !late.Timeout() {
			t.Errorf("%s: got %v, want no answer", preset, err)
		}
		if got := slices.Contains(keyNames(t, s, "a@example.com"), preset); got != done {
			t.Errorf("%s: the work was done: %v, want %v", preset, got, done)
		}
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			entries := journal(t, s)
			if entries[len(entries)-1].Outcome != "in_flight" {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: the request is still held after its caller left", preset)
			}
		}
	}
	// And with the sandbox: a hang that nobody leaves does not hold up its end.
	request := asking(t, s, "key", "hang")
	go func() {
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
		}
	}()
	time.Sleep(50 * time.Millisecond)
}

// What a flood costs here is no more than a portion; there it is as much as it
// says, with the real answer at its end.
func TestFloods(t *testing.T) {
	s := start(t)
	key := withDatabase(t, s)
	real := send(t, plainClient, asking(t, s, key, `{"delay_ms":1}`)).body

	bomb := send(t, plainClient, asking(t, s, key, `{"gzip_bomb_mb":64}`))
	if bomb.header.Get("Content-Encoding") != "gzip" || len(bomb.body) > 1<<20 {
		t.Errorf("bomb: got %q and %d bytes", bomb.header.Get("Content-Encoding"), len(bomb.body))
	}
	unpacked, err := gzip.NewReader(strings.NewReader(bomb.body))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(unpacked)
	if err != nil || len(content) != 64<<20+len(real) || !bytes.HasSuffix(content, []byte(real)) {
		t.Errorf("bomb: got %d bytes and %v, want 64 MB and the real answer", len(content), err)
	}
	huge := send(t, plainClient, asking(t, s, key, `{"pad_mb":8}`))
	if len(huge.body) != 8<<20+len(real) || strings.TrimLeft(huge.body, " ") != real {
		t.Errorf("pad: got %d bytes, want 8 MB and the real answer", len(huge.body))
	}
	begun := time.Now()
	slow := send(t, plainClient, asking(t, s, key, `{"status":200,"body":"0123456789","trickle_ms":20}`))
	if slow.body != "0123456789" || time.Since(begun) < 150*time.Millisecond {
		t.Errorf("trickle: got %q after %s, want it after 0.2 s", slow.body, time.Since(begun))
	}
}

func TestKeySetsFail(t *testing.T) {
	s := start(t)
	keys := func(preset string) []map[string]any {
		t.Helper()
		inject(t, s, `{"do":{"preset":"`+preset+`"}}`)
		var document struct{ Keys []any }
		if err := json.Unmarshal([]byte(call(t, "GET", s.IssuerURL()+".well-known/jwks.json", "").body), &document); err != nil {
			t.Fatalf("%s: %v", preset, err)
		}
		found := []map[string]any{}
		for _, key := range document.Keys {
			if object, ok := key.(map[string]any); ok {
				found = append(found, object)
			}
		}
		return found
	}
	known := published(t, s)
	if got := keys("jwks_empty"); len(got) != 0 {
		t.Errorf("empty: got %v", got)
	}
	rotated := keys("jwks_rotated")
	if len(rotated) != len(known) || known[rotated[0]["kid"].(string)] != nil || len(rotated[0]["n"].(string)) != 342 {
		t.Errorf("rotated: got %v, want another key of the same form", rotated)
	}
	malformed := keys("jwks_malformed")
	if len(malformed) < 4 || known[malformed[0]["kid"].(string)] == nil || malformed[0]["n"] != "not base64!" {
		t.Errorf("malformed: got %v, want the known ids and nothing usable", malformed)
	}
	if got := call(t, "GET", s.ControlURL()+"/faults", ""); !strings.Contains(got.body, `"faults":[]`) {
		t.Errorf("in force afterwards: got %s, want none", got.body)
	}
	if diff := cmp.Diff(known, published(t, s)); diff != "" {
		t.Errorf("the real keys afterwards (-want +got):\n%s", diff)
	}
}

// A header that cannot be read is told, not passed over.
func TestAFaultAskedForByHeaderIsReadStrictly(t *testing.T) {
	s := start(t)
	for _, value := range []string{"gzip-bomb", `{"stattus":500}`, `{"status":99}`, `{}`, `{"drop":"after_commit","status":500}`} {
		if got := send(t, plainClient, asking(t, s, "key", value)); got.status != 400 || !strings.HasPrefix(got.body, "X-Sandbox-Fault: ") {
			t.Errorf("%s: got %d %s, want 400 and why", value, got.status, got.body)
		}
	}
	if got := send(t, plainClient, asking(t, s, "key", `{"status":503,"body":"down"}`)); got.status != 503 || got.body != "down" {
		t.Errorf("a fault in JSON: got %d %s", got.status, got.body)
	}
	request := newRequest(t, "OPTIONS", s.IssuerURL()+"oauth/token", "")
	request.Header.Set("Origin", appOrigin)
	if got := send(t, plainClient, request).header.Get("Access-Control-Allow-Headers"); !strings.Contains(got, "X-Sandbox-Fault") {
		t.Errorf("preflight: got %q, want the header allowed", got)
	}
}

func TestAFaultMeetsOneTabOrOneAccountAtTheIssuer(t *testing.T) {
	s := start(t)
	inject(t, s, `{"match":{"target":"issuer","header":"X-Tab: left"},"count":-1,"do":{"status":503}}`)
	for value, status := range map[string]int{"left": 503, "right": 200, "": 200} {
		request := newRequest(t, "GET", s.IssuerURL()+".well-known/jwks.json", "")
		if value != "" {
			request.Header.Set("X-Tab", value)
		}
		if got := send(t, plainClient, request); got.status != status {
			t.Errorf("tab %q: got %d, want %d", value, got.status, status)
		}
	}
	want(t, call(t, "DELETE", s.ControlURL()+"/faults/1", ""), 204, "")

	call(t, "POST", s.ControlURL()+"/accounts", `{"email":"other@example.com","password":"other-password"}`)
	inject(t, s, `{"match":{"target":"issuer","email":"`+sandbox.DemoEmail+`"},"count":-1,"do":{"status":418}}`)
	other := newBrowser(t, s)
	page := other.authorize()
	if got := other.press(page, "login", "email", "other@example.com", "password", "other-password"); got.status != 302 {
		t.Errorf("the other's log-in: got %d, want 302", got.status)
	}
	demo := newBrowser(t, s)
	if got := demo.logIn(demo.authorize()); got.status != 418 {
		t.Errorf("log-in by form: got %d, want the fault", got.status)
	}
	call(t, "DELETE", s.ControlURL()+"/faults", "")
	granted := code(t, s)
	refresh := exchange(t, s, "code", code(t, s, "scope", "openid offline_access")).text(t, "refresh_token")
	inject(t, s, `{"match":{"target":"issuer","email":"`+sandbox.DemoEmail+`"},"count":-1,"do":{"status":418}}`)
	if got := exchange(t, s, "code", granted); got.status != 418 {
		t.Errorf("by code: got %d, want the fault", got.status)
	}
	if got := exchange(t, s, "grant_type", "refresh_token", "refresh_token", refresh); got.status != 418 {
		t.Errorf("by refresh token: got %d, want the fault", got.status)
	}
	call(t, "DELETE", s.ControlURL()+"/faults", "")
	if got := exchange(t, s, "code", granted); got.status != 200 {
		t.Errorf("looking at a code used it up: got %d %s", got.status, got.body)
	}
}

// plays sends reads until n are answered and writes down which failed.
func plays(t *testing.T, s *sandbox.Sandbox, n int) string {
	t.Helper()
	var pattern strings.Builder
	for range n {
		if call(t, "GET", s.UpstashURL()+"/v2/redis/databases", "").status == 503 {
			pattern.WriteByte('x')
		} else {
			pattern.WriteByte('.')
		}
	}
	return pattern.String()
}

func TestTheSameSeedPlaysTheSame(t *testing.T) {
	rule := `{"match":{"target":"upstash"},"count":-1,"probability":0.3,"do":{"status":503}}`
	run := func(seed uint64, between bool) string {
		s := start(t, func(o *sandbox.Options) { o.Seed = seed })
		inject(t, s, rule)
		inject(t, s, `{"match":{"target":"issuer"},"count":-1,"probability":0.5,"do":{"delay_ms":1}}`)
		first := plays(t, s, 20)
		if between { // what happens at another rule does not move this one's draws
			for range 7 {
				call(t, "GET", s.IssuerURL()+".well-known/jwks.json", "")
			}
		}
		return first + plays(t, s, 40)
	}
	first, again, other := run(7, false), run(7, true), run(8, false)
	if first != again {
		t.Errorf("seed 7 twice:\n%s\n%s", first, again)
	}
	if first == other {
		t.Errorf("seeds 7 and 8 play the same: %s", first)
	}
	if played := strings.Count(first, "x"); played < 6 || played > 32 {
		t.Errorf("%d of 60 played at a probability of 0.3: %s", played, first)
	}
}

func TestRulesInForceAreListed(t *testing.T) {
	s := start(t, func(o *sandbox.Options) { o.Seed = 5 })
	inject(t, s, `{"match":{"target":"upstash"},"count":3,"do":{"preset":"unavailable","headers":{"Retry-After":"9"}}}`)
	inject(t, s, `{"match":{"target":"issuer"},"count":-1,"probability":0.5,"do":{"delay_ms":1}}`)
	if got := call(t, "GET", s.UpstashURL()+"/v2/redis/databases", ""); got.status != 503 || got.header.Get("Retry-After") != "9" {
		t.Errorf("preset with a change: got %d %v", got.status, got.header)
	}
	var listed struct {
		Mode   string
		Seed   uint64
		Faults []struct {
			ID           string
			Left, Played int
			Do           map[string]any
		}
	}
	if err := json.Unmarshal([]byte(call(t, "GET", s.ControlURL()+"/faults", "").body), &listed); err != nil {
		t.Fatal(err)
	}
	if listed.Seed != 5 || listed.Mode != "" || len(listed.Faults) != 2 || listed.Faults[0].Left != 2 || listed.Faults[0].Played != 1 ||
		listed.Faults[0].Do["preset"] != "unavailable" || listed.Faults[1].Left != -1 {
		t.Errorf("got %+v", listed)
	}
	want(t, call(t, "DELETE", s.ControlURL()+"/faults/1", ""), 204, "")
	want(t, call(t, "DELETE", s.ControlURL()+"/faults/1", ""), 404, `{"error":"no such fault is in force"}`)
	if got := call(t, "GET", s.UpstashURL()+"/v2/redis/databases", ""); got.status != 401 {
		t.Errorf("after the end: got %d, want the real answer", got.status)
	}
	if got := call(t, "GET", s.ControlURL()+"/faults/presets", ""); !strings.Contains(got.body, `"name":"gzip_bomb"`) {
		t.Errorf("presets: got %.200s", got.body)
	}
}

func TestModesPlayByThemselves(t *testing.T) {
	if _, err := sandbox.Start(t.Context(), options(t, func(o *sandbox.Options) { o.Faults = "wild" })); err == nil {
		t.Error("an unknown mode was accepted")
	}
	for mode, severe := range map[string]bool{"": false, "realistic": false, "strict": true} {
		t.Run("mode "+mode, func(t *testing.T) {
			s := start(t, func(o *sandbox.Options) { o.Faults, o.Seed = mode, 3 })
			call(t, "DELETE", s.ControlURL()+"/faults", "") // ends what tests added, not the mode
			broken, played := 0, 0
			for range 70 {
				response, err := http.DefaultClient.Do(asking(t, s, "key", ""))
				if err == nil {
					response.Body.Close()
				}
				if err != nil || response.StatusCode >= 500 {
					broken++
				}
			}
			for _, entry := range journal(t, s) {
				if entry.Fault != "" {
					played++
				}
			}
			if (played > 0) != (mode != "") || (broken > 0) != severe {
				t.Errorf("%d faults played, %d answers lost", played, broken)
			}
		})
	}
}
