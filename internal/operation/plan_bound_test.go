package operation_test

import (
	"testing"

	"github.com/upstash-connect/bff/internal/operation"
)

// An automatic upgrade leads to any larger plan, so it is not allowed where the plans or the budget are bounded.
func TestAutomaticUpgradeIsBoundedLikeAPlan(t *testing.T) {
	t.Parallel()

	plan, _ := operation.Find("redis.plan")
	free := []string{"free"}

	for name, row := range map[string]struct {
		upgrade bool
		policy  operation.Policy
		want    int // errors
	}{
		"unbounded":      {true, operation.Policy{}, 0},
		"bounded plans":  {true, operation.Policy{Plans: free}, 1},
		"bounded budget": {true, operation.Policy{MaxBudget: 10}, 1},
		"switched off":   {false, operation.Policy{Plans: free, MaxBudget: 10}, 0},
		"several plans":  {true, operation.Policy{Plans: []string{"free", "payg"}}, 1},
	} {
		sent := operation.Values{"plan_name": "free", "auto_upgrade": row.upgrade}

		got := plan.Check(sent, row.policy)
		if len(got) != row.want || (len(got) > 0 && (got[0].Pointer() != "/auto_upgrade" || !got[0].NotAllowed())) {
			t.Errorf("%s: got %+v, want %d errors", name, got, row.want)
		}
	}
}
