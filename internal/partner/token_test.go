package partner_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/partner"
)

func TestServiceTokensAreRecognizedByTheirFormat(t *testing.T) {
	t.Parallel()

	text, made := partner.NewToken(partner.Live, "abc123")
	token := text.Reveal()

	parsed, err := partner.ParseToken(token, partner.Live)
	if err != nil || parsed != made || parsed.ID != "abc123" {
		t.Fatalf("its own token: got %v and %v, want %v", parsed, err, made)
	}

	flipped := []byte(token)
	flipped[len(flipped)-20] ^= 1

	for name, bad := range map[string]string{
		"empty":               "",
		"the prefix alone":    partner.TokenPrefix,
		"truncated":           token[:len(token)-1],
		"truncated far more":  token[:30],
		"longer":              token + "0",
		"one character wrong": string(flipped),
		"another environment": strings.Replace(token, "_live_", "_test_", 1),
		"another id":          strings.Replace(token, "abc123", "abc124", 1),
		"upper case":          strings.ToUpper(token),
		"with white space":    token + "\n",
	} {
		if _, err := partner.ParseToken(bad, partner.Live); !errors.Is(err, partner.ErrInvalidToken) {
			t.Errorf("%s: got %v, want ErrInvalidToken", name, err)
		}
	}

	if _, err := partner.ParseToken(token, partner.Test); !errors.Is(err, partner.ErrInvalidToken) {
		t.Errorf("a live token in a sandbox: got %v, want ErrInvalidToken", err)
	}
}
