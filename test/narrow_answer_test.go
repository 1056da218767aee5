package test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// Threat model: P10.
func TestUpstreamRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f), harness.WithSettle(time.Second))
	id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
	var elsewhere int
	trap := harness.NewTrap(t, &elsewhere)

	locations := map[string]string{
		"an attacker":          trap.URL + "/v2/redis/databases",
		"the metadata service": "http://169.254.169.254/latest/meta-data/iam/",
		"itself":               harness.UpstreamList,
		"another path":         "/v2/teams",
		"nothing":              "",
		"nonsense":             "http://[::1",
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		for name, location := range locations {
			t.Run(fmt.Sprintf("%d to %s", status, name), func(t *testing.T) {
				header := http.Header{}
				if location != "" {
					header.Set("Location", location)
				}

				for _, path := range []string{harness.DatabasesPath, harness.DatabasesPath + "/" + id, harness.DatabasesPath + "/" + id + "/credentials"} {
					f.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
						w.Header()["Location"] = header["Location"]
						w.WriteHeader(status)
						return true
					})
					before := f.Requests.Load()
					m.Do(t, "GET", path, m.Header, "").IsProblem(t, 502, "upstream_redirect")

					if got := f.Requests.Load() - before; got != 1 {
						t.Errorf("%s: %d requests upstream, want one", path, got)
					}
				}
				f.Intercept(nil)
			})
		}
	}
	t.Run("a loop of 20 hops", func(t *testing.T) {
		var hops int
		f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
			hops++
			http.Redirect(w, r, fmt.Sprintf("/hop/%d", hops), http.StatusFound)
			return hops <= 20
		})
		m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 502, "upstream_redirect")
		f.Intercept(nil)

		if hops != 1 {
			t.Errorf("%d hops were followed, want none", hops-1)
		}
	})

	if elsewhere != 0 {
		t.Errorf("%d requests were sent elsewhere, with a credential", elsewhere)
	}
}

// redirections are the statuses for another address, or for an unchanged response.
func redirections() []int { return []int{300, 301, 302, 303, 304, 305, 306, 307, 308} }

// A redirect of a write does not prove that nothing was done. The server settles the write and does not repeat it.
//
// Threat model: P10.
func TestRedirectedCreateIsSettled(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f), harness.WithSettle(time.Second))
	header := http.Header{"Location": {f.URL + "/elsewhere"}}

	for _, status := range redirections() {
		name := fmt.Sprintf("made-%d", status)
		f.ForwardsThenResponds("POST", harness.UpstreamCreate, status, header)
		m.Create(t, name, harness.CreateBody(name)).Is(t, 201)
		f.Intercept(nil)
		m.Create(t, name, harness.CreateBody(name)).Is(t, 201)

		name = fmt.Sprintf("not-made-%d", status)
		f.RespondsWith("POST", harness.UpstreamCreate, status, header, "")

		got := m.Create(t, name, harness.CreateBody(name))
		if status == http.StatusNotModified {
			got.IsProblem(t, 504, "outcome_uncertain")
		} else {
			got.IsProblem(t, 502, "upstream_redirect")
		}
		_ = got.RetryAfter(t, time.Second, 2*time.Second)
		f.Intercept(nil)
	}
	time.Sleep(2 * time.Second) // the wait that Retry-After requests

	for _, status := range redirections() {
		name := fmt.Sprintf("not-made-%d", status)
		m.Create(t, name, harness.CreateBody(name)).Is(t, 201)
	}

	for name, count := range m.UpstreamNames(t) {
		if count != 1 {
			t.Errorf("got %d databases %s, want one", count, name)
		}
	}

	if made := len(m.UpstreamNames(t)); made != 2*len(redirections()) {
		t.Errorf("got %d databases, want one of each name", made)
	}
}

// The same for a key: the next connect finds out whether one was left behind.
//
// Threat model: P10.
func TestRedirectedMintIsSettled(t *testing.T) {
	var f harness.Front
	p := harness.StartProduct(t, harness.WithFront(t, &f))
	header := http.Header{"Location": {f.URL + "/elsewhere"}}

	for _, status := range redirections() {
		for keys, answer := range map[int]func(string, string, int, http.Header){
			1: func(method, path string, status int, header http.Header) {
				f.RespondsWith(method, path, status, header, "")
			},
			2: f.ForwardsThenResponds,
		} {
			email := fmt.Sprintf("%d-%d@example.com", status, keys)
			answer("POST", "/apikey", status, header)

			got := p.Connect(t, email)
			if status == http.StatusNotModified {
				got.Is(t, 502)
			} else {
				got.IsProblem(t, 502, "upstream_redirect")
			}
			f.Intercept(nil)

			if left := p.Connection(t, email).LeftoverKeys; len(left) != 1 || left[0].State != "uncertain" {
				t.Errorf("%d: got leftovers %+v, want one uncertain", status, left)
			}
			p.Connect(t, email).Is(t, 201)
			p.OneLiveKey(t, email, keys)
		}
	}
}

// Threat model: P11.
func TestUpstreamErrorTextIsNotForwarded(t *testing.T) {
	const stranger, marker = "stranger-4b1e77@example.org", "canary-1f6a2c-of-upstream"
	// Upstream responses that contain the account's secrets.
	shapes := map[string]func(secrets string) string{
		"a string":   func(s string) string { return `"` + s + `"` },
		"an object":  func(s string) string { return `{"error":"` + s + `","message":"` + s + `"}` },
		"HTML":       func(s string) string { return "<html><script>" + s + "</script>" },
		"a trace":    func(s string) string { return "goroutine 1 [running]:\nmain.go:12 " + s },
		"key limits": func(s string) string { return `"database limit exceeded for ` + s + `"` },
	}
	for _, status := range []int{400, 401, 402, 403, 404, 405, 409, 422, 429, 500, 502, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			var f harness.Front
			// its own: some responses end a connection, pause an account or open the breaker
			m := harness.StartWithMember(t, harness.WithFront(t, &f))
			key := m.Account(t, m.Email).Keys[0].Secret
			basic := base64.StdEncoding.EncodeToString([]byte(m.Email + ":" + key))
			m.NoteSecret(stranger, "stranger's e-mail")
			m.NoteSecret(marker, "word of upstream's")
			m.NoteSecret(basic, "Basic credential")

			words := []string{key, basic, stranger, marker}
			for name, shape := range shapes {
				header := http.Header{
					"X-Detail":         {marker},
					"Www-Authenticate": {`Basic realm="` + marker + `"`},
					"Set-Cookie":       {"s=" + marker},
					"Content-Type":     {"text/html"},
				}
				f.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
					for name, values := range header {
						w.Header()[name] = values
					}
					w.WriteHeader(status)
					_, _ = io.WriteString(w, shape(strings.Join(words, " ")))

					return true
				})

				for _, got := range []harness.Response{m.Do(t, "GET", harness.DatabasesPath, m.Header, ""), m.Do(t, "GET", harness.DatabasesPath+"/a1", m.Header, ""), m.Create(t, "", harness.CreateBody("x"))} {
					if got.Status < 400 || got.Status == 401 ||
						got.Header.Get("Content-Type") != "application/problem+json" {
						t.Errorf(
							"%s: %s %s: got %d, want a problem, and never 401", name, got.Method, got.Path, got.Status,
						)
					}

					for _, word := range words {
						if strings.Contains(got.Body+fmt.Sprint(got.Header), word) {
							t.Errorf("%s: %s %s forwards upstream's text: %s", name, got.Method, got.Path, got.Body)
						}
					}
				}
				f.Intercept(nil)
			}
		})
	}
	t.Run("50 MB", func(t *testing.T) {
		var f harness.Front
		m := harness.StartWithMember(t, harness.WithFront(t, &f))
		m.NoteSecret(marker, "word of upstream's")
		var sent atomic.Int64
		f.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(418)

			piece := strings.Repeat(marker, 1000)
			for sent.Load() < 50<<20 {
				n, err := io.WriteString(w, piece)
				if sent.Add(int64(n)); err != nil {
					break
				}
			}

			return true
		})
		m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 502, "upstream_error")
		f.Intercept(nil)

		if got := sent.Load(); got > 16<<20 {
			t.Errorf("%d bytes of an error were read", got)
		}
	})
}

// Threat model: P12.
func TestUnusableUpstreamResponses(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))
	const id = "96ad0856-03b1-4ee7-9666-e81abd0349e1"
	full := `{"database_id":"` + id + `","database_name":"x","state":"active","endpoint":"a-b-1.upstash.io","port":6379,"tls":true,"primary_region":"us-east-1","platform":"aws",
		"type":"payg","creation_time":1752649602,"password":"canary-password-000","rest_token":"canary-rest-token-000","read_only_rest_token":"canary-read-only-000",
		"user_email":"canary-user@example.com","customer_id":"canary-customer@example.com","db_request_limit":9223372036854775808,"new_secret":"canary-of-tomorrow-0"}`

	unusable := map[string]string{
		"HTML":                     "<!doctype html>",
		"nothing":                  "",
		"null":                     "null",
		"a string":                 `"OK"`,
		"a number":                 "0",
		"cut":                      full[:100],
		"equal names":              `{"database_id":"` + id + `","state":"a","state":"b"}`,
		"bytes that are not UTF-8": "{\"database_id\":\"" + id + "\",\"database_name\":\"\xff\"}",
		"without an id":            `{"database_name":"x"}`,
		"an id of another type":    `{"database_id":7}`,
		"two values":               full + full,
	}
	for name, body := range unusable {
		t.Run(name, func(t *testing.T) {
			f.RespondsWith("GET", harness.UpstreamCreate+"/"+id, 200, nil, body)
			m.Do(t, "GET", harness.DatabasesPath+"/"+id, m.Header, "").IsProblem(t, 502, "upstream_error")
			m.Do(
				t, "GET", harness.DatabasesPath+"/"+id+"/credentials", m.Header, "",
			).IsProblem(t, 502,
				"upstream_error")
			f.RespondsWith("GET", harness.UpstreamList, 200, nil, body)
			m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 502, "upstream_error")
			f.RespondsWith("GET", harness.UpstreamList, 200, nil, "["+body)
			m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 502, "upstream_error")
		})
	}

	filtered := map[string]struct {
		list string
		want int
	}{
		"an empty list":                {"[]", 0},
		"secrets and fields of others": {"[" + full + "]", 1},
		"one element null, one wrong":  {"[null," + full + `,{"database_id":7},5,{"database_id":"a2"}]`, 1},
		"a database that was deleted": {
			`[` + full + `,{"database_id":"b1","database_name":"y","state":"deleted"}]`,
			1,
		},
		"an endpoint that is no host": {
			`[{"database_id":"b1","database_name":"y","endpoint":"evil.example/path?x"}]`,
			1,
		},
		"fields of wrong types": {
			`[{"database_id":"b1","database_name":"y","port":"x","tls":5,"read_regions":{},"state":[]}]`,
			1,
		},
		"a state that nobody knows yet": {`[{"database_id":"b1","database_name":"y","state":"hibernating"}]`, 1},
	}
	for name, row := range filtered {
		t.Run(name, func(t *testing.T) {
			f.RespondsWith("GET", harness.UpstreamList, 200, nil, row.list)

			got := m.Do(t, "GET", harness.DatabasesPath, m.Header, "").Is(t, 200)
			if n := strings.Count(got.Body, `"id":`); n != row.want {
				t.Errorf("got %d databases, want %d: %s", n, row.want, got.Body)
			}

			if strings.Contains(got.Body, "canary") || strings.Contains(got.Body, "evil") {
				t.Errorf("the list contains a secret field: %s", got.Body)
			}
		})
	}
	t.Run("one database lets out the contract's fields alone", func(t *testing.T) {
		f.RespondsWith("GET", harness.UpstreamCreate+"/"+id, 200, nil, full)

		got := m.Do(t, "GET", harness.DatabasesPath+"/"+id, m.Header, "")
		if view := got.Database(t, 200); view.ID != id || view.Port != 6379 || strings.Contains(got.Body, "canary") {
			t.Errorf("got %s", got.Body)
		}

		got = m.Do(t, "GET", harness.DatabasesPath+"/"+id+"/credentials", m.Header, "").Is(t, 200)
		for _, hidden := range []string{"canary-user", "canary-customer", "canary-of-tomorrow"} {
			if strings.Contains(got.Body, hidden) {
				t.Errorf("credentials contain %s", hidden)
			}
		}

		for _, revealed := range []string{"canary-password-000", "canary-rest-token-000", "canary-read-only-000"} {
			m.NoteSecret(revealed, "database's credential")

			if !strings.Contains(got.Body, revealed) {
				t.Errorf("credentials lack %s", revealed)
			}
		}
	})

	for name, row := range map[string]struct{ from, to string }{
		"a password with a new line":     {"canary-password-000", `canary\nNODE_OPTIONS=x`},
		"a token with a quotation mark":  {"canary-rest-token-000", `canary\"x`},
		"a token that a shell expands":   {"canary-read-only-000", "canary$HOME"},
		"an empty password":              {"canary-password-000", ""},
		"no REST token":                  {`"rest_token":`, `"other":`},
		"a password of another type":     {`"canary-password-000"`, "7"},
		"a token with a space before it": {"canary-rest-token-000", " canary"},
	} {
		t.Run(name, func(t *testing.T) {
			f.RespondsWith("GET", harness.UpstreamCreate+"/"+id, 200, nil, strings.Replace(full, row.from, row.to, 1))

			got := m.Do(t, "GET", harness.DatabasesPath+"/"+id+"/credentials", m.Header, "")
			if got.IsProblem(t, 502, "upstream_error"); strings.Contains(got.Body, "canary") {
				t.Errorf("the problem quotes a secret: %s", got.Body)
			}
			m.Do(t, "GET", harness.DatabasesPath+"/"+id, m.Header, "").Is(t, 200) // nobody needs them there
		})
	}
	t.Run("without the read-only token, it is empty", func(t *testing.T) {
		f.RespondsWith("GET", harness.UpstreamCreate+"/"+id, 200, nil, strings.Replace(full, "read_only_rest_token", "other", 1))

		got := m.Do(t, "GET", harness.DatabasesPath+"/"+id+"/credentials", m.Header, "").Is(t, 200)
		if !strings.Contains(got.Body, `"read_only_rest_token":""`) || !strings.Contains(got.Body, "canary-rest-token-000") {
			t.Errorf("got %s, want the other secrets, and an empty read-only token", got.Body)
		}
	})
	t.Run("ten million items", func(t *testing.T) {
		f.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, "[")

			piece := strings.Repeat(`{"database_id":"a1","database_name":"x"},`, 10_000)
			for range 1000 {
				if _, err := io.WriteString(w, piece); err != nil {
					break
				}
			}

			return true
		})
		m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 502, "upstream_error")
	})
	t.Run("a gzip bomb", func(t *testing.T) {
		var bomb bytes.Buffer // made before: compressing takes longer than a response may
		packed := gzip.NewWriter(&bomb)

		_, err := io.WriteString(packed, strings.Repeat(" ", 40<<20))
		if err := errors.Join(err, packed.Close()); err != nil {
			t.Fatal(err)
		}
		f.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
			return true
		})
		m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 502, "upstream_error")
	})

	for _, status := range []int{204, 206, 304} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			f.RespondsWith("GET", harness.UpstreamList, status, nil, "")
			m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 502, "upstream_error")
		})
	}
	f.Intercept(nil)
}

// Threat model: P15.
func TestUpstreamRateLimitPausesCalls(t *testing.T) {
	t.Parallel()
	var f harness.Front
	p := harness.StartProduct(t, harness.WithFront(t, &f))

	rows := map[string]struct {
		values      []string
		least, most time.Duration
	}{
		"0": {
			[]string{"0"},
			time.Second,
			10 * time.Second,
		},
		"10":   {[]string{"10"}, 9 * time.Second, 10 * time.Second},
		"10^9": {[]string{"1000000000"}, 290 * time.Second, 300 * time.Second},
		"a date": {
			[]string{time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)},
			50 * time.Second,
			60 * time.Second,
		},
		"a date ago": {
			[]string{"Wed, 21 Oct 2015 07:28:00 GMT"},
			time.Second,
			10 * time.Second,
		},
		"nonsense": {[]string{"soon"}, time.Second, 10 * time.Second},
		"none":     {nil, time.Second, 10 * time.Second},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			m := p.AddMember(t, "limited-"+strings.NewReplacer(" ", "-", "^", "-").Replace(name)+"@example.com")
			f.RespondsWith("GET", harness.UpstreamList, 429, http.Header{"Retry-After": row.values}, "slow down")
			before := f.Requests.Load()
			got := m.Do(t, "GET", harness.DatabasesPath, m.Header, "")
			got.IsProblem(t, 429, "rate_limited")
			got.RetryAfter(t, row.least, row.most)
			var working sync.WaitGroup

			var wrong atomic.Int64
			for range 50 { // a storm that must not reach upstream
				working.Go(func() {
					got, err := m.Try(t.Context(), "GET", harness.DatabasesPath, m.Header, "")
					if err != nil || got.Status != 429 || got.Header.Get("Retry-After") == "" {
						wrong.Add(1)
					}
				})
			}
			m.Create(t, "", harness.CreateBody("x")).IsProblem(t, 429, "rate_limited")
			working.Wait()

			if wrong.Load() != 0 {
				t.Errorf("%d of 50 calls in the pause got no Retry-After", wrong.Load())
			}

			if got := f.Requests.Load() - before; got != 1 {
				t.Errorf("%d requests reached upstream, want the first alone", got)
			}
			f.Intercept(nil)
			p.AddMember(t, "free-"+m.Email).List(t) // others do not wait
		})
	}
}

func TestUpstreamUnavailable(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))

	rows := map[string]struct {
		status      int
		retryAfter  string
		attempts    int64
		least, most time.Duration
	}{
		"an error":                {500, "", 3, time.Second, 5 * time.Second},
		"unavailable for long":    {503, "86400", 1, 300 * time.Second, 300 * time.Second},
		"unavailable for seconds": {503, "20", 1, 20 * time.Second, 20 * time.Second},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			f.RespondsWith("GET", harness.UpstreamList, row.status, http.Header{"Retry-After": {row.retryAfter}}, "")
			before := f.Requests.Load()
			got := m.Do(t, "GET", harness.DatabasesPath, m.Header, "")
			got.IsProblem(t, 503, "upstream_unavailable")
			got.RetryAfter(t, row.least, row.most)

			if got := f.Requests.Load() - before; got != row.attempts {
				t.Errorf("%d attempts, want %d", got, row.attempts)
			}
			f.Intercept(nil)
			m.List(t)
		})
	}
}

func TestOpenBreakerIsReportedInProblemsAndReadyz(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))

	shows := func(state string) bool {
		ready := m.Do(t, "GET", "/readyz", nil, "").Is(t, 200)
		return strings.Contains(ready.Body, `"upstash_breaker":"`+state+`"`)
	}
	if !shows("closed") {
		t.Error("readyz does not show the breaker as closed")
	}
	f.RespondsWith("GET", harness.UpstreamList, 500, nil, "")

	for range 7 {
		m.Do(t, "GET", harness.DatabasesPath, m.Header, "")
	}

	if !shows("open") {
		t.Error("after 21 failures readyz does not show the breaker as open")
	}
	f.SendsNothing(t, func() {
		got := m.Do(t, "GET", harness.DatabasesPath, m.Header, "")
		if detail := got.IsProblem(
			t, 503, "upstream_unavailable",
		).Detail; !strings.Contains(
			detail, "circuit breaker",
		) {
			t.Errorf("the problem does not name the breaker: %s", detail)
		}
		got.RetryAfter(t, time.Second, 5*time.Second)
		m.Create(t, "", harness.CreateBody("x")).IsProblem(t, 503, "upstream_unavailable")
	})
	f.Intercept(nil)

	if !harness.Eventually(func() bool { return m.Do(t, "GET", harness.DatabasesPath, m.Header, "").Status == 200 }) ||
		!shows("closed") {
		t.Error("the breaker did not close again automatically")
	}

	log := m.Log.String()
	if !slices.ContainsFunc(strings.Split(log, "\n"), func(line string) bool {
		return strings.Contains(line, "circuit breaker") && strings.Contains(line, "open")
	}) {
		t.Error("the log does not mention the breaker")
	}
}
