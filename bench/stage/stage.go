// Package stage reports where the time of a request goes: it reads a CPU profile of the product and adds up its
// samples by purpose.
package stage

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Share is a part of the time.
type Share struct {
	Name string
	Of   float64 // 0 to 1
}

type rule struct{ name, prefix string }

// wholes are functions that own all samples beneath them, whatever package the callee is in.
var wholes = []rule{
	{"garbage collector", "runtime.gcBgMarkWorker"},
	{"garbage collector", "runtime.gcAssistAlloc"},
	{"garbage collector", "runtime.bgsweep"},
	{"garbage collector", "runtime.bgscavenge"},
	{"scheduler", "runtime.schedule"},
	{"scheduler", "runtime.findRunnable"},
	{"scheduler", "runtime.park_m"},
	{"scheduler", "runtime.sysmon"},
	{"Upstash's response: one pass to the allow-list", product + "internal/upstash.readAnswer"},
	{"encoding, entity tag", product + "api.appendDatabases"},
	{"encoding, entity tag", product + "api.tagged"},
	{"access log", product + "api.(*Server).log"},
	{"access log", product + "internal/logbuffer."},
	{"metrics, traces", product + "internal/server.(*Server).observe"},
}

// stages map the prefix of a function's name to its purpose. Any other sample belongs to the innermost function on
// its stack that has a stage: memory that a lookup allocates counts as the lookup's.
var stages = []rule{
	{"call to Upstash: bytes on the wire", product + "internal/upstash."},
	{"call to Upstash: bytes on the wire", "net/http.(*persistConn)"},
	{"call to Upstash: bytes on the wire", "net/http.(*Transport)"},
	{"authentication: token, session", product + "internal/auth."},
	{"authentication: token, session", product + "internal/session."},
	{"connection and key", product + "internal/keys."},
	{"connection and key", product + "internal/db."},
	{"connection and key", product + "internal/seal."},
	{"limits", product + "internal/limit."},
	{"mapping, list cache", product + "internal/proxy."},
	{"mapping, list cache", product + "internal/inflight."},
	{"metrics, traces", product + "internal/server."},
	{"metrics, traces", product + "internal/telemetry."},
	{"request checks, routing", product + "api."},
	{"request checks, routing", "github.com/labstack/echo/"},
	{"HTTP with the caller", "net/http."},
}

const (
	product = "github.com/upstash-connect/bff/"
	rest    = "everything else"
)

// Of reads a profile as net/http/pprof writes it. The largest share comes first; samples without a stage come last.
func Of(profiled []byte) ([]Share, error) {
	read, err := profile.Parse(bytes.NewReader(profiled))
	if err != nil {
		return nil, fmt.Errorf("read the profile: %w", err)
	}

	spent, total := map[string]int64{}, int64(0)
	for _, sample := range read.Sample {
		took := sample.Value[len(sample.Value)-1]
		spent[stageOf(sample)] += took
		total += took
	}

	if total == 0 {
		return nil, fmt.Errorf("the profile has no samples: the server had nothing to do")
	}

	var shares []Share
	for name, took := range spent {
		shares = append(shares, Share{Name: name, Of: float64(took) / float64(total)})
	}
	slices.SortFunc(shares, func(a, b Share) int {
		switch {
		case a.Name == rest:
			return 1
		case b.Name == rest, a.Of > b.Of:
			return -1
		case a.Of < b.Of:
			return 1
		}

		return strings.Compare(a.Name, b.Name)
	})

	return shares, nil
}

func stageOf(sample *profile.Sample) string {
	for _, rules := range [][]rule{wholes, stages} {
		for _, location := range sample.Location { // from the innermost on
			for _, line := range location.Line {
				if name, ok := match(rules, line.Function); ok {
					return name
				}
			}
		}
	}

	return rest
}

func match(rules []rule, function *profile.Function) (string, bool) {
	for _, rule := range rules {
		if function != nil && strings.HasPrefix(function.Name, rule.prefix) {
			return rule.name, true
		}
	}

	return "", false
}
