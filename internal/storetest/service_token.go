package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

func aToken(id, service string) partner.Token {
	return partner.Token{
		ID: id, ServiceID: service, Hash: digest(id), Scopes: []string{partner.ScopeGrants}, CreatedAt: now(),
		ExpiresAt: now().Add(24 * time.Hour),
	}
}

func testServiceTokens(t *testing.T, b Backend) {
	t.Helper()
	service := insertService(t, b, "first")
	first, second := aToken("Tok1", "first"), aToken("Tok2", "first")
	second.CreatedAt = first.CreatedAt.Add(time.Second)

	for _, token := range []partner.Token{second, first} {
		if err := b.InsertToken(t.Context(), token, event(keys.ActionTokenCreated)); err != nil {
			t.Fatal(err)
		}
	}
	find := func(t *testing.T, id string) partner.Token {
		t.Helper()

		token, _, err := b.FindToken(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}

		return token
	}
	t.Run("found with its service", func(t *testing.T) {
		token, of, err := b.FindToken(t.Context(), "Tok1")
		if err != nil {
			t.Fatal(err)
		}

		if diff := cmp.Diff(first, token) + cmp.Diff(service, of); diff != "" {
			t.Errorf("token and service (-want +got):\n%s", diff)
		}

		for _, id := range []string{"none", "", "tok1"} {
			if _, _, err := b.FindToken(t.Context(), id); !errors.Is(err, partner.ErrInvalidToken) {
				t.Errorf("%q: got %v, want ErrInvalidToken", id, err)
			}
		}
	})
	t.Run("of an unknown service", func(t *testing.T) {
		err := b.InsertToken(t.Context(), aToken("Tok3", "none"), event(keys.ActionTokenCreated))
		if !errors.Is(err, partner.ErrServiceNotFound) {
			t.Errorf("got %v, want ErrServiceNotFound", err)
		}
	})
	t.Run("listed, oldest first", func(t *testing.T) {
		for _, of := range []string{"first", ""} {
			found, err := b.Tokens(t.Context(), of)
			if diff := cmp.Diff([]partner.Token{first, second}, found); diff != "" || err != nil {
				t.Errorf("tokens of %q: %v (-want +got):\n%s", of, err, diff)
			}
		}

		if found, err := b.Tokens(t.Context(), "none"); err != nil || len(found) != 0 {
			t.Errorf("got %v, %v; want none", found, err)
		}
	})
	t.Run("the last use is stored", func(t *testing.T) {
		at := now().Truncate(time.Minute)
		if err := b.RecordTokenUse(t.Context(), "Tok1", at); err != nil {
			t.Fatal(err)
		}

		if got := find(t, "Tok1").LastUsedAt; !got.Equal(at) {
			t.Errorf("got %v, want %v", got, at)
		}
	})
	t.Run("an end never extends the expiry", func(t *testing.T) {
		soon, later := now().Add(time.Hour), now().Add(2*time.Hour)
		for _, until := range []time.Time{soon, later} {
			if err := b.EndToken(t.Context(), "Tok1", until, false, event(keys.ActionTokenRotated)); err != nil {
				t.Fatal(err)
			}
		}

		if got := find(t, "Tok1"); !got.ExpiresAt.Equal(soon) || !got.RevokedAt.IsZero() {
			t.Errorf("got %+v, want it to expire at %v", got, soon)
		}
	})
	t.Run("revoking twice keeps the first time", func(t *testing.T) {
		at := now()
		for _, until := range []time.Time{at, at.Add(time.Minute)} {
			if err := b.EndToken(t.Context(), "Tok1", until, true, event(keys.ActionTokenRevoked)); err != nil {
				t.Fatal(err)
			}
		}

		if got := find(t, "Tok1"); !got.ExpiresAt.Equal(at) || !got.RevokedAt.Equal(at) {
			t.Errorf("got %+v, want it revoked at %v", got, at)
		}

		if got := find(t, "Tok2"); !got.RevokedAt.IsZero() {
			t.Errorf("got %+v, want the other token as it was", got)
		}

		err := b.EndToken(t.Context(), "none", at, true, event(keys.ActionTokenRevoked))
		if !errors.Is(err, partner.ErrTokenNotFound) {
			t.Errorf("got %v, want ErrTokenNotFound", err)
		}

		if got := len(eventsOf(t, b, keys.ActionTokenRevoked)); got != 2 {
			t.Errorf("got %d events, want 2", got)
		}
	})
}
