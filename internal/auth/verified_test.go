package auth

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// remembered fails the test unless the cache has these hits and entries.
func remembered(t *testing.T, v *Verifier, hits uint64, entries int) {
	t.Helper()

	if got := v.VerifiedStats(); got.Hits != hits || got.Entries != entries {
		t.Errorf("got %+v, want %d hits and %d entries", got, hits, entries)
	}
}

func TestAnAcceptedTokenIsVerifiedOnce(t *testing.T) {
	key := newKeys(t, 1)[0]
	verifier := ready(t, key)
	token := key.token(t, nil, nil)

	first, err := verifier.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}

	again, err := verifier.Verify(t.Context(), token)
	if err != nil || again != first {
		t.Errorf("got %+v, %v, want the first result: %+v", again, err, first)
	}
	remembered(t, verifier, 1, 1)

	// The cache compares the complete token: the same claims with another signature are another token.
	verify(t, verifier, token[:len(token)-8]+"AAAAAAAA", "invalid")
	verify(t, verifier, token[:len(token)-8]+"AAAAAAAA", "invalid")
	remembered(t, verifier, 1, 1)
}

func TestACachedTokenExpires(t *testing.T) {
	key := newKeys(t, 1)[0]
	synctest.Test(t, func(t *testing.T) {
		verifier := ready(t, key)
		token := key.token(t, nil, map[string]any{"exp": time.Now().Add(time.Minute).Unix()})
		verify(t, verifier, token, "accepted")
		time.Sleep(time.Minute + Leeway - time.Second)
		verify(t, verifier, token, "accepted")
		remembered(t, verifier, 1, 1)
		time.Sleep(time.Second)

		if _, err := verifier.Verify(t.Context(), token); !errors.Is(err, ErrExpiredToken) {
			t.Errorf("got %v, want the error of an expired token", err)
		}
		remembered(t, verifier, 1, 0)
	})
}

func TestACachedTokenIsRejectedAfterItsKeyIsRemoved(t *testing.T) {
	keys := newKeys(t, 2)
	issuer := &fakeIssuer{}
	issuer.publish(keys[0].jwk(nil), keys[1].jwk(nil))
	set, verifier := newSet(t, issuer, io.Discard)

	read := func() {
		if err := set.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	read()

	token := keys[0].token(t, nil, nil)
	verify(t, verifier, token, "accepted")

	issuer.publish(keys[1].jwk(nil), keys[0].jwk(nil)) // the same keys in another order
	read()
	verify(t, verifier, token, "accepted")
	remembered(t, verifier, 1, 1)

	issuer.publish(keys[1].jwk(map[string]any{"kid": "key-0"})) // another key gets the same ID
	read()
	verify(t, verifier, token, "invalid")
	remembered(t, verifier, 1, 0)
}

// Without fresh keys, no token can be verified, not even a cached one.
func TestACachedTokenIsRejectedWhileKeysAreStale(t *testing.T) {
	key := newKeys(t, 1)[0]
	synctest.Test(t, func(t *testing.T) {
		verifier := ready(t, key)
		token := key.token(t, nil, map[string]any{"exp": time.Now().Add(72 * time.Hour).Unix()})
		verify(t, verifier, token, "accepted")
		time.Sleep(25 * time.Hour)
		verify(t, verifier, token, "unavailable")
		remembered(t, verifier, 1, 1)
	})
}

func TestAClockSetBackVerifiesAgain(t *testing.T) {
	key := newKeys(t, 1)[0]
	verifier := ready(t, key)
	now := time.Now()
	verifier.options.Now = func() time.Time { return now }
	token := key.token(t, nil, map[string]any{"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})
	verify(t, verifier, token, "accepted")

	now = now.Add(-time.Hour)
	verify(t, verifier, token, "invalid")
}

func TestCachedTokensAreBounded(t *testing.T) {
	v := newVerified()
	for n := range maxVerified + 10 {
		digest := [32]byte([]byte(fmt.Sprintf("%032d", n)))
		v.add(Claims{Digest: digest, ExpiresAt: time.Now().Add(time.Hour)}, 0, time.Now())
	}

	if got := v.tokens.Len(); got != maxVerified {
		t.Errorf("got %d, want %d", got, maxVerified)
	}
}

func BenchmarkVerify(b *testing.B) {
	key := newKeys(b, 1)[0]
	verifier := ready(b, key)
	token := key.token(b, nil, nil)

	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()

		for b.Loop() {
			verifier.verified.tokens.Purge()

			if _, err := verifier.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()

		for b.Loop() {
			if _, err := verifier.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
