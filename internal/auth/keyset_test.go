package auth

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Time in these tests is virtual, so that an outage of a day takes no time and the timing of a flood is exact.

// Threat model: J01.
func TestUnknownKeyIDsCauseOneFetchPerCooldown(t *testing.T) {
	keys := newKeys(t, 1)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.answers(slow(100*time.Millisecond, answer(200, document(keys[0].jwk(nil)))))
		set, verifier := newSet(t, issuer, io.Discard)
		start(t, set, func() { time.Sleep(time.Second) })
		before := goroutines(0)

		const callers, each = 50, 200 // 10 000 in 10 s
		var waited atomic.Int64

		var group sync.WaitGroup
		for caller := range callers {
			group.Go(func() {
				for n := range each {
					start := time.Now()
					verify(t, verifier, randomToken(caller, n), "invalid")

					if time.Since(start) > 0 {
						waited.Add(1)
					}
					time.Sleep(50 * time.Millisecond)
				}
			})
		}
		group.Wait()
		synctest.Wait()
		// One read at the start, then one for each started interval of 5 s.
		if got := issuer.fetches.Load(); got > 1+3 {
			t.Errorf("got %d reads of the keys for 10 s of flood, want at most 4", got)
		}

		if got, most := waited.Load(), int64(3*maxWaiting); got == 0 || got > most {
			t.Errorf("%d callers waited for a reading, want some and at most %d", got, most)
		}

		if after := goroutines(before); after > before {
			t.Errorf("got %d goroutines after the flood, want %d as before", after, before)
		}
		verify(t, verifier, keys[0].token(t, nil, nil), "accepted")
	})
}

// goroutines counts the goroutines that run code of this package, after the runtime has removed ended ones. It ignores
// others, which the garbage collector starts and ends.
func goroutines(most int) (count int) {
	stacks := make([]byte, 1<<20)

	for range 1000 {
		all := strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n")

		others := func(stack string) bool { return !strings.Contains(stack, "bff/internal/auth") }

		count = len(slices.DeleteFunc(all, others))
		if count <= most {
			break
		}
		runtime.Gosched()
	}

	return count
}

// randomToken returns a token with an unknown key ID. Its signature is invalid, because it is never checked.
func randomToken(caller, n int) string {
	return b64(
		fmt.Appendf(nil, `{"alg":"RS256","kid":"random-%d-%d"}`, caller, n),
	) + "." + b64(
		[]byte(`{}`),
	) + "." + b64(
		[]byte("signature"),
	)
}

// Threat model: J02.
func TestIssuerRotationDuringAFloodIsNoticed(t *testing.T) {
	keys := newKeys(t, 2)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.publish(keys[0].jwk(nil))
		set, verifier := newSet(t, issuer, io.Discard)
		start(t, set, synctest.Wait)

		stop := make(chan struct{})

		var group sync.WaitGroup
		for caller := range 4 {
			group.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					case <-time.After(10 * time.Millisecond):
					}
					_, _ = verifier.Verify(t.Context(), randomToken(caller, n))
				}
			})
		}

		defer group.Wait()
		defer close(stop)
		time.Sleep(7 * time.Second)
		// A token with the new ID arrives before the issuer publishes the key. The server must accept the key
		// afterwards.
		token := keys[1].token(t, nil, nil)
		verify(t, verifier, token, "invalid")
		issuer.publish(keys[0].jwk(nil), keys[1].jwk(nil))

		rotated := time.Now()
		for {
			_, err := verifier.Verify(t.Context(), token)
			if err == nil {
				break
			}

			if time.Since(rotated) > 10*time.Second {
				t.Fatalf("the new key is not accepted 10 s after it was published: %v", err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		verify(t, verifier, keys[0].token(t, nil, nil), "accepted")
	})
}

func TestRotationSeenByManyAtOnce(t *testing.T) {
	keys := newKeys(t, 2)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.publish(keys[0].jwk(nil))
		set, verifier := newSet(t, issuer, io.Discard)
		start(t, set, synctest.Wait)
		issuer.answers(slow(time.Second, answer(200, document(keys[1].jwk(nil)))))
		token := keys[1].token(t, nil, nil)

		var group sync.WaitGroup
		for range maxWaiting {
			group.Go(func() { verify(t, verifier, token, "accepted") })
		}
		group.Wait()

		if got := issuer.fetches.Load(); got != 2 {
			t.Errorf("got %d reads of the keys, want one at the start and one for all callers", got)
		}
	})
}

func TestWaitingForKeysIsBounded(t *testing.T) {
	keys := newKeys(t, 2)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.publish(keys[0].jwk(nil))
		set, verifier := newSet(t, issuer, io.Discard)
		start(t, set, synctest.Wait)
		issuer.answers(slow(time.Minute, down)) // hangs

		var waiting sync.WaitGroup
		for n := range maxWaiting {
			waiting.Go(func() {
				start := time.Now()
				verify(t, verifier, keys[1].token(t, map[string]any{"kid": fmt.Sprint("new-", n)}, nil), "unavailable")

				if took := time.Since(start); took != waitForRefresh {
					t.Errorf("waited %s, want %s", took, waitForRefresh)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		verify(t, verifier, keys[1].token(t, nil, nil), "invalid") // too many callers wait: an immediate result
		verify(t, verifier, keys[0].token(t, nil, nil), "accepted")

		if took := time.Since(start); took != 0 {
			t.Errorf("those beyond the bound waited %s, want no wait", took)
		}
		waiting.Wait()
		time.Sleep(fetchTimeout) // the read continues after its callers have given up, until its own deadline
	})
}

func TestUnknownKeyIDIsRememberedForOneCooldown(t *testing.T) {
	keys := newKeys(t, 2)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.publish(keys[0].jwk(nil))
		set, verifier := newSet(t, issuer, io.Discard)
		start(t, set, synctest.Wait)
		token := keys[1].token(t, nil, nil)
		reads := func(want int64) {
			t.Helper()

			if got := issuer.fetches.Load(); got != want {
				t.Errorf("got %d reads of the keys, want %d", got, want)
			}
		}

		for range 100 {
			verify(t, verifier, token, "invalid")
		}
		reads(2)
		issuer.publish(keys[0].jwk(nil), keys[1].jwk(nil))
		time.Sleep(set.options.Cooldown - time.Millisecond)
		verify(t, verifier, token, "invalid")
		reads(2)
		time.Sleep(time.Millisecond)
		verify(t, verifier, token, "accepted")
		reads(3)

		if got := set.unknown.Len(); got > maxUnknownKids {
			t.Errorf("got %d remembered key ids, want at most %d", got, maxUnknownKids)
		}
	})
}

// Threat model: J03.
func TestVerifierStartsWithoutKeys(t *testing.T) {
	keys := newKeys(t, 1)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.answers(down)

		set, verifier := newSet(t, issuer, io.Discard)
		if _, known := set.Age(); known {
			t.Error("keys that were never read have an age")
		}
		start(t, set, synctest.Wait)
		token := keys[0].token(t, nil, nil)
		verify(t, verifier, token, "unavailable")

		var unavailable *KeysUnavailableError
		if err := set.Ready(); !errors.As(err, &unavailable) || unavailable.RetryAfter <= 0 {
			t.Errorf("got %v, want keys unavailable and when to ask again", err)
		}
		time.Sleep(10 * time.Minute)

		if got := issuer.fetches.Load(); got < 15 || got > 30 {
			t.Errorf("got %d attempts in 10 min, want one each 30 s after the first few", got)
		}
		issuer.publish(keys[0].jwk(nil))
		time.Sleep(retryMax)
		verify(t, verifier, token, "accepted")

		if err := set.Ready(); err != nil {
			t.Errorf("not ready after the issuer came back: %v", err)
		}
	})
}

// Threat model: J04.
func TestKnownKeysExpireAfterADayWithoutTheIssuer(t *testing.T) {
	keys := newKeys(t, 2)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.publish(keys[0].jwk(nil))
		set, verifier := newSet(t, issuer, io.Discard)
		start(t, set, synctest.Wait)
		issuer.answers(down)

		token := keys[0].token(t, nil, nil)
		for range 24 {
			time.Sleep(59 * time.Minute)
			verify(t, verifier, token, "accepted")
		}
		// The issuer may have rotated its keys meanwhile, so a token with an unknown key ID cannot be verified.
		unknown := keys[1].token(t, nil, nil)
		verify(t, verifier, unknown, "unavailable")
		verify(t, verifier, unknown, "unavailable")
		time.Sleep(25 * time.Minute)
		verify(t, verifier, token, "unavailable")

		if age, known := set.Age(); !known || age <= 24*time.Hour {
			t.Errorf("got age %s (%t), want more than a day", age, known)
		}
		issuer.publish(keys[0].jwk(nil))
		time.Sleep(retryMax)
		verify(t, verifier, token, "accepted")
		verify(t, verifier, unknown, "invalid")
	})
}

// Threat model: J05.
func TestUnusableKeyDocumentsAreRejected(t *testing.T) {
	keys := newKeys(t, 1)

	good := document(keys[0].jwk(nil))
	for name, jwks := range map[string]reply{
		"empty set":      answer(200, `{"keys":[]}`),
		"no keys member": answer(200, `{}`),
		"null":           answer(200, `null`),
		"HTML":           answer(200, `<!doctype html><title>Maintenance</title>`),
		"cut short":      answer(200, good[:len(good)/2]),
		"empty":          answer(200, ""),
		"server error":   answer(500, good),
		"created":        answer(201, good),
		"endless":        func(*http.Request) (*http.Response, error) { return streamed(&drip{}), nil },
		"one byte a second": func(r *http.Request) (*http.Response, error) {
			return streamed(&drip{pause: time.Second, until: r}), nil
		},
		"never":                slow(time.Hour, down),
		"compressed":           compressed(good),
		"one byte over 1 MiB":  answer(200, good+strings.Repeat(" ", maxResponseBytes+1-len(good))),
		"only unusable keys":   answer(200, document(keys[0].jwk(map[string]any{"kty": "EC"}))),
		"redirect to the same": redirect(jwksURL),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer, log := &fakeIssuer{}, &lockedBuffer{}
				issuer.publish(keys[0].jwk(nil))

				set, verifier := newSet(t, issuer, log)
				if err := set.refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
				var body *drip
				issuer.answers(func(r *http.Request) (*http.Response, error) {
					response, err := jwks(r)
					if err == nil {
						body, _ = response.Body.(*drip)
					}

					return response, err
				})
				start := time.Now()

				if err := set.refresh(t.Context()); err == nil {
					t.Error("the document was accepted")
				}

				if took := time.Since(start); took > fetchTimeout {
					t.Errorf("reading took %s, want at most %s", took, fetchTimeout)
				}

				if body != nil && (body.read > maxResponseBytes+1 || !body.closed) {
					t.Errorf(
						"read %d bytes (closed: %t), want at most 1 MiB and the body closed", body.read, body.closed,
					)
				}
				verify(t, verifier, keys[0].token(t, nil, nil), "accepted")

				if !strings.Contains(log.String(), "could not read the issuer's keys") {
					t.Error("the log does not report that the keys could not be read")
				}
			})
		})
	}
}

func TestKeyDocumentOfExactlyOneMiB(t *testing.T) {
	keys := newKeys(t, 1)
	good := document(keys[0].jwk(nil))
	issuer := &fakeIssuer{}
	issuer.answers(answer(200, good+strings.Repeat(" ", maxResponseBytes-len(good))))

	set, verifier := newSet(t, issuer, io.Discard)
	if err := set.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	verify(t, verifier, keys[0].token(t, nil, nil), "accepted")
}

// Threat model: J08.
func TestTokensOfAWithdrawnKeyAreRejected(t *testing.T) {
	keys := newKeys(t, 2)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.publish(keys[0].jwk(nil), keys[1].jwk(nil))
		set, verifier := newSet(t, issuer, io.Discard)
		start(t, set, synctest.Wait)
		withdrawn := keys[0].token(t, nil, nil)
		verify(t, verifier, withdrawn, "accepted")
		issuer.publish(keys[1].jwk(nil))
		time.Sleep(set.options.Refresh)
		synctest.Wait()
		verify(t, verifier, withdrawn, "invalid")
		verify(t, verifier, keys[1].token(t, nil, nil), "accepted")
	})
}

func TestKeyUnderAnOldID(t *testing.T) {
	keys := newKeys(t, 2)
	issuer := &fakeIssuer{}
	issuer.publish(keys[0].jwk(nil))

	set, verifier := newSet(t, issuer, io.Discard)
	if err := set.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	issuer.publish(keys[1].jwk(map[string]any{"kid": "key-0"})) // another key gets the same ID

	if err := set.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	verify(t, verifier, keys[0].token(t, nil, nil), "invalid")
	verify(t, verifier, keys[1].token(t, map[string]any{"kid": "key-0"}, nil), "accepted")
}

func TestKeySetRequiresItsOptions(t *testing.T) {
	for name, options := range map[string]KeySetOptions{
		"no issuer":                         {},
		"no logger":                         {Issuer: issuerURL},
		"issuer without its trailing slash": {Issuer: strings.TrimSuffix(issuerURL, "/")},
		"issuer that is a path":             {Issuer: "/issuer/"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewKeySet(options); err == nil {
				t.Error("got no error")
			}
		})
	}
}

// drip is an endless body, read at full speed or byte by byte.
type drip struct {
	pause  time.Duration
	until  *http.Request
	read   int
	closed bool
}

func (d *drip) Read(into []byte) (int, error) {
	if d.pause > 0 {
		select {
		case <-time.After(d.pause):
		case <-d.until.Context().Done():
			return 0, d.until.Context().Err()
		}
		into = into[:1]
	}

	for n := range into {
		into[n] = ' '
	}
	d.read += len(into)

	return len(into), nil
}

func (d *drip) Close() error { d.closed = true; return nil }

func streamed(body io.ReadCloser) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body}
}

func compressed(body string) reply {
	return func(r *http.Request) (*http.Response, error) {
		response, err := answer(200, body)(r)
		response.Header.Set("Content-Encoding", "gzip")
		return response, err
	}
}

func redirect(to string) reply {
	return func(r *http.Request) (*http.Response, error) {
		response, err := answer(302, "")(r)
		response.Header.Set("Location", to)
		return response, err
	}
}
