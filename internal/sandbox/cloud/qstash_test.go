package cloud_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestEveryAccountHasOneQStashUser(t *testing.T) {
	s := sandboxtest.Start(t)
	u, other := sandboxtest.NewUser(t, s, "a@example.com"), sandboxtest.NewUser(t, s, "b@example.com")

	ids := make([]string, 8)

	var listing sync.WaitGroup
	for i := range ids {
		listing.Go(func() { ids[i] = u.QStash() })
	}
	listing.Wait()

	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Fatalf("lists at once: got the ids %v, want one", ids)
		}
	}

	list := u.Send("GET", "/v2/qstash/users", "")
	got := u.Send("GET", "/v2/qstash/user/"+ids[0], "")
	sandboxtest.Want(t, list, 200, "["+got.Body+"]") // with its secrets

	for member, value := range map[string]string{
		"customer_id": u.Email, "created_by": u.Email, "region": "eu-central-1", "type": "paid", "state": "active",
		"active": "true", "reserved_type": "", "prometheus_enabled": "false", "deletion_time": "0", "budget": "0",
	} {
		if found := fmt.Sprint(got.Field(t, member)); found != value {
			t.Errorf("%s: got %s, want %s", member, found, value)
		}
	}

	raw, err := base64.StdEncoding.DecodeString(got.Text(t, "token"))
	if err != nil || !strings.HasPrefix(string(raw), `{"UserID":"`) {
		t.Errorf("token: got %q (%v)", raw, err)
	}

	sandboxtest.Want(t, other.Send("GET", "/v2/qstash/user/"+ids[0], ""), 404, `"qstash user not found"`)

	if other.QStash() == ids[0] {
		t.Error("two accounts have one QStash user")
	}
}

func TestARotatedQStashTokenIsReturned(t *testing.T) {
	u := sandboxtest.NewUser(t, sandboxtest.Start(t), "a@example.com")
	id := u.QStash()
	before := u.Send("GET", "/v2/qstash/user/"+id, "")

	after := u.Send("POST", "/v2/qstash/rotate-token/"+id, "")
	for _, member := range []string{"token", "read_only_token"} {
		if after.Status != 200 || after.Text(t, member) == before.Text(t, member) {
			t.Errorf("%s is as before", member)
		}
	}
	sandboxtest.Want(t, u.Send("GET", "/v2/qstash/user/"+id, ""), 200, after.Body)
	sandboxtest.Want(t, u.Send("POST", "/v2/qstash/rotate-token/nope", ""), 404, `"qstash user not found"`)
}

func TestPlanBudgetAndPackOfQStash(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.QStash()
	read := func(member string) string {
		return fmt.Sprint(u.Send("GET", "/v2/qstash/user/"+id, "").Field(t, member))
	}

	u.Ok("POST", "/v2/qstash/set-plan/"+id, `{"plan_name":"qstash_fixed_1m"}`)

	if read("reserved_type") != "qstash_fixed_1m" || read("type") != "paid" || read("last_plan_upgrade_time") == "0" {
		t.Errorf("after a change of plan: got %s and %s", read("reserved_type"), read("type"))
	}
	sandboxtest.Want(t, u.Send("POST", "/v2/qstash/set-plan/"+id, `{"plan_name":"free"}`), 400, `"invalid plan"`)

	for budget, accepted := range map[string]bool{
		"100": true, "0": true, "20": true, "10000": true, "19": false, "10001": false, "-1": false, "null": false,
	} {
		got := u.Send("PATCH", "/v2/qstash/update-budget/"+id, `{"budget":`+budget+`}`)
		if (got.Status == http.StatusOK) != accepted || (accepted && read("budget") != budget) {
			t.Errorf("budget %s: got %d %s, then %s", budget, got.Status, got.Body, read("budget"))
		}
	}

	for _, row := range []struct{ verb, on, again string }{
		{"enable", "true", `"production pack is already enabled"`},
		{"disable", "false", `"production pack is already disabled"`},
	} {
		u.Ok("POST", "/v2/qstash/"+row.verb+"-prodpack/"+id, "")

		if got := read("prod_pack_enabled"); got != row.on {
			t.Errorf("%s: got %s", row.verb, got)
		}
		sandboxtest.Want(t, u.Send("POST", "/v2/qstash/"+row.verb+"-prodpack/"+id, ""), 400, row.again)
	}

	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free"}`)
	free := sandboxtest.NewUser(t, s, "free@example.com")
	held := free.QStash()

	const refused = `"plan is not available for free accounts"`
	sandboxtest.Want(t, free.Send("POST", "/v2/qstash/set-plan/"+held, `{"plan_name":"paid"}`), 400, refused)
	sandboxtest.Want(t, free.Send("POST", "/v2/qstash/enable-prodpack/"+held, ""), 400, refused)

	if got := free.Send("GET", "/v2/qstash/user/"+held, "").Text(t, "type"); got != "free" {
		t.Errorf("a free account's: got type %q", got)
	}
}

func TestQStashIsMovedToATeam(t *testing.T) {
	u := sandboxtest.NewUser(t, sandboxtest.Start(t), "a@example.com")
	id, team := u.QStash(), u.Team()
	move := func(id, team string) sandboxtest.Response {
		return u.Send(
			"POST", "/v2/qstash/move-to-team", fmt.Sprintf(`{"qstash_id":%q,"target_team_id":%q}`, id, team),
		)
	}
	sandboxtest.Want(t, move(id, "nope"), 404, `"team not found"`)
	sandboxtest.Want(t, move("nope", team), 404, `"qstash user not found"`)
	sandboxtest.Want(t, move(id, team), 200, `"OK"`)

	acting := u.TeamKey(team)
	if got := acting.QStash(); got != id {
		t.Errorf("the team's: got %s, want %s", got, id)
	}

	if got := acting.Send("GET", "/v2/qstash/user/"+id, "").Text(t, "customer_id"); got != team {
		t.Errorf("customer_id: got %s, want the team's id", got)
	}

	another := u.QStash()
	if another == id {
		t.Error("the account still has what it moved")
	}
	sandboxtest.Want(t, move(another, team), 400, `"team already has qstash in this region"`)

	if got := u.QStash(); got != another {
		t.Errorf("after a rejected move: got %s, want %s", got, another)
	}
}

func TestStatsAndAddressesOfQStash(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")

	got := u.Send("GET", "/v2/qstash/stats/"+u.QStash()+"?period=7d", "")
	if got.Status != 200 || len(got.Field(t, "daily_requests").([]any)) != 1 {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	sandboxtest.Want(t, u.Send("GET", "/v2/qstash/stats/nope", ""), 404, `"qstash user not found"`)
	// Without a key.
	sandboxtest.Want(
		t, sandboxtest.Call(t, "GET", s.UpstashURL()+"/v2/qstash/ipv4", ""), 200, `["192.0.2.1/32","198.51.100.1/32"]`,
	)
	sandboxtest.Want(
		t, sandboxtest.Call(t, "GET", s.UpstashURL()+"/v2/qstash/users", ""), 401, `{"error":"Unauthorized"}`,
	)
}

func TestAReadOnlyKeyReadsQStashWithoutTheFullToken(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	made := sandboxtest.Call(
		t, "POST", s.ControlURL()+"/accounts/a@example.com/keys", `{"name":"reader","read_only":true}`,
	)
	reader := sandboxtest.User{T: t, S: s, Email: u.Email, Key: made.Text(t, "secret")}

	got := reader.Send("GET", "/v2/qstash/user/"+reader.QStash(), "")
	if got.Status != 200 || got.Field(t, "token") != nil || got.Text(t, "read_only_token") == "" {
		t.Errorf("got %d %s, want the read-only token alone", got.Status, got.Body)
	}
	sandboxtest.Want(t, reader.Send("POST", "/v2/qstash/rotate-token/nope", ""), 403,
		`"Readonly API key can not be used for this operation"`)
}
