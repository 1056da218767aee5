package test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/test/harness"
)

// Threat model: I02.
func TestInvalidIdempotencyKeysAreRejected(t *testing.T) {
	m := harness.StartWithMember(t)
	body := harness.CreateBody("x")
	m.HasNoEffect(t, func() {
		for name, values := range map[string][]string{
			"empty": {""}, "white space": {"  "}, "1 KB": {strings.Repeat("k", 1024)}, "256 characters": {strings.Repeat("k", 256)}, "a list": {"a, b"}, "a list of strings": {`"a", "b"`},
			"two lines": {"a", "b"}, "the same twice": {"a", "a"}, "a quote that does not close": {`"abc`}, "a quote that does not open": {`abc"`}, "empty in quotes": {`""`},
			"parameters": {`"abc";x=1`}, "a space": {"a b"}, "a tab": {"a\tb"}, "letters beyond ASCII": {"clé"}, "a backslash": {`a\b`}, "an escaped quote": {`"a\"b"`},
		} {
			t.Run(name, func(t *testing.T) {
				m.Do(
					t,
					"POST",
					harness.DatabasesPath,
					harness.Merged(m.Header, http.Header{"Idempotency-Key": values}),
					body,
				).IsProblem(t, 400,
					"idempotency_key_invalid")
			})
		}

		for name, value := range map[string]string{"an escape": "\x1b[31m", "a zero": "a\x00b", "a delete": "a\x7fb"} {
			t.Run(name, func(t *testing.T) { // net/http refuses some of these below the router
				got := m.Raw(
					t,
					fmt.Sprintf(
						"POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: application/json\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
						harness.DatabasesPath,
						m.Host(),
						m.Header.Get("Authorization"),
						value,
						len(body),
						body,
					),
				)
				if got.Status != 400 {
					t.Errorf("got status %d, want 400", got.Status)
				}
			})
		}
	})
	first := m.Create(t, "a-key.of/mine:1", body).Database(t, 201)

	quoted := m.Create(t, `"a-key.of/mine:1"`, body)
	if quoted.Database(t, 201).ID != first.ID || quoted.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the key in quotes is another key: %s", quoted.Body)
	}
	m.Create(t, strings.Repeat("k", 255), harness.CreateBody("y")).Is(t, 201)
}

// Threat model: I03.
func TestSameKeyAndBodyReplays(t *testing.T) {
	m := harness.StartWithMember(t)

	first := m.Create(t, "one", harness.CreateBody("x"))
	if first.Header.Get("Idempotent-Replayed") != "" ||
		first.Header.Get("Location") != harness.DatabasesPath+"/"+first.Database(t, 201).ID {
		t.Errorf("got headers %v, want a Location and no replay", first.Header)
	}

	for range 3 {
		again := m.Create(t, "one", harness.CreateBody("x"))
		if again.Is(t, 201).Body != first.Body || again.Header.Get("Idempotent-Replayed") != "true" ||
			again.Header.Get("Location") != first.Header.Get("Location") {
			t.Errorf("got %s %v, want the first response replayed and marked", again.Body, again.Header)
		}
	}

	if got := m.Calls(t, "POST", harness.UpstreamCreate); got != 1 {
		t.Errorf("%d creates reached upstream, want one", got)
	}
}

// Threat model: I03.
func TestHundredParallelCreatesWithOneKeyMakeOneDatabase(t *testing.T) {
	harness.OnBothDatabases(t, func(t *testing.T, options ...harness.Option) {
		t.Helper()
		m := harness.StartWithMember(t, options...)
		m.Fault(
			t,
			map[string]any{
				"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
				"do":    map[string]any{"delay_ms": 200},
			},
		)
		ids, busy := m.Storm(t, 100, "one", harness.CreateBody("x"))

		total := 0
		for _, count := range ids {
			total += count
		}

		if len(ids) != 1 || total+busy != 100 || busy == 0 {
			t.Errorf("got ids %v and %d with Retry-After, want one id and some Retry-After", ids, busy)
		}

		if again := m.Create(
			t, "one", harness.CreateBody("x"),
		); ids[again.Database(t, 201).ID] == 0 ||
			again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("one more: got %s, want a replay", again.Body)
		}

		if got := m.Calls(t, "POST", harness.UpstreamCreate); got != 1 {
			t.Errorf("%d creates reached upstream, want one", got)
		}

		if got := m.UpstreamNames(t); got["x"] != 1 || len(got) != 1 {
			t.Errorf("got databases %v, want one", got)
		}
	})
}

// Two keys are two databases, even with the same name: neither key returns the other's database.
//
// Threat model: I03.
func TestTwoKeysWithOneNameNeverShareADatabase(t *testing.T) {
	t.Parallel()

	m := harness.StartWithMember(t, harness.WithSettle(time.Second))
	for round, drop := range []string{"", "before_commit", "after_commit"} {
		name := fmt.Sprintf("shared-%d", round)

		if drop != "" {
			m.Fault(
				t,
				map[string]any{
					"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
					"do":    map[string]any{"drop": drop, "delay_ms": 100},
				},
			)
		}
		ids := [2]string{}

		var working sync.WaitGroup
		for n := range ids {
			working.Go(func() {
				for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(200 * time.Millisecond) {
					got, err := m.Try(
						t.Context(),
						"POST",
						harness.DatabasesPath,
						m.Keyed(fmt.Sprintf("%s-%d", name, n)),
						harness.CreateBody(name),
					)
					if err == nil && got.Status == 201 {
						ids[n] = got.Database(t, 201).ID
						return
					}
				}
			})
		}
		working.Wait()

		if ids[0] == "" || ids[1] == "" || ids[0] == ids[1] {
			t.Errorf("%s: got ids %v, want two", name, ids)
		}

		if got := m.UpstreamNames(t)[name]; got != 2 {
			t.Errorf("%s: got %d databases, want two", name, got)
		}
	}
}

// Threat model: I04.
func TestSameKeyWithAnotherBodyIsRejected(t *testing.T) {
	m := harness.StartWithMember(t)

	first := m.Create(
		t,
		"one",
		`{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20}`,
	).Database(
		t, 201,
	)
	for name, body := range map[string]string{
		"another name":   `{"name":"y","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20}`,
		"another region": `{"name":"x","primary_region":"us-east-2","read_regions":["us-west-1","us-west-2"],"budget":20}`,
		"fewer replicas": `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1"],"budget":20}`,
		"another budget": `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":21}`,
		"no budget":      `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"]}`,
		"a plan":         `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20,"plan":"payg"}`,
		"eviction":       `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20,"eviction":false}`,
	} {
		t.Run(name, func(t *testing.T) { m.Create(t, "one", body).IsProblem(t, 422, "idempotency_key_reused") })
	}

	for name, body := range map[string]string{
		"another order":     `{"budget":20,"read_regions":["us-west-1","us-west-2"],"primary_region":"us-east-1","name":"x"}`,
		"white space":       "{ \"name\" : \"x\",\n\t\"primary_region\":\"us-east-1\", \"read_regions\":[ \"us-west-1\" , \"us-west-2\" ],\"budget\":20 }",
		"escapes":           `{"name":"\u0078","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20}`,
		"the other dialect": `{"database_name":"x","region":"global","platform":"aws","tls":true,"primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := m.Create(t, "one", body).Database(t, 201); got.ID != first.ID {
				t.Errorf("got %s, want the first database, %s", got.ID, first.ID)
			}
		})
	}

	if got := m.Calls(t, "POST", harness.UpstreamCreate); got != 1 {
		t.Errorf("%d creates reached upstream, want one", got)
	}
}

// Threat model: I05.
func TestSameKeyOfAnotherCallerIsIndependent(t *testing.T) {
	p := harness.StartProduct(t)
	one, other := p.AddMember(t, "one@example.com"), p.AddMember(t, "other@example.com")
	first := one.Create(t, "key", harness.CreateBody("x")).Database(t, 201)

	second := other.Create(t, "key", harness.CreateBody("x"))
	if second.Database(t, 201).ID == first.ID || second.Header.Get("Idempotent-Replayed") != "" {
		t.Errorf("another account's key returns the first one's database: %s", second.Body)
	}
	other.Create(t, "key-2", harness.CreateBody("y")).Is(t, 201)
	one.Create(t, "key-2", harness.CreateBody("z")).Is(t, 201) // another body under another's key is no conflict
	// The page and a bearer token of one account are one caller.
	cookie := p.Login(t, p.TokenOf(t, "one@example.com"))

	again := p.Do(
		t,
		"POST",
		harness.DatabasesPath,
		harness.Merged(p.FromPage(cookie), http.Header{"Idempotency-Key": {"key"}}),
		harness.CreateBody("x"),
	)
	if again.Database(t, 201).ID != first.ID || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the same account by cookie: got %s, want a replay", again.Body)
	}
	// On other routes the header means nothing.
	one.Do(t, "GET", harness.DatabasesPath, one.Keyed("key"), "").Is(t, 200)
	one.Do(t, "PUT", "/api/v1/connection", one.Keyed("key"), "").Is(t, 200)
}

// Threat model: I06.
func TestFailedCreateCanBeRetriedWithItsKey(t *testing.T) {
	t.Parallel()
	var f harness.Front
	var clock harness.Clock
	m := harness.StartWithMember(
		t,
		harness.WithFront(t, &f),
		harness.WithSettle(time.Second),
		harness.WithClock(&clock),
		harness.WithConfig(func(c *config.Config) { c.MaxBudget = 100 }),
	)
	creates := func() int { return m.Calls(t, "POST", harness.UpstreamCreate) }
	ends := map[string]func(t *testing.T, key string){
		"4xx validation": func(t *testing.T, key string) {
			t.Helper()
			m.Create(t, key, `{"name":"`+key+`","primary_region":"mars"}`).IsProblem(t, 422, "validation_failed")
			m.Create(
				t,
				key,
				`{"name":"`+key+`","primary_region":"us-east-1","budget":101}`,
			).IsProblem(t, 422,
				"not_allowed")
		},
		"401": func(t *testing.T, key string) {
			t.Helper()
			m.Do(
				t,
				"POST",
				harness.DatabasesPath,
				http.Header{"Idempotency-Key": {key}, "Authorization": {"Bearer no"}},
				harness.CreateBody(key),
			).IsProblem(t, 401,
				"invalid_token")
		},
		"5xx before it was sent": func(t *testing.T, key string) {
			t.Helper()
			f.RespondsWith("GET", harness.UpstreamList, 503, http.Header{"Retry-After": {"20"}}, "")
			m.Create(t, key, harness.CreateBody(key)).IsProblem(t, 503, "upstream_unavailable")
		},
		"4xx of upstream": func(t *testing.T, key string) {
			t.Helper()
			f.RespondsWith("POST", harness.UpstreamCreate, 400, nil, `"some new rule"`)
			m.Create(t, key, harness.CreateBody(key)).IsProblem(t, 502, "upstream_error")
		},
		"a limit of upstream": func(t *testing.T, key string) {
			t.Helper()
			f.RespondsWith("POST", harness.UpstreamCreate, 400, nil, `"free accounts can have only one database"`)
			m.Create(t, key, harness.CreateBody(key)).IsProblem(t, 409, "database_limit")
		},
		"403 of upstream while the key works": func(t *testing.T, key string) {
			t.Helper()
			f.RespondsWith("POST", harness.UpstreamCreate, 403, nil, `"no"`)
			m.Create(t, key, harness.CreateBody(key)).IsProblem(t, 403, "upstream_forbidden")
		},
		"a read-only key": func(t *testing.T, key string) {
			t.Helper()
			f.RespondsWith("POST", harness.UpstreamCreate, 400, nil, `"Readonly API key can not do this"`)
			m.Create(t, key, harness.CreateBody(key)).IsProblem(t, 403, "upstream_forbidden")
		},
		"429 of upstream": func(t *testing.T, key string) {
			t.Helper()
			f.RespondsWith("POST", harness.UpstreamCreate, 429, http.Header{"Retry-After": {"1"}}, "")
			m.Create(t, key, harness.CreateBody(key)).IsProblem(t, 429, "rate_limited")
			time.Sleep(1100 * time.Millisecond) // the pause that Upstash requests uses the real clock
		},
	}

	n := 0
	for name, end := range ends {
		n++
		key := fmt.Sprintf("key-%d", n)
		t.Run(name, func(t *testing.T) {
			end(t, key)
			f.Intercept(nil)
			before := creates()

			got := m.Create(t, key, harness.CreateBody(key)) // another body is no conflict either: nothing was stored
			if got.Is(t, 201).Header.Get("Idempotent-Replayed") != "" || creates() != before+1 {
				t.Errorf("the key was not free again: %s", got.Body)
			}
		})
	}
	t.Run("uncertain", func(t *testing.T) {
		for _, status := range []int{500, 502, 503, 504, 200} {
			key := fmt.Sprintf("unsure-%d", status)
			f.RespondsWith("POST", harness.UpstreamCreate, status, http.Header{"Retry-After": {"9"}}, "<html>")
			got := m.Create(t, key, harness.CreateBody(key))
			got.IsProblem(t, 504, "outcome_uncertain")
			f.Intercept(nil)
			before := creates()
			m.Create(t, key, harness.CreateBody(key)).IsProblem(t, 504, "outcome_uncertain") // too early

			if creates() != before {
				t.Errorf("%d: a second create was sent while the first was uncertain", status)
			}
			clock.Advance(got.RetryAfter(t, time.Second, time.Second))
			m.Create(t, key, harness.CreateBody(key)).Is(t, 201)

			if creates() != before+1 || m.UpstreamNames(t)[key] != 1 {
				t.Errorf(
					"%d: got %d creates and %v, want one more and one database",
					status,
					creates()-before,
					m.UpstreamNames(t),
				)
			}
		}
	})
}

// Threat model: I08.
func TestIdempotencyKeysExpireAfterADay(t *testing.T) {
	m := harness.StartWithMember(t)
	first := m.Create(t, "one", harness.CreateBody("x")).Database(t, 201)
	age := func(by time.Duration) {
		m.Change(t, "UPDATE creates SET expires_at = expires_at - ?", by.Milliseconds())
	}
	age(23 * time.Hour)

	if got := m.Create(t, "one", harness.CreateBody("x")); got.Database(t, 201).ID != first.ID {
		t.Errorf("after 23 hours: got %s, want a replay", got.Body)
	}
	age(61 * time.Minute)

	again := m.Create(t, "one", harness.CreateBody("y"))
	if again.Database(t, 201).ID == first.ID || again.Header.Get("Idempotent-Replayed") != "" {
		t.Errorf("after a day: got %s, want a new operation", again.Body)
	}
	age(25 * time.Hour)

	if err := m.App.Store().DeleteExpired(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}

	if got := m.Rows(t)["creates"]; got != 0 {
		t.Errorf("%d expired records remain, want none", got)
	}
}

func TestStoredResponsesAreSealed(t *testing.T) {
	m := harness.StartWithMember(t)

	created := m.Create(t, "a-key-that-is-told-to-nobody", harness.CreateBody("x")).Database(t, 201)
	if created.RestURL == "" {
		t.Fatal("the database has no REST URL")
	}

	for _, word := range []string{created.RestURL, "a-key-that-is-told-to-nobody"} {
		if m.FileContains(t, word) {
			t.Errorf("the database file holds %q in the clear", word)
		}
	}

	if !m.FileContains(t, created.ID) { // it must be found by it: the look into the file works
		t.Error("the database file does not hold the id")
	}
}
