package cloud_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestADatabaseIsRenamed(t *testing.T) {
	u := sandboxtest.NewUser(t, sandboxtest.Start(t), "a@example.com")

	id := u.Create("x")
	if got := u.Send(
		"POST",
		"/v2/redis/rename/"+id,
		`{"name":"y"}`,
	); got.Status != 200 ||
		got.Text(t, "database_name") != "y" {
		t.Errorf("got %d %s", got.Status, got.Body)
	}

	if got := u.Read(id).Text(t, "database_name"); got != "y" {
		t.Errorf("read back: got %q, want y", got)
	}
	sandboxtest.Want(t, u.Send("POST", "/v2/redis/rename/"+id, `{}`), 400, `"database name is required"`)
	sandboxtest.Want(t, u.Send("POST", "/v2/redis/rename/nope", `{"name":"y"}`), 404, `"database not found"`)
}

func TestAResetPasswordChangesAllSecretsAndCutsClientsOff(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.Create("x")
	before := u.Read(id)

	old := sandboxtest.DialRedis(t, s, before.Text(t, "password"))
	if got := old.Do(t, "PING"); got != "+PONG" {
		t.Fatalf("before: got %q", got)
	}

	after := u.Send("POST", "/v2/redis/reset-password/"+id, "")
	for _, member := range []string{"password", "rest_token", "read_only_rest_token"} {
		if after.Status != 200 || after.Text(t, member) == before.Text(t, member) {
			t.Errorf("%s is as before", member)
		}
	}
	sandboxtest.Want(t, u.Read(id), 200, strings.TrimSpace(after.Body))

	if got := old.Do(t, "PING"); got != "" {
		t.Errorf("an old connection still answers %q", got)
	}

	if got := sandboxtest.DialRedis(
		t, s, before.Text(t, "password"),
	).Do(
		t, "PING",
	); !strings.HasPrefix(
		got, "-NOAUTH",
	) {
		t.Errorf("the old password: got %q, want no entrance", got)
	}

	if got := sandboxtest.DialRedis(t, s, after.Text(t, "password")).Do(t, "PING"); got != "+PONG" {
		t.Errorf("the new password: got %q", got)
	}
}

func TestSwitchesOfADatabase(t *testing.T) {
	u := sandboxtest.NewUser(t, sandboxtest.Start(t), "a@example.com")

	id := u.Create("x")
	for _, row := range []struct{ name, member, on, off string }{
		{"eviction", "eviction", `"eviction is already enabled"`, `"eviction is already disabled"`},
		{"autoupgrade", "auto_upgrade", `"auto upgrade is already enabled"`, `"auto upgrade is already disabled"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := sandboxtest.User{T: t, S: u.S, Email: u.Email, Key: u.Key}
			sandboxtest.Want(t, u.Send("POST", "/v2/redis/disable-"+row.name+"/"+id, ""), 400, row.off)
			u.Ok("POST", "/v2/redis/enable-"+row.name+"/"+id, "")

			if u.Read(id).Field(t, row.member) != true {
				t.Error("not on")
			}
			sandboxtest.Want(t, u.Send("POST", "/v2/redis/enable-"+row.name+"/"+id, ""), 400, row.on)
			u.Ok("POST", "/v2/redis/disable-"+row.name+"/"+id, "")

			if u.Read(id).Field(t, row.member) != false {
				t.Error("still on")
			}
			sandboxtest.Want(t, u.Send("POST", "/v2/redis/enable-"+row.name+"/nope", ""), 404, `"database not found"`)
		})
	}

	if got := u.Send("POST", "/v2/redis/enable-tls/"+id, ""); got.Status != 200 || got.Field(t, "tls") != false {
		t.Errorf("enable-tls at a plain listener: got %d %s, want 200 and what holds", got.Status, got.Body)
	}
}

func TestPlanBudgetAndRegionsAreChanged(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.Create("x")
	u.Ok(
		"POST",
		"/v2/redis/"+id+"/change-plan",
		`{"plan_name":"fixed_1gb","auto_upgrade":true,"prod_pack_enabled":true}`,
	)

	got := u.Read(id)
	if got.Text(t, "type") != "pro" || got.Field(t, "auto_upgrade") != true ||
		got.Field(t, "prod_pack_enabled") != true {
		t.Errorf("after the change of plan: %s", got.Body)
	}
	u.Ok("POST", "/v2/redis/change-plan/"+id, `{"plan":"payg"}`) // as Upstash's command line sends it

	if got := u.Read(id).Text(t, "type"); got != "payg" {
		t.Errorf("type: got %q, want payg", got)
	}
	sandboxtest.Want(t, u.Send("POST", "/v2/redis/"+id+"/change-plan", `{"plan_name":"gold"}`), 400, `"invalid plan"`)

	u.Ok("PATCH", "/v2/redis/update-budget/"+id, `{"budget":360}`)

	if got := fmt.Sprint(u.Read(id).Field(t, "budget")); got != "360" {
		t.Errorf("budget: got %s", got)
	}
	sandboxtest.Want(t, u.Send("PATCH", "/v2/redis/update-budget/"+id, `{}`), 400, `"invalid budget"`)

	u.Ok("POST", "/v2/redis/update-regions/"+id, `{"read_regions":["us-west-1","us-west-2"]}`)

	if got := fmt.Sprint(u.Read(id).Field(t, "all_members")); got != "[us-east-1 us-west-1 us-west-2]" {
		t.Errorf("regions: got %s", got)
	}
	sandboxtest.Want(
		t,
		u.Send("POST", "/v2/redis/update-regions/"+id, `{"read_regions":["us-east-1"]}`),
		400,
		`"primary region can not be a read region"`,
	)
	sandboxtest.Want(t, u.Send("POST", "/v2/redis/update-regions/"+id, `{}`), 400, `"invalid read region"`)

	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free"}`)
	free := sandboxtest.NewUser(t, s, "free@example.com")
	sandboxtest.Want(
		t,
		free.Send("POST", "/v2/redis/"+free.Create("y")+"/change-plan", `{"plan_name":"payg"}`),
		400,
		`"plan is not available for free accounts"`,
	)
}

func TestStatsCountWhatWasDone(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.Create("x")

	client := sandboxtest.DialRedis(t, s, u.Read(id).Text(t, "password"))
	for _, command := range []string{"SET a 1", "SET b 2", "GET a"} {
		client.Do(t, strings.Fields(command)...)
	}

	got := u.Send("GET", "/v2/redis/stats/"+id+"?period=1h", "")
	for member, value := range map[string]string{"daily_read_requests": "1", "daily_write_requests": "2", "total_monthly_write_requests": "2"} {
		if found := fmt.Sprint(got.Field(t, member)); found != value {
			t.Errorf("%s: got %s, want %s", member, found, value)
		}
	}

	keys := got.Field(t, "keyspace").([]any)[0].(map[string]any)
	if fmt.Sprint(keys["y"]) != "2" {
		t.Errorf("keyspace: got %v, want 2", keys)
	}

	if _, err := time.Parse("2006-01-02 15:04:05.999999999 -0700 MST", keys["x"].(string)); err != nil {
		t.Errorf("time of a point: %v", err)
	}
	sandboxtest.Want(t, u.Send("GET", "/v2/redis/stats/nope", ""), 404, `"database not found"`)
}

func TestADeletedDatabaseRejectsEveryClient(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.Create("x")
	password := u.Read(id).Text(t, "password")
	client := sandboxtest.DialRedis(t, s, password)
	client.Do(t, "SET", "a", "1")
	u.Ok("DELETE", "/v2/redis/database/"+id, "")

	if got := client.Do(t, "GET", "a"); got != "" {
		t.Errorf("a connection of before answers %q", got)
	}

	if got := sandboxtest.DialRedis(t, s, password).Do(t, "PING"); !strings.HasPrefix(got, "-NOAUTH") {
		t.Errorf("its password: got %q, want no entrance", got)
	}
}
