package main

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The stand-ins' own presets, each thrown at each call. What upstream may do beyond them, byte by byte, is gone through in
// narrow_answer_test.go, fault_test.go and issuer_keys_test.go.

// refusals are what a caller may be told: a status and a code.
type refusals []string

var (
	down      = refusals{"503 upstream_unavailable"}
	badAnswer = refusals{"502 upstream_error"}
	limited   = refusals{"429 rate_limited"}
	redirects = refusals{"502 upstream_redirect"}
	// A write that was sent and not answered, or not in a way that can be believed.
	uncertain = refusals{"504 outcome_uncertain"}
	lostMint  = refusals{"502 outcome_uncertain", "504 outcome_uncertain"}
	// The work was done: the answer is lost, and the server finds out by itself.
	found = refusals(nil)
)

// presetRow is what a caller is told when upstream plays a preset on a read, on a create, on a mint.
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

func TestEverySeverePresetIsAProblemThatTellsNothing(t *testing.T) {
	for preset, row := range presetRows {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			m := startJoined(t, withSettle(time.Second))
			id := m.create(t, "", createBody("mine")).database(t, 201).ID
			key := m.account(t, m.email).Keys[0].Secret
			basic := base64.StdEncoding.EncodeToString([]byte(m.email + ":" + key))
			m.secret(basic, "Basic credential")
			throw := func(what, method, path string, want refusals, call func() answer) {
				t.Helper()
				m.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": method, "path": path}, "count": -1, "do": map[string]any{"preset": preset}})
				got := call()
				m.noFaults(t)
				told := fmt.Sprint(got.status)
				if got.status >= 400 {
					told += " " + got.isProblem(t, got.status, got.code(t)).Code
				}
				if want != nil && !strings.Contains(strings.Join(want, ","), told) {
					t.Errorf("%s: got %s, want %v; %s", what, told, want, got.body)
				}
				if want == nil && got.status/100 != 2 {
					t.Errorf("%s: got %s, want it to go well", what, told)
				}
				for _, secret := range []string{key, basic} {
					if strings.Contains(got.body+fmt.Sprint(got.header), secret) {
						t.Errorf("%s: the answer holds a credential: %s", what, got.body)
					}
				}
			}
			other := "mint-" + preset + "@example.com"
			throw("mint", "POST", "/apikey", row.mint, func() answer { return m.connect(t, other) })
			throw("create", "POST", upstreamCreate, row.create, func() answer { return m.create(t, "one", createBody("one")) })
			if made := m.upstreamNames(t)["one"]; row.create == nil && made != 1 {
				t.Errorf("create: %d databases were made, want the one that was answered", made)
			}
			throw("read", "GET", upstreamCreate+"/*", row.read, func() answer { return m.do(t, "GET", databasesPath+"/"+id, m.header, "") })
			throw("credentials", "GET", upstreamCreate+"/*", row.read, func() answer { return m.do(t, "GET", databasesPath+"/"+id+"/credentials", m.header, "") })
			throw("list", "GET", upstreamList, row.read, func() answer { return m.do(t, "GET", databasesPath, m.header, "") })
		})
	}
}

// code reads a problem's code.
func (a answer) code(t *testing.T) string {
	t.Helper()
	var read struct {
		Code string `json:"code"`
	}
	a.json(t, &read)
	return read.Code
}

// The issuer's presets, thrown at the server when it must read the keys again: who was let in still is, who cannot be judged is
// told to come back, and all is well afterwards.
func TestEveryPresetOfTheKeySetLogsNobodyOut(t *testing.T) {
	for _, preset := range []string{"jwks_empty", "jwks_huge", "jwks_malformed", "json_html", "json_cut", "json_deep", "drop_before", "reset_in_body", "gzip_bomb", "redirect", "server_error"} {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			p := startProduct(t)
			known := p.tokenOf(t, "someone@example.com")
			p.admits(t, known)
			p.rotate(t, false)
			unknown := p.tokenOf(t, "someone@example.com")
			p.fault(t, map[string]any{"match": map[string]any{"target": "issuer", "path": "/.well-known/jwks.json"}, "count": -1, "do": map[string]any{"preset": preset}})
			p.do(t, "GET", "/api/v1/databases", bearer(unknown), "").isProblem(t, 503, "issuer_unavailable")
			p.admits(t, known)
			p.noFaults(t)
			if !eventually(func() bool {
				return p.do(t, "GET", "/api/v1/databases", bearer(unknown), "").status == 409 // known, and not connected
			}) {
				t.Error("the new key was not read after the fault had ended")
			}
		})
	}
}

// Keys that sign nothing here are keys all the same: the issuer has said that the old ones are no longer its own.
func TestAPresetThatWithdrawsTheKeysClosesTheDoor(t *testing.T) {
	p := startProduct(t)
	known := p.tokenOf(t, "someone@example.com")
	p.admits(t, known)
	p.rotate(t, false)
	unknown := p.tokenOf(t, "someone@example.com")
	p.fault(t, map[string]any{"count": -1, "do": map[string]any{"preset": "jwks_rotated"}})
	p.do(t, "GET", "/api/v1/databases", bearer(unknown), "").isProblem(t, 401, "invalid_token")
	p.do(t, "GET", "/api/v1/databases", bearer(known), "").isProblem(t, 401, "invalid_token")
}
