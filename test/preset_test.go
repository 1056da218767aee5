package test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// Each of the stand-ins' presets, applied to each call. narrow_answer_test.go, fault_test.go and issuer_keys_test.go
// test other upstream behaviour, byte by byte.

// refusals are the permitted error responses: a status and a code.
type refusals []string

var (
	down      = refusals{"503 upstream_unavailable"}
	badAnswer = refusals{"502 upstream_error"}
	limited   = refusals{"429 rate_limited"}
	redirects = refusals{"502 upstream_redirect"}
	// A write that was sent and got no response, or an implausible one.
	uncertain = refusals{"504 outcome_uncertain"}
	lostMint  = refusals{"502 outcome_uncertain", "504 outcome_uncertain"}
	// The work was done but the response is lost; the server finds out automatically.
	found = refusals(nil)
)

// presetRow is what a caller receives when upstream plays a preset on a read, on a create, on a mint.
type presetRow struct{ read, create, mint refusals }

var presetRows = map[string]presetRow{
	"drop_before":          {down, uncertain, lostMint},
	"reset_before":         {down, uncertain, lostMint},
	"drop_after":           {down, found, lostMint},
	"reset_after":          {down, found, lostMint},
	"cut":                  {down, found, lostMint},
	"reset_in_body":        {down, found, lostMint},
	"redirect":             {redirects, redirects, redirects},
	"redirect_kept":        {redirects, redirects, redirects},
	"redirect_permanent":   {redirects, redirects, redirects},
	"rate_limited":         {limited, limited, limited},
	"rate_limited_long":    {limited, limited, limited},
	"rate_limited_garbage": {limited, limited, limited},
	"rate_limited_bare":    {limited, limited, limited},
	"server_error":         {down, uncertain, lostMint},
	"bad_gateway":          {down, uncertain, lostMint},
	"unavailable":          {down, uncertain, lostMint},
	"json_cut":             {badAnswer, found, lostMint},
	"json_types":           {badAnswer, found, lostMint},
	"json_html":            {badAnswer, found, lostMint},
	"json_empty":           {badAnswer, found, lostMint},
	"json_null":            {badAnswer, found, lostMint},
	"json_deep":            {badAnswer, found, lostMint},
	"gzip_bomb":            {badAnswer, found, lostMint},
	"huge":                 {badAnswer, found, lostMint},
	"json_duplicate":       {badAnswer, found, lostMint},
}

func TestSeverePresetProblemsRevealNothing(t *testing.T) {
	for preset, row := range presetRows {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			m := harness.StartWithMember(t, harness.WithSettle(time.Second))
			id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
			key := m.Account(t, m.Email).Keys[0].Secret
			basic := base64.StdEncoding.EncodeToString([]byte(m.Email + ":" + key))
			m.NoteSecret(basic, "Basic credential")
			throw := func(what, method, path string, want refusals, call func() harness.Response) {
				t.Helper()
				m.Fault(
					t,
					map[string]any{
						"match": map[string]any{"target": "upstash", "method": method, "path": path},
						"count": -1,
						"do":    map[string]any{"preset": preset},
					},
				)
				got := call()
				m.NoFaults(t)

				told := fmt.Sprint(got.Status)
				if got.Status >= 400 {
					told += " " + got.IsProblem(t, got.Status, got.Code(t)).Code
				}

				if want != nil && !strings.Contains(strings.Join(want, ","), told) {
					t.Errorf("%s: got %s, want %v; %s", what, told, want, got.Body)
				}

				if want == nil && got.Status/100 != 2 {
					t.Errorf("%s: got %s, want success", what, told)
				}

				for _, secret := range []string{key, basic} {
					if strings.Contains(got.Body+fmt.Sprint(got.Header), secret) {
						t.Errorf("%s: the response contains a credential: %s", what, got.Body)
					}
				}
			}
			other := "mint-" + preset + "@example.com"
			throw("mint", "POST", "/apikey", row.mint, func() harness.Response { return m.Connect(t, other) })
			throw(
				"create",
				"POST",
				harness.UpstreamCreate,
				row.create,
				func() harness.Response { return m.Create(t, "one", harness.CreateBody("one")) },
			)

			if made := m.UpstreamNames(t)["one"]; row.create == nil && made != 1 {
				t.Errorf("create: %d databases were made, want the returned one", made)
			}
			throw(
				"read",
				"GET",
				harness.UpstreamCreate+"/*",
				row.read,
				func() harness.Response { return m.Do(t, "GET", harness.DatabasesPath+"/"+id, m.Header, "") },
			)
			throw("credentials", "GET", harness.UpstreamCreate+"/*", row.read, func() harness.Response {
				return m.Do(t, "GET", harness.DatabasesPath+"/"+id+"/credentials", m.Header, "")
			})
			throw(
				"list",
				"GET",
				harness.UpstreamList,
				row.read,
				func() harness.Response { return m.Do(t, "GET", harness.DatabasesPath, m.Header, "") },
			)
		})
	}
}

// The issuer's presets apply while the server must read the keys again. Logged-in callers stay logged in. Callers with
// an unknown key get a Retry-After and succeed afterwards.
func TestIssuerKeyPresetsEndNoSession(t *testing.T) {
	for _, preset := range []string{"jwks_empty", "jwks_huge", "jwks_malformed", "json_html", "json_cut", "json_deep", "drop_before", "reset_in_body", "gzip_bomb", "redirect", "server_error"} {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			p := harness.StartProduct(t)
			known := p.TokenOf(t, "someone@example.com")
			p.AcceptsToken(t, known)
			p.Rotate(t, false)
			unknown := p.TokenOf(t, "someone@example.com")
			p.Fault(
				t,
				map[string]any{
					"match": map[string]any{"target": "issuer", "path": "/.well-known/jwks.json"},
					"count": -1,
					"do":    map[string]any{"preset": preset},
				},
			)
			p.Do(t, "GET", "/api/v1/databases", harness.Bearer(unknown), "").IsProblem(t, 503, "issuer_unavailable")
			p.AcceptsToken(t, known)
			p.NoFaults(t)

			if !harness.Eventually(func() bool {
				// known, and not connected
				return p.Do(t, "GET", "/api/v1/databases", harness.Bearer(unknown), "").Status == 409
			}) {
				t.Error("the new key was not read after the fault had ended")
			}
		})
	}
}

// A valid key set without the old keys withdraws them: tokens signed with the old keys are rejected.
func TestPresetThatWithdrawsIssuerKeysStopsLogins(t *testing.T) {
	p := harness.StartProduct(t)
	known := p.TokenOf(t, "someone@example.com")
	p.AcceptsToken(t, known)
	p.Rotate(t, false)
	unknown := p.TokenOf(t, "someone@example.com")
	p.Fault(t, map[string]any{"count": -1, "do": map[string]any{"preset": "jwks_rotated"}})
	p.Do(t, "GET", "/api/v1/databases", harness.Bearer(unknown), "").IsProblem(t, 401, "invalid_token")
	p.Do(t, "GET", "/api/v1/databases", harness.Bearer(known), "").IsProblem(t, 401, "invalid_token")
}
