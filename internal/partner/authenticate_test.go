package partner_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/secret"
)

// noStore panics on every call.
type noStore struct{ partner.Store }

// A token that is malformed costs no query: anyone who guesses tokens does not reach the database.
func TestMalformedTokensAreRejectedWithoutAQuery(t *testing.T) {
	t.Parallel()

	builtIn, _ := partner.NewToken(partner.Live, partner.BuiltInID)

	partners, err := partner.New(partner.Options{
		Store: noStore{}, Databases: &account{}, Connections: &account{}, Environment: partner.Live,
		BuiltIn: []secret.Text{builtIn}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}

	good, _ := partner.NewToken(partner.Live, "abc123")
	token := good.Reveal()
	sandboxed, _ := partner.NewToken(partner.Test, "abc123")

	for name, bad := range map[string]string{
		"a bad checksum":        token[:len(token)-1] + flip(token[len(token)-1]),
		"truncated":             token[:len(token)-10],
		"another environment's": sandboxed.Reveal(),
		"another id":            strings.Replace(token, "abc123", "abc124", 1),
		"the prefix":            partner.TokenPrefix,
		"a megabyte":            partner.TokenPrefix + "live_" + strings.Repeat("a", 1<<20),
	} {
		if _, err := partners.Authenticate(t.Context(), bad); !errors.Is(err, partner.ErrInvalidToken) {
			t.Errorf("%s: got %v, want ErrInvalidToken", name, err)
		}
	}

	defer func() {
		if recover() == nil {
			t.Error("a well-formed token is looked up, which this test relies on")
		}
	}()
	_, _ = partners.Authenticate(t.Context(), token)
}

func flip(digit byte) string {
	if digit == '0' {
		return "1"
	}

	return "0"
}
