package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// withStandIns changes the stand-ins before they start.
func withStandIns(change func(*sandbox.Options)) option {
	return func(o *productOptions) { o.standIns = append(o.standIns, change) }
}

// patient repeats a call as a good client does: it waits as it is told, no longer than the test can, and gives up on nothing
// but an answer that will not change.
func (p *product) patient(t *testing.T, until time.Time, call func() (answer, error)) answer {
	t.Helper()
	for {
		got, err := call()
		again := got.status >= 500 || got.status == 429 || (got.status == 409 && got.header.Get("Retry-After") != "")
		if err == nil && !again {
			return got
		}
		if time.Now().After(until) {
			t.Fatalf("no answer in time; the last was %d %s (%v)", got.status, got.body, err)
		}
		wait, err := time.ParseDuration(got.header.Get("Retry-After") + "s")
		if err != nil || wait > time.Second {
			wait = time.Second
		}
		time.Sleep(wait)
	}
}

// On an ordinary day everything comes to its end: who is told to wait waits, and nothing else is asked of a caller.
func TestARealisticSandboxIsAGoodDay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed+1), func(t *testing.T) {
			t.Parallel()
			p := startProduct(t, withStandIns(func(o *sandbox.Options) { o.Faults, o.Seed = "realistic", seed+1 }))
			until := time.Now().Add(2 * time.Minute)
			email := "someone@example.com"
			header := bearer(p.tokenOf(t, email))
			call := func(method, path string, key, body string) answer {
				t.Helper()
				return p.patient(t, until, func() (answer, error) {
					asked := header
					if key != "" {
						asked = merged(header, map[string][]string{"Idempotency-Key": {key}})
					}
					got, err := p.try(t.Context(), method, path, asked, body)
					if got.status >= 500 {
						t.Errorf("%s %s: got %d %s, want nothing worse than being told to wait", method, path, got.status, got.body)
					}
					return got, err
				})
			}
			call("PUT", "/api/v1/connection", "", "").connection(t, 201)
			for n := range 8 {
				name := fmt.Sprintf("db-%d", n)
				id := call("POST", databasesPath, name, createBody(name)).database(t, 201).ID
				call("GET", databasesPath+"/"+id, "", "").database(t, 200)
			}
			if got := strings.Count(call("GET", databasesPath, "", "").is(t, 200).body, `"id":`); got != 8 {
				t.Errorf("the list has %d databases, want 8", got)
			}
			p.oneKey(t, email, 1)
		})
	}
}

// On the worst day the server tells no lie: each create that was repeated until it was answered is one database, and each
// account has one key that works and knows of every other.
func TestAStrictSandboxFindsNoLie(t *testing.T) {
	t.Parallel()
	const accounts, creates = 3, 5
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed+1), func(t *testing.T) {
			t.Parallel()
			p := startProduct(t, withSettle(time.Second), withStandIns(func(o *sandbox.Options) { o.Faults, o.Seed = "strict", seed+1 }))
			until := time.Now().Add(4 * time.Minute)
			var working sync.WaitGroup
			for a := range accounts {
				email := fmt.Sprintf("strict-%d@example.com", a)
				header := bearer(p.tokenOf(t, email))
				working.Go(func() {
					call := func(method, path, key, body string) answer {
						return p.patient(t, until, func() (answer, error) {
							return p.try(t.Context(), method, path, merged(header, map[string][]string{"Idempotency-Key": {key}}), body)
						})
					}
					if got := call("PUT", "/api/v1/connection", "", ""); got.status/100 != 2 {
						t.Errorf("%s: connect: got %d %s", email, got.status, got.body)
						return
					}
					ids := map[string]bool{}
					for n := range creates {
						name := fmt.Sprintf("db-%d", n)
						got := call("POST", databasesPath, name, createBody(name))
						if got.status != 201 {
							t.Errorf("%s: create: got %d %s", email, got.status, got.body)
							return
						}
						ids[got.database(t, 201).ID] = true
					}
					if len(ids) != creates {
						t.Errorf("%s: %d creates were answered with %d databases", email, creates, len(ids))
					}
				})
			}
			working.Wait()
			played := 0
			for _, rule := range p.standing(t) {
				played += rule.Played
				p.control(t, "DELETE", "/faults/"+rule.ID, nil, nil)
			}
			if played < 10 {
				t.Errorf("only %d faults were played: this test would show nothing", played)
			}
			for a := range accounts {
				m := member{product: p, email: fmt.Sprintf("strict-%d@example.com", a)}
				for name, count := range m.upstreamNames(t) {
					if count != 1 {
						t.Errorf("%s: %d databases %s upstream, want one", m.email, count, name)
					}
				}
				if made := len(m.upstreamNames(t)); made != creates {
					t.Errorf("%s: %d databases upstream, want %d", m.email, made, creates)
				}
				p.oneKey(t, m.email, len(m.account(t, m.email).Keys))
			}
			t.Logf("%d faults were played", played)
		})
	}
}

// oneKey is oneLiveKey, after the last names that are not certain have been settled by connecting again.
func (p *product) oneKey(t *testing.T, email string, keys int) {
	t.Helper()
	p.connect(t, email)
	p.oneLiveKey(t, email, keys)
}

// standingRule is a fault in force.
type standingRule struct {
	ID     string `json:"id"`
	Played int    `json:"played"`
}

func (p *product) standing(t *testing.T) []standingRule {
	t.Helper()
	var listed struct {
		Faults []standingRule `json:"faults"`
	}
	p.control(t, "GET", "/faults", nil, &listed)
	return listed.Faults
}
