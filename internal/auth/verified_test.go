package auth

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// remembered fails the test unless so many of the tokens verified so far were remembered.
func remembered(t *testing.T, v *Verifier, hits uint64, entries int) {
	t.Helper()

	if got := v.VerifiedStats(); got.Hits != hits || got.Entries != entries {
		t.Errorf("got %+v, want %d hits and %d entries", got, hits, entries)
	}
}

func TestAnAcceptedTokenIsJudgedOnce(t *testing.T) {
	key := newKeys(t, 1)[0]
	verifier := ready(t, key)
	token := key.token(t, nil, nil)

	first, err := verifier.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}

	again, err := verifier.Verify(t.Context(), token)
	if err != nil || again != first {
		t.Errorf("got %+v, %v, want what was said first: %+v", again, err, first)
	}
	remembered(t, verifier, 1, 1)

	// The whole token is compared: the same claims under another signature are another token.
	verify(t, verifier, token[:len(token)-8]+"AAAAAAAA", "invalid")
	verify(t, verifier, token[:len(token)-8]+"AAAAAAAA", "invalid")
	remembered(t, verifier, 1, 1)
}

func TestARememberedTokenExpires(t *testing.T) {
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
			t.Errorf("got %v, want what an expired token is told", err)
		}
		remembered(t, verifier, 1, 0)
	})
}

func TestARememberedTokenGoesWithItsKey(t *testing.T) {
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

	issuer.publish(keys[1].jwk(map[string]any{"kid": "key-0"})) // another key takes over the id
	read()
	verify(t, verifier, token, "invalid")
	remembered(t, verifier, 1, 0)
}

// Without keys that are fresh enough nothing is said about a token, not even about one that was accepted before.
func TestARememberedTokenIsAsGoodAsTheKeys(t *testing.T) {
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

func TestAClockSetBackJudgesAnew(t *testing.T) {
	key := newKeys(t, 1)[0]
	verifier := ready(t, key)
	now := time.Now()
	verifier.options.Now = func() time.Time { return now }
	token := key.token(t, nil, map[string]any{"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})
	verify(t, verifier, token, "accepted")

	now = now.Add(-time.Hour)
	verify(t, verifier, token, "invalid")
}

func TestRememberedTokensAreBounded(t *testing.T) {
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
