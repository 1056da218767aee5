package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// user is somebody with a key, whose every exchange with the Developer API is
// held to the vendor's document where that is at hand.
type user struct {
	t          *testing.T
	s          *sandbox.Sandbox
	email, key string
}

func newUser(t *testing.T, s *sandbox.Sandbox, email string) user {
	t.Helper()
	return user{t, s, email, mustMint(t, s, email)}
}

func (u user) send(method, path, body string) answer {
	u.t.Helper()
	request := newRequest(u.t, method, u.s.UpstashURL()+path, body)
	request.SetBasicAuth(u.email, u.key)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return judged(u.t, request, body)
}

func judged(t *testing.T, request *http.Request, body string) answer {
	t.Helper()
	got := send(t, http.DefaultClient, request)
	document, err := vendorsContract()
	if err != nil {
		t.Fatal(err)
	}
	if document != nil {
		document.hold(t, exchangeOf{request.Method, request.URL.RequestURI(), request.Header.Get("Content-Type"), body, got})
	}
	return got
}

// create makes a database and returns its id.
func (u user) create(name string) string {
	u.t.Helper()
	got := u.send("POST", "/v2/redis/database", fmt.Sprintf(`{"database_name":%q,"platform":"aws","primary_region":"us-east-1"}`, name))
	if got.status != http.StatusOK {
		u.t.Fatalf("create: got %d %s", got.status, got.body)
	}
	return got.text(u.t, "database_id")
}

func (u user) read(id string) answer {
	u.t.Helper()
	return u.send("GET", "/v2/redis/database/"+id, "")
}

func (u user) ok(method, path, body string) {
	u.t.Helper()
	want(u.t, u.send(method, path, body), 200, `"OK"`)
}

func TestADatabaseIsRenamed(t *testing.T) {
	u := newUser(t, start(t), "a@example.com")
	id := u.create("x")
	if got := u.send("POST", "/v2/redis/rename/"+id, `{"name":"y"}`); got.status != 200 || got.text(t, "database_name") != "y" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := u.read(id).text(t, "database_name"); got != "y" {
		t.Errorf("read back: got %q, want y", got)
	}
	want(t, u.send("POST", "/v2/redis/rename/"+id, `{}`), 400, `"database name is required"`)
	want(t, u.send("POST", "/v2/redis/rename/nope", `{"name":"y"}`), 404, `"database not found"`)
}

func TestAResetPasswordChangesAllSecretsAndCutsClientsOff(t *testing.T) {
	s := start(t)
	u := newUser(t, s, "a@example.com")
	id := u.create("x")
	before := u.read(id)
	old := dialRedis(t, s, before.text(t, "password"))
	if got := old.do(t, "PING"); got != "+PONG" {
		t.Fatalf("before: got %q", got)
	}
	after := u.send("POST", "/v2/redis/reset-password/"+id, "")
	for _, member := range []string{"password", "rest_token", "read_only_rest_token"} {
		if after.status != 200 || after.text(t, member) == before.text(t, member) {
			t.Errorf("%s is as before", member)
		}
	}
	want(t, u.read(id), 200, strings.TrimSpace(after.body))
	if got := old.do(t, "PING"); got != "" {
		t.Errorf("an old connection still answers %q", got)
	}
	if got := dialRedis(t, s, before.text(t, "password")).do(t, "PING"); !strings.HasPrefix(got, "-NOAUTH") {
		t.Errorf("the old password: got %q, want no entrance", got)
	}
	if got := dialRedis(t, s, after.text(t, "password")).do(t, "PING"); got != "+PONG" {
		t.Errorf("the new password: got %q", got)
	}
}

func TestSwitchesOfADatabase(t *testing.T) {
	u := newUser(t, start(t), "a@example.com")
	id := u.create("x")
	for _, row := range []struct{ name, member, on, off string }{
		{"eviction", "eviction", `"eviction is already enabled"`, `"eviction is already disabled"`},
		{"autoupgrade", "auto_upgrade", `"auto upgrade is already enabled"`, `"auto upgrade is already disabled"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := user{t, u.s, u.email, u.key}
			want(t, u.send("POST", "/v2/redis/disable-"+row.name+"/"+id, ""), 400, row.off)
			u.ok("POST", "/v2/redis/enable-"+row.name+"/"+id, "")
			if u.read(id).field(t, row.member) != true {
				t.Error("not on")
			}
			want(t, u.send("POST", "/v2/redis/enable-"+row.name+"/"+id, ""), 400, row.on)
			u.ok("POST", "/v2/redis/disable-"+row.name+"/"+id, "")
			if u.read(id).field(t, row.member) != false {
				t.Error("still on")
			}
			want(t, u.send("POST", "/v2/redis/enable-"+row.name+"/nope", ""), 404, `"database not found"`)
		})
	}
	if got := u.send("POST", "/v2/redis/enable-tls/"+id, ""); got.status != 200 || got.field(t, "tls") != false {
		t.Errorf("enable-tls at a plain listener: got %d %s, want 200 and what holds", got.status, got.body)
	}
}

func TestPlanBudgetAndRegionsAreChanged(t *testing.T) {
	s := start(t)
	u := newUser(t, s, "a@example.com")
	id := u.create("x")
	u.ok("POST", "/v2/redis/"+id+"/change-plan", `{"plan_name":"fixed_1gb","auto_upgrade":true,"prod_pack_enabled":true}`)
	got := u.read(id)
	if got.text(t, "type") != "pro" || got.field(t, "auto_upgrade") != true || got.field(t, "prod_pack_enabled") != true {
		t.Errorf("after the change of plan: %s", got.body)
	}
	u.ok("POST", "/v2/redis/change-plan/"+id, `{"plan":"payg"}`) // as Upstash's command line sends it
	if got := u.read(id).text(t, "type"); got != "payg" {
		t.Errorf("type: got %q, want payg", got)
	}
	want(t, u.send("POST", "/v2/redis/"+id+"/change-plan", `{"plan_name":"gold"}`), 400, `"invalid plan"`)

	u.ok("PATCH", "/v2/redis/update-budget/"+id, `{"budget":360}`)
	if got := fmt.Sprint(u.read(id).field(t, "budget")); got != "360" {
		t.Errorf("budget: got %s", got)
	}
	want(t, u.send("PATCH", "/v2/redis/update-budget/"+id, `{}`), 400, `"invalid budget"`)

	u.ok("POST", "/v2/redis/update-regions/"+id, `{"read_regions":["us-west-1","us-west-2"]}`)
	if got := fmt.Sprint(u.read(id).field(t, "all_members")); got != "[us-east-1 us-west-1 us-west-2]" {
		t.Errorf("regions: got %s", got)
	}
	want(t, u.send("POST", "/v2/redis/update-regions/"+id, `{"read_regions":["us-east-1"]}`), 400, `"primary region can not be a read region"`)
	want(t, u.send("POST", "/v2/redis/update-regions/"+id, `{}`), 400, `"invalid read region"`)

	call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free"}`)
	free := newUser(t, s, "free@example.com")
	want(t, free.send("POST", "/v2/redis/"+free.create("y")+"/change-plan", `{"plan_name":"payg"}`), 400, `"plan is not available for free accounts"`)
}

func TestStatsCountWhatWasDone(t *testing.T) {
	s := start(t)
	u := newUser(t, s, "a@example.com")
	id := u.create("x")
	client := dialRedis(t, s, u.read(id).text(t, "password"))
	for _, command := range []string{"SET a 1", "SET b 2", "GET a"} {
		client.do(t, strings.Fields(command)...)
	}
	got := u.send("GET", "/v2/redis/stats/"+id+"?period=1h", "")
	for member, value := range map[string]string{"daily_read_requests": "1", "daily_write_requests": "2", "total_monthly_write_requests": "2"} {
		if found := fmt.Sprint(got.field(t, member)); found != value {
			t.Errorf("%s: got %s, want %s", member, found, value)
		}
	}
	keys := got.field(t, "keyspace").([]any)[0].(map[string]any)
	if fmt.Sprint(keys["y"]) != "2" {
		t.Errorf("keyspace: got %v, want 2", keys)
	}
	if _, err := time.Parse("2006-01-02 15:04:05.999999999 -0700 MST", keys["x"].(string)); err != nil {
		t.Errorf("time of a point: %v", err)
	}
	want(t, u.send("GET", "/v2/redis/stats/nope", ""), 404, `"database not found"`)
}

func TestADeletedDatabaseServesNobody(t *testing.T) {
	s := start(t)
	u := newUser(t, s, "a@example.com")
	id := u.create("x")
	password := u.read(id).text(t, "password")
	client := dialRedis(t, s, password)
	client.do(t, "SET", "a", "1")
	u.ok("DELETE", "/v2/redis/database/"+id, "")
	if got := client.do(t, "GET", "a"); got != "" {
		t.Errorf("a connection of before answers %q", got)
	}
	if got := dialRedis(t, s, password).do(t, "PING"); !strings.HasPrefix(got, "-NOAUTH") {
		t.Errorf("its password: got %q, want no entrance", got)
	}
}

func decodeList(t *testing.T, got answer) []map[string]any {
	t.Helper()
	var list []map[string]any
	if err := json.Unmarshal([]byte(got.body), &list); err != nil {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	return list
}
