package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
)

func TestI02KeysThatCannotBeTaken(t *testing.T) {
	m := startJoined(t)
	body := createBody("x")
	m.leavesNothing(t, func() {
		for name, values := range map[string][]string{
			"empty": {""}, "white space": {"  "}, "1 KB": {strings.Repeat("k", 1024)}, "256 characters": {strings.Repeat("k", 256)}, "a list": {"a, b"}, "a list of strings": {`"a", "b"`},
			"two lines": {"a", "b"}, "the same twice": {"a", "a"}, "a quote that does not close": {`"abc`}, "a quote that does not open": {`abc"`}, "empty in quotes": {`""`},
			"parameters": {`"abc";x=1`}, "a space": {"a b"}, "a tab": {"a\tb"}, "letters beyond ASCII": {"clé"}, "a backslash": {`a\b`}, "an escaped quote": {`"a\"b"`},
		} {
			t.Run(name, func(t *testing.T) {
				m.do(t, "POST", databasesPath, merged(m.header, http.Header{"Idempotency-Key": values}), body).isProblem(t, 400, "idempotency_key_invalid")
			})
		}
		for name, value := range map[string]string{"an escape": "\x1b[31m", "a zero": "a\x00b", "a delete": "a\x7fb"} {
			t.Run(name, func(t *testing.T) { // net/http refuses some of these below the router
				got := m.raw(t, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: application/json\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
					databasesPath, m.host(), m.header.Get("Authorization"), value, len(body), body))
				if got.status != 400 {
					t.Errorf("got status %d, want 400", got.status)
				}
			})
		}
	})
	first := m.create(t, "a-key.of/mine:1", body).database(t, 201)
	quoted := m.create(t, `"a-key.of/mine:1"`, body)
	if quoted.database(t, 201).ID != first.ID || quoted.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the key in quotes is another key: %s", quoted.body)
	}
	m.create(t, strings.Repeat("k", 255), createBody("y")).is(t, 201)
}

func TestI03SameKeySameBody(t *testing.T) {
	m := startJoined(t)
	first := m.create(t, "one", createBody("x"))
	if first.header.Get("Idempotent-Replayed") != "" || first.header.Get("Location") != databasesPath+"/"+first.database(t, 201).ID {
		t.Errorf("got headers %v, want a Location and no replay", first.header)
	}
	for range 3 {
		again := m.create(t, "one", createBody("x"))
		if again.is(t, 201).body != first.body || again.header.Get("Idempotent-Replayed") != "true" || again.header.Get("Location") != first.header.Get("Location") {
			t.Errorf("got %s %v, want the first answer again, marked", again.body, again.header)
		}
	}
	if got := m.calls(t, "POST", upstreamCreate); got != 1 {
		t.Errorf("%d creates reached upstream, want one", got)
	}
}

// storm sends the same create from many callers at once and sorts what they are told.
func (m member) storm(t *testing.T, callers int, key, body string) (ids map[string]int, busy int) {
	t.Helper()
	ids = map[string]int{}
	var mu sync.Mutex
	var working sync.WaitGroup
	for range callers {
		working.Go(func() {
			got, err := m.try(t.Context(), "POST", databasesPath, m.keyed(key), body)
			if err != nil {
				t.Errorf("no answer: %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case got.status == 201:
				ids[got.database(t, 201).ID]++
			case got.status == 409 && got.header.Get("Retry-After") != "" && strings.Contains(got.body, "create_in_progress"):
				busy++
			default:
				t.Errorf("got %d %s", got.status, got.body)
			}
		})
	}
	working.Wait()
	return ids, busy
}

func TestI03HundredParallelCreatesWithOneKey(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, options ...option) {
		t.Helper()
		m := startJoined(t, options...)
		m.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "do": map[string]any{"delay_ms": 200}})
		ids, busy := m.storm(t, 100, "one", createBody("x"))
		total := 0
		for _, count := range ids {
			total += count
		}
		if len(ids) != 1 || total+busy != 100 || busy == 0 {
			t.Errorf("got ids %v and %d told to wait, want one id and some waiting", ids, busy)
		}
		if again := m.create(t, "one", createBody("x")); ids[again.database(t, 201).ID] == 0 || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("one more: got %s, want a replay", again.body)
		}
		if got := m.calls(t, "POST", upstreamCreate); got != 1 {
			t.Errorf("%d creates reached upstream, want one", got)
		}
		if got := m.upstreamNames(t); got["x"] != 1 || len(got) != 1 {
			t.Errorf("got databases %v, want one", got)
		}
	})
}

// Two keys are two databases, whatever their name: neither key is ever answered with the other's.
func TestI03TwoKeysWithOneNameNeverShare(t *testing.T) {
	t.Parallel()
	m := startJoined(t, withSettle(time.Second))
	for round, drop := range []string{"", "before_commit", "after_commit"} {
		name := fmt.Sprintf("shared-%d", round)
		if drop != "" {
			m.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "do": map[string]any{"drop": drop, "delay_ms": 100}})
		}
		ids := [2]string{}
		var working sync.WaitGroup
		for n := range ids {
			working.Go(func() {
				for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(200 * time.Millisecond) {
					got, err := m.try(t.Context(), "POST", databasesPath, m.keyed(fmt.Sprintf("%s-%d", name, n)), createBody(name))
					if err == nil && got.status == 201 {
						ids[n] = got.database(t, 201).ID
						return
					}
				}
			})
		}
		working.Wait()
		if ids[0] == "" || ids[1] == "" || ids[0] == ids[1] {
			t.Errorf("%s: got ids %v, want two", name, ids)
		}
		if got := m.upstreamNames(t)[name]; got != 2 {
			t.Errorf("%s: got %d databases, want two", name, got)
		}
	}
}

func TestI04SameKeyOtherBody(t *testing.T) {
	m := startJoined(t)
	first := m.create(t, "one", `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20}`).database(t, 201)
	for name, body := range map[string]string{
		"another name":   `{"name":"y","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20}`,
		"another region": `{"name":"x","primary_region":"us-east-2","read_regions":["us-west-1","us-west-2"],"budget":20}`,
		"fewer replicas": `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1"],"budget":20}`,
		"another budget": `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":21}`,
		"no budget":      `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"]}`,
		"a plan":         `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20,"plan":"payg"}`,
		"eviction":       `{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20,"eviction":false}`,
	} {
		t.Run(name, func(t *testing.T) { m.create(t, "one", body).isProblem(t, 422, "idempotency_key_reused") })
	}
	for name, body := range map[string]string{
		"another order":     `{"budget":20,"read_regions":["us-west-1","us-west-2"],"primary_region":"us-east-1","name":"x"}`,
		"white space":       "{ \"name\" : \"x\",\n\t\"primary_region\":\"us-east-1\", \"read_regions\":[ \"us-west-1\" , \"us-west-2\" ],\"budget\":20 }",
		"escapes":           `{"name":"\u0078","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20}`,
		"the other dialect": `{"database_name":"x","region":"global","platform":"aws","tls":true,"primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"budget":20}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := m.create(t, "one", body).database(t, 201); got.ID != first.ID {
				t.Errorf("got %s, want the first database, %s", got.ID, first.ID)
			}
		})
	}
	if got := m.calls(t, "POST", upstreamCreate); got != 1 {
		t.Errorf("%d creates reached upstream, want one", got)
	}
}

func TestI05SameKeyOfAnotherCaller(t *testing.T) {
	p := startProduct(t)
	one, other := p.joined(t, "one@example.com"), p.joined(t, "other@example.com")
	first := one.create(t, "key", createBody("x")).database(t, 201)
	second := other.create(t, "key", createBody("x"))
	if second.database(t, 201).ID == first.ID || second.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("another account's key answers the first one's database: %s", second.body)
	}
	other.create(t, "key-2", createBody("y")).is(t, 201)
	one.create(t, "key-2", createBody("z")).is(t, 201) // another body under another's key is no conflict
	// The page and a bearer token of one account are one caller.
	cookie := p.login(t, p.tokenOf(t, "one@example.com"))
	again := p.do(t, "POST", databasesPath, merged(p.fromPage(cookie), http.Header{"Idempotency-Key": {"key"}}), createBody("x"))
	if again.database(t, 201).ID != first.ID || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the same account by cookie: got %s, want a replay", again.body)
	}
	// On other routes the header means nothing.
	one.do(t, "GET", databasesPath, one.keyed("key"), "").is(t, 200)
	one.do(t, "PUT", "/api/v1/connection", one.keyed("key"), "").is(t, 200)
}

func TestI06WhatAFirstAttemptLeavesBehind(t *testing.T) {
	t.Parallel()
	var f front
	m := startJoined(t, withFront(t, &f), withSettle(time.Second), withConfig(func(c *config.Config) { c.MaxBudget = 100 }))
	creates := func() int { return m.calls(t, "POST", upstreamCreate) }
	ends := map[string]func(t *testing.T, key string){
		"4xx validation": func(t *testing.T, key string) {
			t.Helper()
			m.create(t, key, `{"name":"`+key+`","primary_region":"mars"}`).isProblem(t, 422, "validation_failed")
			m.create(t, key, `{"name":"`+key+`","primary_region":"us-east-1","budget":101}`).isProblem(t, 422, "not_allowed")
		},
		"401": func(t *testing.T, key string) {
			t.Helper()
			m.do(t, "POST", databasesPath, http.Header{"Idempotency-Key": {key}, "Authorization": {"Bearer no"}}, createBody(key)).isProblem(t, 401, "invalid_token")
		},
		"5xx before it was sent": func(t *testing.T, key string) {
			t.Helper()
			f.says("GET", upstreamList, 503, http.Header{"Retry-After": {"20"}}, "")
			m.create(t, key, createBody(key)).isProblem(t, 503, "upstream_unavailable")
		},
		"4xx of upstream": func(t *testing.T, key string) {
			t.Helper()
			f.says("POST", upstreamCreate, 400, nil, `"some new rule"`)
			m.create(t, key, createBody(key)).isProblem(t, 502, "upstream_error")
		},
		"a limit of upstream": func(t *testing.T, key string) {
			t.Helper()
			f.says("POST", upstreamCreate, 400, nil, `"free accounts can have only one database"`)
			m.create(t, key, createBody(key)).isProblem(t, 409, "database_limit")
		},
		"403 of upstream while the key works": func(t *testing.T, key string) {
			t.Helper()
			f.says("POST", upstreamCreate, 403, nil, `"no"`)
			m.create(t, key, createBody(key)).isProblem(t, 403, "upstream_forbidden")
		},
		"a read-only key": func(t *testing.T, key string) {
			t.Helper()
			f.says("POST", upstreamCreate, 400, nil, `"Readonly API key can not do this"`)
			m.create(t, key, createBody(key)).isProblem(t, 403, "upstream_forbidden")
		},
		"429 of upstream": func(t *testing.T, key string) {
			t.Helper()
			f.says("POST", upstreamCreate, 429, http.Header{"Retry-After": {"1"}}, "")
			m.create(t, key, createBody(key)).isProblem(t, 429, "rate_limited")
			time.Sleep(1100 * time.Millisecond)
		},
	}
	n := 0
	for name, end := range ends {
		n++
		key := fmt.Sprintf("key-%d", n)
		t.Run(name, func(t *testing.T) {
			end(t, key)
			f.answers(nil)
			before := creates()
			got := m.create(t, key, createBody(key)) // another body is no conflict either: nothing was stored
			if got.is(t, 201).header.Get("Idempotent-Replayed") != "" || creates() != before+1 {
				t.Errorf("the key was not free again: %s", got.body)
			}
		})
	}
	t.Run("uncertain", func(t *testing.T) {
		for _, status := range []int{500, 502, 503, 504, 200} {
			key := fmt.Sprintf("unsure-%d", status)
			f.says("POST", upstreamCreate, status, http.Header{"Retry-After": {"9"}}, "<html>")
			got := m.create(t, key, createBody(key))
			got.isProblem(t, 504, "outcome_uncertain")
			f.answers(nil)
			before := creates()
			m.create(t, key, createBody(key)).isProblem(t, 504, "outcome_uncertain") // too early
			if creates() != before {
				t.Errorf("%d: a second create was sent while the first was uncertain", status)
			}
			time.Sleep(got.retryAfter(t, time.Second, time.Second))
			m.create(t, key, createBody(key)).is(t, 201)
			if creates() != before+1 || m.upstreamNames(t)[key] != 1 {
				t.Errorf("%d: got %d creates and %v, want one more and one database", status, creates()-before, m.upstreamNames(t))
			}
		}
	})
}

func TestI08KeysAreKeptForADay(t *testing.T) {
	m := startJoined(t)
	first := m.create(t, "one", createBody("x")).database(t, 201)
	age := func(by time.Duration) {
		m.change(t, "UPDATE creates SET expires_at = expires_at - ?", by.Milliseconds())
	}
	age(23 * time.Hour)
	if got := m.create(t, "one", createBody("x")); got.database(t, 201).ID != first.ID {
		t.Errorf("after 23 hours: got %s, want a replay", got.body)
	}
	age(61 * time.Minute)
	again := m.create(t, "one", createBody("y"))
	if again.database(t, 201).ID == first.ID || again.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("after a day: got %s, want a new operation", again.body)
	}
	age(25 * time.Hour)
	if err := m.app.Store().Tidy(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := m.rows(t)["creates"]; got != 0 {
		t.Errorf("%d expired records are kept, want none", got)
	}
}

func TestAnswersAreRememberedSealed(t *testing.T) {
	m := startJoined(t)
	created := m.create(t, "a-key-that-is-told-to-nobody", createBody("x")).database(t, 201)
	if created.Endpoint == "" {
		t.Fatal("the database has no endpoint")
	}
	for _, word := range []string{created.Endpoint, "a-key-that-is-told-to-nobody"} {
		if m.fileHolds(t, word) {
			t.Errorf("the database file holds %q in the clear", word)
		}
	}
	if !m.fileHolds(t, created.ID) { // it must be found by it: the look into the file works
		t.Error("the database file does not hold the id")
	}
}
