package fault_test

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
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// asking is a read of the Developer API that asks for a fault by the header, on its own connection and unpacked by
// nobody.
func asking(t *testing.T, s *sandbox.Sandbox, key, do string) *http.Request {
	t.Helper()
	request := sandboxtest.NewRequest(t, "GET", s.UpstashURL()+"/v2/redis/databases", "")
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

	key := sandboxtest.MustMint(t, s, "a@example.com")
	if got := sandboxtest.Upstash(
		t,
		s,
		"a@example.com",
		key,
		"POST",
		"/v2/redis/database",
		`{"name":"x","primary_region":"us-east-1"}`,
	); got.Status != 200 {
		t.Fatalf("create: %d %s", got.Status, got.Body)
	}

	return key
}

func TestPresetsRespondAsDocumented(t *testing.T) {
	s := sandboxtest.Start(t)
	key := withDatabase(t, s)

	real := sandboxtest.Send(t, plainClient, asking(t, s, key, `{"delay_ms":1}`)).Body
	if !strings.Contains(real, `"database_name":"x"`) {
		t.Fatalf("got %s, want the real list", real)
	}

	inAWhile := func(value string, least, most time.Duration) bool {
		at, err := http.ParseTime(value)
		return err == nil && time.Until(at) > least && time.Until(at) < most
	}
	for preset, holds := range map[string]func(sandboxtest.Response) bool{
		"latency":            func(a sandboxtest.Response) bool { return a.Status == 200 && a.Body == real },
		"redirect":           func(a sandboxtest.Response) bool { return a.Status == 302 && a.Header.Get("Location") != "" },
		"redirect_kept":      func(a sandboxtest.Response) bool { return a.Status == 307 && a.Header.Get("Location") != "" },
		"redirect_permanent": func(a sandboxtest.Response) bool { return a.Status == 308 && a.Header.Get("Location") != "" },
		"rate_limited":       func(a sandboxtest.Response) bool { return a.Status == 429 && a.Header.Get("Retry-After") == "2" },
		"rate_limited_long": func(a sandboxtest.Response) bool {
			return a.Status == 429 && a.Header.Get("Retry-After") == "1000000000"
		},
		"rate_limited_garbage": func(a sandboxtest.Response) bool { return a.Status == 429 && a.Header.Get("Retry-After") == "soon" },
		"rate_limited_bare":    func(a sandboxtest.Response) bool { return a.Status == 429 && a.Header.Values("Retry-After") == nil },
		"rate_limited_date": func(a sandboxtest.Response) bool {
			return a.Status == 429 && inAWhile(a.Header.Get("Retry-After"), 0, time.Minute)
		},
		"rate_limited_past": func(a sandboxtest.Response) bool {
			return a.Status == 429 && inAWhile(a.Header.Get("Retry-After"), -5*time.Minute, 0)
		},
		"server_error": func(a sandboxtest.Response) bool {
			return a.Status == 500 && strings.Contains(a.Body, key) && strings.Contains(a.Body, "a@example.com") && strings.Contains(a.Body, "Basic ")
		},
		"bad_gateway": func(a sandboxtest.Response) bool {
			return a.Status == 502 && strings.Contains(a.Body, key) && strings.Contains(a.Header.Get("X-Debug"), key) && a.Header.Get("Content-Type") == "text/html"
		},
		"unavailable": func(a sandboxtest.Response) bool { return a.Status == 503 && a.Header.Get("Retry-After") == "5" },
		"json_cut": func(a sandboxtest.Response) bool {
			return a.Status == 200 && len(a.Body) == len(real)/2 && strings.HasPrefix(real, a.Body) &&
				!json.Valid([]byte(a.Body))
		},
		"json_types": func(a sandboxtest.Response) bool {
			return json.Valid([]byte(a.Body)) && strings.Contains(a.Body, `"database_name":7`) && !strings.Contains(a.Body, `"x"`)
		},
		"json_html": func(a sandboxtest.Response) bool {
			return a.Status == 200 && strings.Contains(a.Body, "<!doctype html>")
		},
		"json_empty": func(a sandboxtest.Response) bool { return a.Status == 200 && a.Body == "" },
		"json_null":  func(a sandboxtest.Response) bool { return a.Status == 200 && a.Body == "null" },
		"json_duplicate": func(a sandboxtest.Response) bool {
			return strings.Contains(a.Body, `"database_name":0,"database_name":"x"`) && json.Valid([]byte(a.Body))
		},
		"json_deep": func(a sandboxtest.Response) bool { return strings.HasPrefix(a.Body, strings.Repeat("[", 100_000)+"]") },
	} {
		if got := sandboxtest.Send(t, plainClient, asking(t, s, key, preset)); !holds(got) {
			t.Errorf("%s: got %d %v %.300s", preset, got.Status, got.Header, got.Body)
		}
	}
}

// The connection ends in the requested way, before or after the work.
func TestPresetsEndConnections(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Token(t, s, `{"email":"a@example.com"}`)

	for preset, row := range map[string]struct {
		done  bool
		holds func(body []byte, err error) bool
	}{
		"drop_before":  {false, func(_ []byte, err error) bool { return errors.Is(err, io.EOF) }},
		"drop_after":   {true, func(_ []byte, err error) bool { return errors.Is(err, io.EOF) }},
		"reset_before": {false, func(_ []byte, err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
		"reset_after":  {true, func(_ []byte, err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
		"cut": {true, func(body []byte, err error) bool {
			return len(body) > 5 &&
				errors.Is(err, io.ErrUnexpectedEOF)
		}},
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
	s := sandboxtest.Start(t)
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
	// The sandbox must hold the request before the test ends and closes it.
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		entries := journal(t, s)
		if entries[len(entries)-1].Outcome == "in_flight" {
			break
		}

		if time.Now().After(deadline) {
			t.Fatal("the request never reached the sandbox")
		}
	}
}

// What a flood costs here is no more than a portion; there it is as much as it says, with the real answer at its end.
func TestFloods(t *testing.T) {
	s := sandboxtest.Start(t)
	key := withDatabase(t, s)
	real := sandboxtest.Send(t, plainClient, asking(t, s, key, `{"delay_ms":1}`)).Body

	bomb := sandboxtest.Send(t, plainClient, asking(t, s, key, `{"gzip_bomb_mb":64}`))
	if bomb.Header.Get("Content-Encoding") != "gzip" || len(bomb.Body) > 1<<20 {
		t.Errorf("bomb: got %q and %d bytes", bomb.Header.Get("Content-Encoding"), len(bomb.Body))
	}

	unpacked, err := gzip.NewReader(strings.NewReader(bomb.Body))
	if err != nil {
		t.Fatal(err)
	}

	content, err := io.ReadAll(unpacked)
	if err != nil || len(content) != 64<<20+len(real) || !bytes.HasSuffix(content, []byte(real)) {
		t.Errorf("bomb: got %d bytes and %v, want 64 MB and the real answer", len(content), err)
	}

	huge := sandboxtest.Send(t, plainClient, asking(t, s, key, `{"pad_mb":8}`))
	if len(huge.Body) != 8<<20+len(real) || strings.TrimLeft(huge.Body, " ") != real {
		t.Errorf("pad: got %d bytes, want 8 MB and the real answer", len(huge.Body))
	}
	start := time.Now()

	slow := sandboxtest.Send(t, plainClient, asking(t, s, key, `{"status":200,"body":"0123456789","trickle_ms":20}`))
	if slow.Body != "0123456789" || time.Since(start) < 150*time.Millisecond {
		t.Errorf("trickle: got %q after %s, want it after 0.2 s", slow.Body, time.Since(start))
	}
}

func TestKeySetsFail(t *testing.T) {
	s := sandboxtest.Start(t)
	keys := func(preset string) []map[string]any {
		t.Helper()
		sandboxtest.Inject(t, s, `{"do":{"preset":"`+preset+`"}}`)

		var document struct{ Keys []any }
		if err := json.Unmarshal(
			[]byte(sandboxtest.Call(t, "GET", s.IssuerURL()+".well-known/jwks.json", "").Body), &document,
		); err != nil {
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

	known := sandboxtest.Published(t, s)
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

	if got := sandboxtest.Call(t, "GET", s.ControlURL()+"/faults", ""); !strings.Contains(got.Body, `"faults":[]`) {
		t.Errorf("in force afterwards: got %s, want none", got.Body)
	}

	if diff := cmp.Diff(known, sandboxtest.Published(t, s)); diff != "" {
		t.Errorf("the real keys afterwards (-want +got):\n%s", diff)
	}
}

// An invalid header is reported, not ignored.
func TestAFaultHeaderIsParsedStrictly(t *testing.T) {
	s := sandboxtest.Start(t)
	for _, value := range []string{"gzip-bomb", `{"stattus":500}`, `{"status":99}`, `{}`, `{"drop":"after_commit","status":500}`} {
		if got := sandboxtest.Send(
			t, plainClient, asking(t, s, "key", value),
		); got.Status != 400 ||
			!strings.HasPrefix(got.Body, "X-Sandbox-Fault: ") {
			t.Errorf("%s: got %d %s, want 400 and why", value, got.Status, got.Body)
		}
	}

	if got := sandboxtest.Send(
		t,
		plainClient,
		asking(t, s, "key", `{"status":503,"body":"down"}`),
	); got.Status != 503 ||
		got.Body != "down" {
		t.Errorf("a fault in JSON: got %d %s", got.Status, got.Body)
	}
	request := sandboxtest.NewRequest(t, "OPTIONS", s.IssuerURL()+"oauth/token", "")
	request.Header.Set("Origin", sandboxtest.AppOrigin)

	if got := sandboxtest.Send(
		t, plainClient, request,
	).Header.Get(
		"Access-Control-Allow-Headers",
	); !strings.Contains(
		got, "X-Sandbox-Fault",
	) {
		t.Errorf("preflight: got %q, want the header allowed", got)
	}
}

func TestAFaultMeetsOneTabOrOneAccountAtTheIssuer(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Inject(t, s, `{"match":{"target":"issuer","header":"X-Tab: left"},"count":-1,"do":{"status":503}}`)

	for value, status := range map[string]int{"left": 503, "right": 200, "": 200} {
		request := sandboxtest.NewRequest(t, "GET", s.IssuerURL()+".well-known/jwks.json", "")
		if value != "" {
			request.Header.Set("X-Tab", value)
		}

		if got := sandboxtest.Send(t, plainClient, request); got.Status != status {
			t.Errorf("tab %q: got %d, want %d", value, got.Status, status)
		}
	}
	sandboxtest.Want(t, sandboxtest.Call(t, "DELETE", s.ControlURL()+"/faults/1", ""), 204, "")

	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"other@example.com","password":"other-password"}`)
	sandboxtest.Inject(
		t,
		s,
		`{"match":{"target":"issuer","email":"`+sandbox.DemoEmail+`"},"count":-1,"do":{"status":418}}`,
	)
	other := sandboxtest.NewBrowser(t, s)

	page := other.Authorize()
	if got := other.Press(
		page, "login", "email", "other@example.com", "password", "other-password",
	); got.Status != 302 {
		t.Errorf("the other's login: got %d, want 302", got.Status)
	}

	demo := sandboxtest.NewBrowser(t, s)
	if got := demo.LogIn(demo.Authorize()); got.Status != 418 {
		t.Errorf("login by form: got %d, want the fault", got.Status)
	}
	sandboxtest.Call(t, "DELETE", s.ControlURL()+"/faults", "")
	granted := sandboxtest.Code(t, s)
	refresh := sandboxtest.Exchange(
		t, s, "code", sandboxtest.Code(t, s, "scope", "openid offline_access"),
	).Text(t,
		"refresh_token")
	sandboxtest.Inject(
		t,
		s,
		`{"match":{"target":"issuer","email":"`+sandbox.DemoEmail+`"},"count":-1,"do":{"status":418}}`,
	)

	if got := sandboxtest.Exchange(t, s, "code", granted); got.Status != 418 {
		t.Errorf("by code: got %d, want the fault", got.Status)
	}

	if got := sandboxtest.Exchange(t, s, "grant_type", "refresh_token", "refresh_token", refresh); got.Status != 418 {
		t.Errorf("by refresh token: got %d, want the fault", got.Status)
	}
	sandboxtest.Call(t, "DELETE", s.ControlURL()+"/faults", "")

	if got := sandboxtest.Exchange(t, s, "code", granted); got.Status != 200 {
		t.Errorf("looking at a code used it up: got %d %s", got.Status, got.Body)
	}
}

// plays sends reads until n have a response, and records which failed.
func plays(t *testing.T, s *sandbox.Sandbox, n int) string {
	t.Helper()

	var pattern strings.Builder
	for range n {
		if sandboxtest.Call(t, "GET", s.UpstashURL()+"/v2/redis/databases", "").Status == 503 {
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
		s := sandboxtest.Start(t, func(o *sandbox.Options) { o.Seed = seed })
		sandboxtest.Inject(t, s, rule)
		sandboxtest.Inject(t, s, `{"match":{"target":"issuer"},"count":-1,"probability":0.5,"do":{"delay_ms":1}}`)

		first := plays(t, s, 20)
		if between { // what happens at another rule does not move this one's draws
			for range 7 {
				sandboxtest.Call(t, "GET", s.IssuerURL()+".well-known/jwks.json", "")
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
	s := sandboxtest.Start(t, func(o *sandbox.Options) { o.Seed = 5 })
	sandboxtest.Inject(
		t,
		s,
		`{"match":{"target":"upstash"},"count":3,"do":{"preset":"unavailable","headers":{"Retry-After":"9"}}}`,
	)
	sandboxtest.Inject(t, s, `{"match":{"target":"issuer"},"count":-1,"probability":0.5,"do":{"delay_ms":1}}`)

	if got := sandboxtest.Call(
		t, "GET", s.UpstashURL()+"/v2/redis/databases", "",
	); got.Status != 503 ||
		got.Header.Get("Retry-After") != "9" {
		t.Errorf("preset with a change: got %d %v", got.Status, got.Header)
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
	if err := json.Unmarshal(
		[]byte(sandboxtest.Call(t, "GET", s.ControlURL()+"/faults", "").Body), &listed,
	); err != nil {
		t.Fatal(err)
	}

	if listed.Seed != 5 || listed.Mode != "" || len(listed.Faults) != 2 || listed.Faults[0].Left != 2 ||
		listed.Faults[0].Played != 1 ||
		listed.Faults[0].Do["preset"] != "unavailable" ||
		listed.Faults[1].Left != -1 {
		t.Errorf("got %+v", listed)
	}
	sandboxtest.Want(t, sandboxtest.Call(t, "DELETE", s.ControlURL()+"/faults/1", ""), 204, "")
	sandboxtest.Want(
		t,
		sandboxtest.Call(t, "DELETE", s.ControlURL()+"/faults/1", ""),
		404,
		`{"error":"no such fault is in force"}`,
	)

	if got := sandboxtest.Call(t, "GET", s.UpstashURL()+"/v2/redis/databases", ""); got.Status != 401 {
		t.Errorf("after the end: got %d, want the real answer", got.Status)
	}

	if got := sandboxtest.Call(
		t, "GET", s.ControlURL()+"/faults/presets", "",
	); !strings.Contains(
		got.Body,
		`"name":"gzip_bomb"`,
	) {
		t.Errorf("presets: got %.200s", got.Body)
	}
}

func TestModesPlayByThemselves(t *testing.T) {
	if _, err := sandbox.Start(
		t.Context(), sandboxtest.Options(t, func(o *sandbox.Options) { o.Faults = "wild" }),
	); err == nil {
		t.Error("an unknown mode was accepted")
	}

	for mode, severe := range map[string]bool{"": false, "realistic": false, "strict": true} {
		t.Run("mode "+mode, func(t *testing.T) {
			s := sandboxtest.Start(t, func(o *sandbox.Options) { o.Faults, o.Seed = mode, 3 })
			sandboxtest.Call(t, "DELETE", s.ControlURL()+"/faults", "") // ends what tests added, not the mode

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
