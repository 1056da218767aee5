// Package fault plays the failures of a far end on requests that match a rule:
// delays, made-up answers, connections that end before or after the work was
// done, answers cut in the middle. With no rule set it does nothing.
package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// The listeners a fault can be played on.
const (
	TargetUpstash = "upstash"
	TargetIssuer  = "issuer"
)

// The moments at which a connection can be dropped.
const (
	DropBeforeCommit = "before_commit"
	DropAfterCommit  = "after_commit"
)

// Rule says which requests meet which fault, and how many of them.
type Rule struct {
	Match Match `json:"match"`
	Count int   `json:"count"` // 0 means 1; -1 means until the rules are cleared
	Do    Do    `json:"do"`
}

// Match picks requests. Empty members match all.
type Match struct {
	Target string `json:"target"` // required
	Method string `json:"method"`
	Path   string `json:"path"` // exact, or a prefix when it ends with *
	// Email is of the Basic user or of the token's claim; upstash only.
	Email string `json:"email"`
}

// Do is the fault. DelayMS goes with any of the others; Status, Headers and Body
// belong together and may be cut short by CutAtByte.
type Do struct {
	DelayMS   int               `json:"delay_ms"`
	Status    int               `json:"status"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"` // a string is sent raw, all else as JSON
	Drop      string            `json:"drop"`
	CutAtByte *int              `json:"cut_at_byte"`
	COOP      string            `json:"coop"`
}

// Check tells everything that is wrong with the rule.
func (r Rule) Check() error {
	var faults []error
	refuse := func(format string, arguments ...any) { faults = append(faults, fmt.Errorf(format, arguments...)) }

	if r.Match.Target != TargetUpstash && r.Match.Target != TargetIssuer {
		refuse("match.target: upstash or issuer expected")
	}
	if r.Match.Email != "" && r.Match.Target != TargetUpstash {
		refuse("match.email: only requests to upstash carry an e-mail")
	}
	if r.Match.Path != "" && r.Match.Path != "*" && !strings.HasPrefix(r.Match.Path, "/") {
		refuse("match.path: must begin with /")
	}
	if r.Count < -1 {
		refuse("count: a positive number expected, or -1 for no end")
	}
	if r.Do.DelayMS < 0 {
		refuse("do.delay_ms: must not be negative")
	}
	if r.Do.Status != 0 && (r.Do.Status < 200 || r.Do.Status > 599) {
		refuse("do.status: 200 to 599 expected")
	}
	if r.Do.Status == 0 && (len(r.Do.Headers) > 0 || len(r.Do.Body) > 0) {
		refuse("do.status: required with headers or body")
	}
	for name, value := range r.Do.Headers {
		if http.CanonicalHeaderKey(name) == "" || strings.ContainsAny(name+value, "\r\n\x00") || strings.ContainsAny(name, " :") {
			refuse("do.headers: %q is no header", name)
		}
	}
	switch r.Do.Drop {
	case "", DropBeforeCommit, DropAfterCommit:
	default:
		refuse("do.drop: before_commit or after_commit expected")
	}
	if r.Do.CutAtByte != nil && *r.Do.CutAtByte < 0 {
		refuse("do.cut_at_byte: must not be negative")
	}
	if r.Do.Drop != "" && (r.Do.Status != 0 || r.Do.CutAtByte != nil) {
		refuse("do.drop: goes with delay_ms only")
	}
	if r.Do.COOP != "" && r.Match.Target != TargetIssuer {
		refuse("do.coop: for the issuer only")
	}
	if r.Do.DelayMS == 0 && r.Do.Status == 0 && r.Do.Drop == "" && r.Do.CutAtByte == nil && r.Do.COOP == "" {
		refuse("do: names no fault")
	}
	return errors.Join(faults...)
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
	return m.Email == "" || strings.EqualFold(m.Email, email())
}

// name is the word for the journal.
func (d Do) name() string {
	words := []string{}
	add := func(played bool, word string) {
		if played {
			words = append(words, word)
		}
	}
	add(d.DelayMS > 0, "delay")
	add(d.Status != 0, "status")
	add(d.Drop != "", "drop_"+d.Drop)
	add(d.CutAtByte != nil, "cut")
	add(d.COOP != "", "coop")
	return strings.Join(words, ",")
}
