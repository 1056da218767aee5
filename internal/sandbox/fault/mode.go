package fault

import (
	"errors"
	"fmt"
)

// The modes a sandbox can start in: the failures every client of the real service meets on an ordinary day, and those
// of the worst day.
const (
	Realistic = "realistic"
	Strict    = "strict"
)

// chance is a preset that is injected with a given probability.
type chance struct {
	match       Match
	preset      string
	probability float64
	do          Do // overrides the preset
}

var (
	reads  = Match{Target: TargetUpstash, Method: "GET"}
	writes = Match{Target: TargetUpstash, Method: "POST"}
	calls  = Match{Target: TargetUpstash}
	issuer = Match{Target: TargetIssuer}
	jwks   = Match{Target: TargetIssuer, Path: jwksPath}
	tokens = Match{Target: TargetIssuer, Path: "/oauth/token"}
)

// modes lists the rules of each mode, tried in this order. The realistic ones do not harm a client that waits and
// retries. A client must survive the strict ones without reporting anything false.
var modes = map[string][]chance{
	Realistic: {
		{reads, "rate_limited", 0.04, Do{Headers: map[string]string{"Retry-After": "1"}}},
		{calls, "latency", 0.08, Do{DelayMS: 100, DelayMaxMS: 800}},
		{issuer, "latency", 0.08, Do{DelayMS: 100, DelayMaxMS: 800}},
	},
	Strict: {
		{reads, "rate_limited", 0.04, Do{Headers: map[string]string{"Retry-After": "1"}}},
		{reads, "json_cut", 0.04, Do{}},
		{reads, "json_html", 0.02, Do{}},
		{writes, "json_types", 0.03, Do{}},
		{writes, "json_empty", 0.03, Do{}},
		{calls, "drop_before", 0.06, Do{}},
		{calls, "drop_after", 0.08, Do{}},
		{calls, "reset_in_body", 0.05, Do{}},
		{calls, "cut", 0.05, Do{}},
		{calls, "server_error", 0.06, Do{}},
		{calls, "bad_gateway", 0.04, Do{}},
		{calls, "latency", 0.1, Do{}},
		{jwks, "jwks_empty", 0.1, Do{}},
		{jwks, "jwks_malformed", 0.1, Do{}},
		{jwks, "json_html", 0.1, Do{}},
		{tokens, "bad_gateway", 0.05, Do{}},
		{tokens, "drop_before", 0.05, Do{}},
		{issuer, "latency", 0.1, Do{}},
	},
}

// ErrMode is returned for an unknown mode.
var ErrMode = errors.New("mode: realistic, strict or nothing expected")

func rulesOf(mode string) ([]Rule, error) {
	chances, known := modes[mode]
	if mode != "" && !known {
		return nil, fmt.Errorf("%q: %w", mode, ErrMode)
	}

	var rules []Rule
	for _, chance := range chances {
		do := chance.do
		do.Preset = chance.preset

		rule, err := Rule{Match: chance.match, Count: -1, Probability: &chance.probability, Do: do}.Resolve()
		if err == nil {
			err = rule.Check()
		}

		if err != nil {
			return nil, fmt.Errorf("a rule of mode %s: %w", mode, err)
		}
		rules = append(rules, rule)
	}

	return rules, nil
}
