package broker_test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/secret"
)

func TestUsableServiceReadsTokensAndReturnURLs(t *testing.T) {
	live, _ := partner.NewToken(partner.Live, partner.BuiltInID)
	test, _ := partner.NewToken(partner.Test, partner.BuiltInID)
	cut := secret.New(strings.TrimSuffix(live.Reveal(), live.Reveal()[len(live.Reveal())-1:]))

	for name, tc := range map[string]struct {
		tokens []secret.Text
		urls   []string
		want   []string // in the faults, one each
	}{
		"none":                 {nil, nil, nil},
		"usable":               {[]secret.Text{live, live}, []string{"https://a.example/x", "http://localhost:*"}, nil},
		"a token cut short":    {[]secret.Text{live, cut}, nil, []string{"number 2 is not a complete service token"}},
		"a token of a sandbox": {[]secret.Text{test}, nil, []string{"`bff token generate`"}},
		"no token at all":      {[]secret.Text{secret.New("canary-4711")}, nil, []string{"number 1 is not"}},
		"http":                 {nil, []string{"https://a.example/", "http://b.example/"}, []string{"number 2 must be https"}},
		"a wildcard":           {nil, []string{"https://*.example/"}, []string{"number 1 must be"}},
		"any port elsewhere":   {nil, []string{"https://a.example:*"}, []string{"http://localhost:* only"}},
		"a password":           {nil, []string{"https://me:canary-4711@a.example/"}, []string{"number 1 must be"}},
		"two faults":           {[]secret.Text{cut}, []string{"x"}, []string{"BFF_SERVICE_TOKEN", "BFF_RETURN_URLS"}},
	} {
		faults := broker.UsableService(partner.Live)(&config.Config{ServiceTokens: tc.tokens, ReturnURLs: tc.urls})
		if len(faults) != len(tc.want) {
			t.Errorf("%s: got %q, want %q", name, faults, tc.want)
			continue
		}

		for i, want := range tc.want {
			if !strings.Contains(faults[i], want) || strings.Contains(faults[i], "canary-4711") {
				t.Errorf("%s: got %q, want %q in it, and nothing of the value", name, faults[i], want)
			}
		}
	}
}
