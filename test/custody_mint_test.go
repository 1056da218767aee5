package test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// Row P13: a 200 without a usable key stores no key, and the requested name is recorded.
//
// Threat model: P13.
func TestMintResponseWithoutAUsableKey(t *testing.T) {
	p := harness.StartProduct(t)
	usable := "0f8fad5b-d9cb-469f-a165-70867728950e"

	bodies := map[string]any{
		"an empty object":      map[string]any{},
		"an empty key":         map[string]any{"api_key": ""},
		"null":                 map[string]any{"api_key": nil},
		"a number":             map[string]any{"api_key": 12345678},
		"an array":             map[string]any{"api_key": []string{usable}},
		"an object":            map[string]any{"api_key": map[string]any{"key": usable}},
		"another name":         map[string]any{"key": usable},
		"too short":            map[string]any{"api_key": "short"},
		"a megabyte":           map[string]any{"api_key": strings.Repeat("k", 1_000_000)},
		"a newline at the end": map[string]any{"api_key": usable + "\n"},
		"a newline inside":     map[string]any{"api_key": "0f8fad5b\r\nX-Injected: 1"},
		"a NUL":                map[string]any{"api_key": "0f8fad5b\u0000d9cb"},
		"not ASCII":            map[string]any{"api_key": "0f8fad5b-ключ-469f"},
		"a bare string":        `"` + usable + `"`,
		"HTML":                 "<html>" + usable + "</html>",
		"nothing":              "",
		"the JSON word null":   "null",
		"an array of one":      `[{"api_key":"` + usable + `"}]`,
		"JSON that is cut":     `{"api_key":"` + usable,
		"two JSON values":      `{"api_key":"` + usable + `"}{}`,
	}
	for name, body := range bodies {
		email := strings.ReplaceAll(strings.ToLower(name), " ", "-") + "@example.com"
		t.Run(name, func(t *testing.T) {
			p.OnMint(t, map[string]any{"status": 200, "body": body})
			got := p.Connect(t, email)
			got.IsProblem(t, 502, "outcome_uncertain")

			if strings.Contains(got.Body, "0f8fad5b") {
				t.Error("upstream's text is in the response")
			}

			between := p.Connection(t, email)
			if between.State != "pending" || between.KeyName != "" || len(between.LeftoverKeys) != 1 ||
				between.LeftoverKeys[0].State != "uncertain" {
				t.Errorf("got %+v, want pending, no key, one name uncertain", between)
			}

			if after := p.Connect(t, email).Connection(t, 201); after.KeyName != between.LeftoverKeys[0].Name {
				t.Errorf(
					"got key %s, want the name that was uncertain, %s", after.KeyName, between.LeftoverKeys[0].Name,
				)
			}
			p.OneLiveKey(t, email, 1)
		})
	}

	if log := p.Log.String(); strings.Contains(log, "0f8fad5b") {
		t.Error("upstream's words are in the log")
	}
}

// Row P17: the connection breaks before or after upstream makes the key, or during its response.
//
// Threat model: P17.
func TestCutMintIsSettled(t *testing.T) {
	p := harness.StartProduct(t)

	tests := map[string]struct {
		do   map[string]any
		keys int // upstream after the next connect
	}{
		"before upstream made the key": {map[string]any{"drop": "before_commit"}, 1},
		"after upstream made the key":  {map[string]any{"drop": "after_commit"}, 2},
		"in the head of the answer":    {map[string]any{"cut_at_byte": 10}, 2},
		"in the body of the answer":    {map[string]any{"cut_at_byte": 130}, 2},
		"by a gateway's 502":           {map[string]any{"status": 502, "body": "bad gateway"}, 1},
		"by a redirect that would lead": {
			map[string]any{"status": 307, "headers": map[string]string{"Location": "http://127.0.0.1:1/apikey"}},
			1,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			email := strings.ReplaceAll(name, " ", "-") + "@example.com"
			p.OnMint(t, tc.do)

			got := p.Connect(t, email)
			if got.Status != 504 && got.Status != 502 {
				t.Fatalf("got %d %s, want 502 or 504", got.Status, got.Body)
			}

			if left := p.Connection(t, email).LeftoverKeys; len(left) != 1 || left[0].State != "uncertain" {
				t.Errorf("got leftovers %+v, want one uncertain", left)
			}
			p.Connect(t, email).Is(t, 201)
			p.OneLiveKey(t, email, tc.keys)
		})
	}
}

// Row P19, second half: upstream reports that a new name exists. The server tries exactly one more name.
//
// Threat model: P19.
func TestMintRetriesWhenItsKeyNameExists(t *testing.T) {
	p := harness.StartProduct(t)
	taken := map[string]any{"status": 400, "body": `"api key with this name already exists"`}
	t.Run("once: another name is tried", func(t *testing.T) {
		p.OnMint(t, taken)
		p.Connect(t, "once@example.com").Is(t, 201)
		p.OneLiveKey(t, "once@example.com", 1)
	})
	t.Run("twice: it is given up", func(t *testing.T) {
		calls := p.Mints(t)
		p.OnMint(t, taken)
		p.OnMint(t, taken)
		p.Connect(t, "twice@example.com").IsProblem(t, 502, "mint_refused")

		if got := p.Mints(t) - calls; got != 2 {
			t.Errorf("got %d calls, want 2", got)
		}
		p.Connect(t, "twice@example.com").Is(t, 201)
		p.OneLiveKey(t, "twice@example.com", 1)
	})
}

// Row P19, first half: with any wording of upstream's key limit error, nothing is stored.
//
// Threat model: P19.
func TestUpstreamKeyLimitIsReported(t *testing.T) {
	p := harness.StartProduct(t)
	for _, words := range []string{`"api key limit exceeded"`, `{"error":"Maximum number of API keys reached"}`, `{"message":"too many keys"}`} {
		p.OnMint(t, map[string]any{"status": 400, "body": words})
		p.Connect(t, "limit@example.com").IsProblem(t, 409, "upstash_key_limit")
	}

	if got := p.Connection(t, "limit@example.com"); got.State != "pending" || len(got.LeftoverKeys) != 0 {
		t.Errorf("got %+v, want pending and no leftovers", got)
	}
}

// Row P20: accounts made through a marketplace have no developer keys.
//
// Threat model: P20.
func TestAccountOfAnotherPlatformIsReported(t *testing.T) {
	p := harness.StartProduct(t)
	for _, market := range []string{"vercel", "fly"} {
		email := market + "@example.com"
		p.Control(t, "POST", "/accounts", map[string]any{"email": email, "marketplace": market}, nil)

		for _, endpoint := range harness.TokenEndpoints[:2] {
			p.Do(
				t, endpoint.Method, endpoint.Path, harness.Bearer(p.TokenOf(t, email)), "",
			).IsProblem(t, 422,
				"account_type_unsupported")
		}

		got := p.Connection(t, email)
		if got.State != "pending" || len(got.LeftoverKeys) != 0 || got.KeyName != "" {
			t.Errorf("%s: got %+v, want pending and nothing else", market, got)
		}
		p.Do(
			t, "GET", "/api/v1/databases", harness.Bearer(p.TokenOf(t, email)), "",
		).IsProblem(t, 409,
			"connect_required")
	}
}

// Upstream's responses to the login itself, and to too many calls.
func TestRejectedMints(t *testing.T) {
	p := harness.StartProduct(t)

	tests := map[string]struct {
		do     map[string]any
		status int
		code   string
	}{
		"401 to the token": {
			map[string]any{"status": 401, "body": map[string]any{"error": "Unauthorized"}},
			422,
			"mint_refused",
		},
		"403 to the token": {
			map[string]any{"status": 403, "body": map[string]any{"error": "Forbidden"}},
			422,
			"mint_refused",
		},
		"a 4xx we do not know": {map[string]any{"status": 418, "body": "short and stout"}, 502, "mint_refused"},
		"429, come back in 7 s": {
			map[string]any{"status": 429, "headers": map[string]string{"Retry-After": "7"}},
			429,
			"rate_limited",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			email := strings.NewReplacer(" ", "-", ",", "").Replace(name) + "@example.com"
			p.OnMint(t, tc.do)
			p.Connect(t, email).IsProblem(t, tc.status, tc.code)

			if got := p.Connection(t, email); got.State != "pending" || len(got.LeftoverKeys) != 0 {
				t.Errorf("got %+v, want pending and no leftovers", got)
			}
		})
	}
}
