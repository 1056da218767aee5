package broker_test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
)

func TestKnownPolicyExplainsWhatToWriteInstead(t *testing.T) {
	for _, test := range []struct {
		name, want string
		settings   config.Config
	}{
		{"a region", `"eu-west-9", which is not a region; the regions are us-east-1, `, config.Config{AllowedRegions: []string{"eu-west-9"}}},
		{"a plan", `"fre", which is not a plan; the plans are free, payg`, config.Config{AllowedPlans: []string{"fre"}}},
		{"a typo", `"redis.stat", which is not an operation; did you mean redis.stats?`, config.Config{AllowOperations: []string{"redis.stat"}}},
		{"a wildcard", `"kafka.*", which is not an operation; guarded operations must`, config.Config{AllowOperations: []string{"kafka.*"}}},
		{"another name", `"kafka", which is not an operation; docs/integrate/operations.md`, config.Config{AllowOperations: []string{"kafka"}}},
	} {
		found := broker.KnownPolicy(&test.settings)
		if len(found) != 1 || !strings.Contains(found[0], test.want) {
			t.Errorf("%s: %q, want %q in one error", test.name, found, test.want)
		}
	}

	if found := broker.KnownPolicy(&config.Config{AllowedRegions: []string{"us-east-1"}, AllowOperations: []string{"vector.*"}}); len(found) > 0 {
		t.Errorf("known names: %q", found)
	}
}
