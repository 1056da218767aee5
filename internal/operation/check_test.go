package operation_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
)

// checked has a field of every kind.
var checked = &operation.Operation{Name: "test.checked", Fields: []operation.Field{
	{Name: "name", Type: operation.Text, Required: true, IsName: true},
	{Name: "kind", Type: operation.Text, Enum: []string{"A", "B"}},
	{Name: "region", Type: operation.Text, Bound: operation.Regions},
	{Name: "plan", Type: operation.Text, Bound: operation.Plans, Default: "payg"},
	{Name: "count", Type: operation.Integer, Min: 1, Max: 10},
	{Name: "budget", Type: operation.Integer, Bound: operation.Budget},
	{Name: "on", Type: operation.Boolean},
	{Name: "regions", Type: operation.Texts, Max: 3, Bound: operation.Regions},
}}

var bounded = operation.Policy{Regions: []string{"eu", "us"}, Plans: []string{"free"}, MaxBudget: 20}

func TestCheckReportsEveryBrokenRule(t *testing.T) {
	t.Parallel()

	for sent, want := range map[*operation.Values]string{
		{}:                                "/name required: is required",
		{"name": "a"}:                     "",
		{"name": ""}:                      "/name required: must be 1 to 64",
		{"name": "-a"}:                    "/name invalid_format: must be 1 to 64",
		{"name": "ä"}:                     "/name invalid_format: must be 1 to 64",
		{"name": "a b"}:                   "/name invalid_format: must be 1 to 64",
		{"name": strings.Repeat("a", 64)}: "",
		{"name": strings.Repeat("a", 65)}: "/name too_long: must be 1 to 64",
		{"name": "a", "kind": "a"}:        "/kind invalid_value: is not one of",
		{"name": "a", "kind": "B"}:        "",
		{"name": "a", "region": "eu"}:     "",
		{"name": "a", "region": "EU"}:     "/region not_allowed: is not a region allowed here",
		{"name": "a", "region": strings.Repeat("e", 257)}:      "/region too_long: must be at most 256",
		{"name": "a", "plan": "payg"}:                          "/plan not_allowed: is not a plan allowed here",
		{"name": "a", "count": int64(0)}:                       "/count out_of_range: must be at least 1",
		{"name": "a", "count": int64(11)}:                      "/count out_of_range: must be at most 10",
		{"name": "a", "count": int64(10)}:                      "",
		{"name": "a", "budget": int64(-1)}:                     "/budget out_of_range: must be at least 0",
		{"name": "a", "budget": int64(0)}:                      "/budget not_allowed: must be 1 to 20 here", // 0 is unlimited
		{"name": "a", "budget": int64(20)}:                     "",
		{"name": "a", "budget": int64(math.MaxInt64)}:          "/budget not_allowed: must be 1 to 20 here",
		{"name": "a", "on": false}:                             "",
		{"name": "a", "regions": []string{}}:                   "",
		{"name": "a", "regions": []string{"eu", "us"}}:         "",
		{"name": "a", "regions": []string{"eu", "xx"}}:         "/regions/1 not_allowed: is not a region allowed here",
		{"name": "a", "regions": []string{"eu", ""}}:           "/regions/1 required: must not be empty",
		{"name": "a", "regions": []string{"eu", "eu"}}:         "/regions/1 duplicate: is listed twice",
		{"name": "a", "regions": []string{"a", "b", "c", "d"}}: "/regions too_long: must be at most 3",
		{"kind": "C", "count": int64(0)}:                       "/name required: is required|/kind invalid_value: is not one of|/count out_of_range: must be at least",
	} {
		faults, wanted := checked.Check(*sent, bounded), strings.FieldsFunc(want, func(r rune) bool { return r == '|' })
		if len(faults) != len(wanted) {
			t.Errorf("%v: got %v, want %q", *sent, faults, want)
			continue
		}

		for n, fault := range faults {
			if !strings.HasPrefix(fmt.Sprintf("%s %s: %s", fault.Pointer(), fault.Code(), fault.Detail()), wanted[n]) {
				t.Errorf("%v: got %v, want %q", *sent, fault, wanted[n])
			}
		}
	}
}

// Nil lists and zero limit nothing; an empty list allows nothing.
func TestCheckWithoutAndWithEmptyPolicy(t *testing.T) {
	t.Parallel()

	sent := operation.Values{
		"name": "a", "region": "xx", "plan": "gold", "budget": int64(1 << 40), "regions": []string{"yy"},
	}
	if got := checked.Check(sent, operation.Policy{}); len(got) > 0 {
		t.Errorf("without a policy: got %v", got)
	}

	got := checked.Check(sent, operation.Policy{Regions: []string{}, Plans: []string{}, MaxBudget: 1})
	if len(got) != 4 || slices.ContainsFunc(got, func(f problem.Field) bool { return !f.NotAllowed() }) {
		t.Errorf("with an empty one: got %v, want four that are not allowed", got)
	}
}

// A create without a plan gets the default one, so that the policy decides about a plan that is known.
func TestCompleteAddsTheDefaultPlan(t *testing.T) {
	t.Parallel()

	sent := operation.Values{"name": "a"}
	for _, values := range []operation.Values{sent, nil} {
		if got := checked.Complete(values); got.Text("plan") != "payg" || got["kind"] != nil || got["budget"] != nil {
			t.Errorf("got %v, want the plan alone added", got)
		}
	}

	if len(sent) != 1 {
		t.Errorf("the caller's own values were changed to %v", sent)
	}

	if got := checked.Complete(operation.Values{"plan": "free"}); got.Text("plan") != "free" {
		t.Errorf("got %v, want the caller's plan", got)
	}

	if got := checked.Check(checked.Complete(sent), bounded); len(got) != 1 || got[0].Pointer() != "/plan" {
		t.Errorf("got %v, want the default plan rejected", got)
	}
}

// What is stored before a call is compared with it afterwards, so it must return unchanged.
func TestValuesReturnUnchanged(t *testing.T) {
	t.Parallel()

	got, err := checked.Values([]byte(
		`{"name":"a","count":9007199254740993,"budget":0,"on":false,"regions":["b","a"]}`))
	want := operation.Values{
		"name": "a", "count": int64(9007199254740993), "budget": int64(0), "on": false, "regions": []string{"b", "a"},
	}

	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("got %v (-want +got):\n%s", err, diff)
	}

	for _, wrong := range []string{`{"Name":"a"}`, `{"other":1}`, `{"count":"1"}`, `{"count":1.5}`, `{"on":1}`, `[]`, ``} {
		if got, err := checked.Values([]byte(wrong)); err == nil {
			t.Errorf("%s: got %v, want an error", wrong, got)
		}
	}
}

func TestPlanSettlesWithEveryValueThatWasSent(t *testing.T) {
	t.Parallel()

	plan, _ := operation.Find("redis.plan")
	for _, row := range []struct {
		sent, after operation.Values
		want        bool
	}{
		{operation.Values{"plan_name": "payg"}, operation.Values{"type": "payg"}, true},
		{operation.Values{"plan_name": "payg"}, operation.Values{"type": "free"}, false},
		{operation.Values{"plan_name": "payg"}, operation.Values{}, false},
		{
			operation.Values{"plan_name": "payg", "auto_upgrade": true},
			operation.Values{"type": "payg", "auto_upgrade": false},
			false,
		},
		{operation.Values{"plan_name": "payg", "auto_upgrade": true}, operation.Values{"type": "payg"}, false},
		{
			operation.Values{"plan_name": "payg", "auto_upgrade": true},
			operation.Values{"type": "payg", "auto_upgrade": true},
			true,
		},
	} {
		if got := plan.Settle(operation.Settling{Sent: row.sent, After: row.after}); got != row.want {
			t.Errorf("sent %v, now %v: settled %t, want %t", row.sent, row.after, got, row.want)
		}
	}
}

// A reset is in effect only when the secrets were known before and are others now.
func TestResetsSettleByOtherSecrets(t *testing.T) {
	t.Parallel()

	count := 0
	for _, called := range operation.All() {
		if called.Effect != operation.Change || len(called.Fields) > 0 || called.Settle == nil {
			continue
		}
		count++

		for pair, want := range map[[2]string]bool{{"a", "b"}: true, {"a", "a"}: false, {"", "b"}: false, {"a", ""}: false} {
			if got := called.Settle(operation.Settling{Before: pair[0], Digest: pair[1]}); got != want {
				t.Errorf("%s: %q: settled %t, want %t", called.Name, fmt.Sprint(pair), got, want)
			}
		}
	}

	if count != 4 {
		t.Errorf("%d operations reset secrets, want 4", count)
	}
}
