package test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/test/harness"
)

// withStandIns changes the stand-ins before they start.
func withStandIns(change func(*sandbox.Options)) harness.Option {
	return func(o *harness.ProductOptions) { o.StandIns = append(o.StandIns, change) }
}

// With realistic faults every call completes: the caller only has to wait for Retry-After.
func TestRealisticFaultsAreRecovered(t *testing.T) {
	t.Parallel()

	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed+1), func(t *testing.T) {
			t.Parallel()
			p := harness.StartProduct(
				t, withStandIns(func(o *sandbox.Options) { o.Faults, o.Seed = "realistic", seed+1 }),
			)
			until := time.Now().Add(2 * time.Minute)
			email := "someone@example.com"
			header := harness.Bearer(p.TokenOf(t, email))
			call := func(method, path string, key, body string) harness.Response {
				t.Helper()

				return p.RetryUntil(t, until, func() (harness.Response, error) {
					asked := header
					if key != "" {
						asked = harness.Merged(header, map[string][]string{"Idempotency-Key": {key}})
					}

					got, err := p.Try(t.Context(), method, path, asked, body)
					if got.Status >= 500 {
						t.Errorf(
							"%s %s: got %d %s, want nothing worse than being told to wait",
							method,
							path,
							got.Status,
							got.Body,
						)
					}

					return got, err
				})
			}
			call("PUT", "/api/v1/connection", "", "").Connection(t, 201)

			for n := range 8 {
				name := fmt.Sprintf("db-%d", n)
				id := call("POST", harness.DatabasesPath, name, harness.CreateBody(name)).Database(t, 201).ID
				call("GET", harness.DatabasesPath+"/"+id, "", "").Database(t, 200)
			}

			if got := strings.Count(call("GET", harness.DatabasesPath, "", "").Is(t, 200).Body, `"id":`); got != 8 {
				t.Errorf("the list has %d databases, want 8", got)
			}
			p.SettleToOneLiveKey(t, email, 1)
		})
	}
}

// With the strictest faults every response is true: each create that was repeated until it completed is one database,
// and each account has one working key and names every other.
func TestStrictSandboxFindsNoViolation(t *testing.T) {
	t.Parallel()

	const accounts, creates = 3, 5
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed+1), func(t *testing.T) {
			t.Parallel()
			p := harness.StartProduct(
				t,
				harness.WithSettle(time.Second),
				withStandIns(func(o *sandbox.Options) { o.Faults, o.Seed = "strict", seed+1 }),
			)
			until := time.Now().Add(4 * time.Minute)

			var working sync.WaitGroup
			for a := range accounts {
				email := fmt.Sprintf("strict-%d@example.com", a)
				header := harness.Bearer(p.TokenOf(t, email))
				working.Go(func() {
					call := func(method, path, key, body string) harness.Response {
						return p.RetryUntil(t, until, func() (harness.Response, error) {
							return p.Try(
								t.Context(),
								method,
								path,
								harness.Merged(header, map[string][]string{"Idempotency-Key": {key}}),
								body,
							)
						})
					}
					if got := call("PUT", "/api/v1/connection", "", ""); got.Status/100 != 2 {
						t.Errorf("%s: connect: got %d %s", email, got.Status, got.Body)
						return
					}

					ids := map[string]bool{}
					for n := range creates {
						name := fmt.Sprintf("db-%d", n)

						got := call("POST", harness.DatabasesPath, name, harness.CreateBody(name))
						if got.Status != 201 {
							t.Errorf("%s: create: got %d %s", email, got.Status, got.Body)
							return
						}
						ids[got.Database(t, 201).ID] = true
					}

					if len(ids) != creates {
						t.Errorf("%s: %d creates returned %d databases", email, creates, len(ids))
					}
				})
			}
			working.Wait()

			played := 0
			for _, rule := range p.ActiveFaults(t) {
				played += rule.Played
				p.Control(t, "DELETE", "/faults/"+rule.ID, nil, nil)
			}

			if played < 10 {
				t.Errorf("only %d faults were played: this test would show nothing", played)
			}

			for a := range accounts {
				m := harness.Member{Product: p, Email: fmt.Sprintf("strict-%d@example.com", a)}
				for name, count := range m.UpstreamNames(t) {
					if count != 1 {
						t.Errorf("%s: %d databases %s upstream, want one", m.Email, count, name)
					}
				}

				if made := len(m.UpstreamNames(t)); made != creates {
					t.Errorf("%s: %d databases upstream, want %d", m.Email, made, creates)
				}
				p.SettleToOneLiveKey(t, m.Email, len(m.Account(t, m.Email).Keys))
			}
			t.Logf("%d faults were played", played)
		})
	}
}
