// Package fault injects failures into requests that match a rule or name a fault in a header: delays, made-up and
// corrupted responses, floods, and connections that end before or after the work is done. Without a rule or a header
// it does nothing.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// The listeners that a fault can apply to.
const (
	TargetUpstash = "upstash"
	TargetIssuer  = "issuer"
	TargetRedis   = "redis" // databases over REST
)

// Rule selects requests, the fault to inject, and how often.
type Rule struct {
	Match Match `json:"match"`
	Count int   `json:"count"` // 0 means 1; -1 means until the rule is removed
	// Probability applies to each matching request: above 0 and up to 1; nil means 1. Count counts injected faults,
	// not matches.
	Probability *float64 `json:"probability,omitempty"`
	Do          Do       `json:"do"`
}

// Match picks requests. Empty members match all.
type Match struct {
	Target string `json:"target"` // required, unless the preset is for one listener only
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"` // exact, or a prefix when it ends with *
	// Email matches the e-mail of the Basic user or of the token's claim; at the issuer, that of the login, the code,
	// the token or the form; at a database, that of its owner.
	Email string `json:"email,omitempty"`
	// Header is "Name", which matches any value, or "Name: value".
	Header string `json:"header,omitempty"`
}

// Resolve expands the rule's preset.
func (r Rule) Resolve() (Rule, error) {
	if r.Do.Preset == "" {
		return r, nil
	}

	preset, ok := presetNamed(r.Do.Preset)
	if !ok {
		return r, fmt.Errorf("do.preset: unknown preset %q; GET /faults/presets lists them", r.Do.Preset)
	}

	if r.Match.Target == "" && r.Match.Path == "" {
		r.Match.Target, r.Match.Path = preset.Target, preset.Path
	}
	r.Do = r.Do.over(preset.Do)

	return r, nil
}

// Check reports every error in a resolved rule.
func (r Rule) Check() error {
	var faults []error
	refuse := func(format string, arguments ...any) { faults = append(faults, fmt.Errorf(format, arguments...)) }

	switch r.Match.Target {
	case TargetUpstash, TargetIssuer, TargetRedis:
	default:
		refuse("match.target: upstash, issuer or redis expected")
	}

	if r.Match.Path != "" && r.Match.Path != "*" && !strings.HasPrefix(r.Match.Path, "/") {
		refuse("match.path: must begin with /")
	}

	if name, _ := r.Match.header(); r.Match.Header != "" && !isHeaderName(name) {
		refuse("match.header: %q is not a header name", name)
	}

	if r.Count < -1 {
		refuse("count: a positive number expected, or -1 for no end")
	}

	if r.Probability != nil && !(*r.Probability > 0 && *r.Probability <= 1) {
		refuse("probability: more than 0 and at most 1 expected")
	}

	if r.Do.COOP != "" && r.Match.Target != TargetIssuer {
		refuse("do.coop: for the issuer only")
	}

	return errors.Join(append(faults, r.Do.check())...)
}

func (m Match) header() (name, value string) {
	name, value, _ = strings.Cut(m.Header, ":")
	return strings.TrimSpace(name), strings.TrimSpace(value)
}

func (m Match) fits(target string, r *http.Request, email func() string) bool {
	if m.Target != target || (m.Method != "" && !strings.EqualFold(m.Method, r.Method)) {
		return false
	}

	prefix, open := strings.CutSuffix(m.Path, "*")
	switch {
	case m.Path == "":
	case open && !strings.HasPrefix(r.URL.Path, prefix):
		return false
	case !open && r.URL.Path != m.Path:
		return false
	}

	if name, value := m.header(); name != "" {
		got := r.Header.Values(name)
		if len(got) == 0 || (value != "" && got[0] != value) {
			return false
		}
	}

	return m.Email == "" || strings.EqualFold(m.Email, email())
}
