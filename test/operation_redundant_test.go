package test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/test/harness"
)

// Upstash rejects a switch that is already in its position. That is a success; the same word in another rejection is
// not.
func TestSwitchThatIsAlreadyInItsPosition(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m, made := startWithOperations(t, harness.WithFront(t, &f))
	eviction, _ := operation.Find("redis.eviction")
	call := harness.Sample(eviction, made)

	for _, key := range []string{"first", "second"} {
		if got := m.Operate(t, call, key).Is(t, 200); !strings.Contains(got.Body, `"eviction":true`) {
			t.Errorf("%s: got %s, want it on", key, got.Body)
		}
	}
	call.Body = `{"eviction":false}`

	f.RespondsWith("POST", "/v2/redis/disable-eviction/"+made.Database, http.StatusBadRequest, nil,
		`"database is already being modified"`)
	m.Operate(t, call, "third").IsProblem(t, 502, "upstream_error")
	f.Intercept(nil)

	if got := m.Operate(t, call, "third").Is(t, 200); !strings.Contains(got.Body, `"eviction":false`) {
		t.Errorf("the same key again: got %s, want it off", got.Body)
	}
}

// A lost plan change is done only when auto_upgrade is in effect too.
func TestLostPlanChangeWithAutoUpgrade(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m, made := startWithOperations(t, harness.WithFront(t, &f))
	plan, _ := operation.Find("redis.plan")
	call := harness.Sample(plan, made)
	call.Body = `{"plan_name":"payg","auto_upgrade":true}` // the plan that it already has

	f.RespondsWith("POST", "/v2/redis/"+made.Database+"/change-plan", http.StatusInternalServerError, nil, "")
	m.Operate(t, call, "key").IsProblem(t, 504, "outcome_uncertain")
	f.Intercept(nil)

	if database := m.Account(t, m.Email).Databases[0]; database["auto_upgrade"] == true {
		t.Fatalf("got %v: the change was not lost", database)
	}
	harness.Eventually(func() bool { return m.Operate(t, call, "key").Status == 200 })

	if got := m.Operate(t, call, "key").Is(t, 200); !strings.Contains(got.Body, `"auto_upgrade":true`) {
		t.Errorf("got %s, want it on", got.Body)
	}
}
