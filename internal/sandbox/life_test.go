package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
)

func TestAReadOnlyKeyOnlyReads(t *testing.T) {
	s := start(t)
	u := newUser(t, s, "a@example.com")
	id := u.create("x")
	made := call(t, "POST", s.ControlURL()+"/accounts/a@example.com/keys", `{"name":"reader","read_only":true}`)
	reader := user{t, s, u.email, made.text(t, "secret")}
	shown := reader.read(id)
	if shown.status != 200 || shown.text(t, "read_only_rest_token") == "" || shown.field(t, "rest_token") != nil || shown.field(t, "password") != nil {
		t.Errorf("got %d %s, want the read-only token alone", shown.status, shown.body)
	}
	for _, call := range [][3]string{
		{"POST", "/v2/redis/database", `{"name":"y","primary_region":"us-east-1"}`},
		{"DELETE", "/v2/redis/database/" + id, ""},
		{"DELETE", "/v2/redis/database/readonly-check-nonexistent", ""}, // what Upstash's MCP server asks
		{"POST", "/v2/redis/rename/" + id, `{"name":"y"}`},
		{"POST", "/v2/redis/reset-password/" + id, ""},
		{"POST", "/v2/redis/" + id + "/change-plan", `{"plan_name":"payg"}`},
		{"POST", "/v2/team", `{"team_name":"y","copy_cc":false}`},
	} {
		if got := reader.send(call[0], call[1], call[2]); got.status != 403 || !strings.Contains(got.body, "Readonly API key") {
			t.Errorf("%s %s: got %d %s", call[0], call[1], got.status, got.body)
		}
	}
	if got := reader.send("GET", "/v2/redis/databases", ""); got.status != 200 {
		t.Errorf("list: got %d %s", got.status, got.body)
	}
}

func TestEveryChangeIsInTheAuditLog(t *testing.T) {
	s := start(t)
	u := newUser(t, s, "a@example.com")
	id := u.create("mydb")
	u.send("POST", "/v2/redis/rename/"+id, `{"name":"other"}`)
	u.send("POST", "/v2/redis/rename/nope", `{"name":"other"}`) // refused: no change
	u.ok("DELETE", "/v2/redis/database/"+id, "")
	logs := decodeList(t, u.send("GET", "/auditlogs", ""))
	got := ""
	for _, entry := range logs {
		got += fmt.Sprintln(entry["action_string"], entry["entity"], entry["source"], entry["actor"])
	}
	wanted := `Delete Database other API_KEY - KEY a@example.com
Rename Database other API_KEY - KEY a@example.com
Create Database mydb API_KEY - KEY a@example.com
Create API Key KEY OAUTH a@example.com
`
	if got != wanted {
		t.Errorf("got\n%swant\n%s", got, wanted)
	}
	if others := decodeList(t, newUser(t, s, "b@example.com").send("GET", "/auditlogs", "")); len(others) != 1 {
		t.Errorf("another account's log: got %v, want its own key alone", others)
	}
}

func TestASuspendedAccountIsServedNowhere(t *testing.T) {
	s := start(t)
	u := newUser(t, s, "a@example.com")
	id, spent := u.create("x"), u.create("spent")
	password := u.read(id).text(t, "password")
	client := dialRedis(t, s, password)
	client.do(t, "SET", "a", "1")
	account := s.ControlURL() + "/accounts/a@example.com"
	call(t, "PATCH", account+"/databases/"+spent, `{"state":"suspended"}`)

	if got := call(t, "PATCH", account, `{"suspended":true}`); got.status != 200 || got.field(t, "suspended") != true {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	want(t, u.send("GET", "/v2/redis/databases", ""), 403, `"account is suspended"`)
	want(t, mint(t, s, "a@example.com", "SECOND"), 403, `"account is suspended"`)
	if got := client.do(t, "GET", "a"); got != "" {
		t.Errorf("a connection of before answers %q", got)
	}
	if got := dialRedis(t, s, password).do(t, "GET", "a"); got == "1" {
		t.Error("the database still serves")
	}
	want(t, call(t, "PATCH", account+"/databases/"+id, `{"state":"active"}`), 409, `{"error":"the account is suspended"}`)

	call(t, "PATCH", account, `{"suspended":false}`)
	if got := dialRedis(t, s, password).do(t, "GET", "a"); got != "1" {
		t.Errorf("back in service: got %q, want 1", got)
	}
	if got := u.read(spent).text(t, "state"); got != "suspended" {
		t.Errorf("the database without a budget: got %s, want it as it was", got)
	}
}

func TestADatabaseOverItsBudgetIsSuspended(t *testing.T) {
	s := start(t)
	u := newUser(t, s, "a@example.com")
	id := u.create("x")
	password := u.read(id).text(t, "password")
	control := s.ControlURL() + "/accounts/a@example.com/databases/" + id
	if got := call(t, "PATCH", control, `{"state":"suspended"}`); got.status != 200 || got.text(t, "state") != "suspended" {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	if got := u.read(id).text(t, "state"); got != "suspended" {
		t.Errorf("the API shows %s", got)
	}
	if got := wireAuth(t, s, password); !strings.Contains(got, "database has been suspended") {
		t.Errorf("Redis answers %q", got)
	}
	call(t, "PATCH", control, `{"state":"active"}`)
	if got := dialRedis(t, s, password).do(t, "PING"); got != "+PONG" {
		t.Errorf("back in service: got %q", got)
	}
	for _, body := range []string{`{}`, `{"state":"asleep"}`, `{"idle_days":-1}`} {
		if got := call(t, "PATCH", control, body); got.status != 400 {
			t.Errorf("%s: got %d, want 400", body, got.status)
		}
	}
}

func TestAFreeDatabaseThatNobodyUsesIsArchived(t *testing.T) {
	s := start(t)
	call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free"}`)
	u := newUser(t, s, "free@example.com")
	id := u.create("x")
	account := s.ControlURL() + "/accounts/free@example.com"
	age := func(days int) {
		if got := call(t, "PATCH", account+"/databases/"+id, fmt.Sprintf(`{"idle_days":%d}`, days)); got.status != 200 {
			t.Fatalf("got %d %s", got.status, got.body)
		}
	}
	age(29)
	want(t, call(t, "POST", account+"/archive", ""), 200, `{"archived":[]}`)
	age(31)
	password := u.read(id).text(t, "password")
	dialRedis(t, s, password).do(t, "PING") // somebody does
	want(t, call(t, "POST", account+"/archive", ""), 200, `{"archived":[]}`)
	age(31)
	want(t, call(t, "POST", account+"/archive", ""), 200, `{"archived":["`+id+`"]}`)
	want(t, u.read(id), 404, `"database not found"`)
	if got := dialRedis(t, s, password).do(t, "PING"); got == "+PONG" {
		t.Error("its Redis still serves")
	}
	u.create("there is room again")
}

func TestASandboxArchivesWhenItStarts(t *testing.T) {
	dir := t.TempDir()
	var ahead atomic.Int64
	opts := options(t, func(o *sandbox.Options) {
		o.DataDir = dir
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	first, err := sandbox.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, plan := range []string{"free", "payg"} {
		call(t, "POST", first.ControlURL()+"/accounts", fmt.Sprintf(`{"email":"%s@example.com","plan":%q}`, plan, plan))
	}
	free, payg := newUser(t, first, "free@example.com"), newUser(t, first, "payg@example.com")
	idle, kept := free.create("x"), payg.create("y")
	ahead.Store(int64(20 * 24 * time.Hour))
	dialRedis(t, first, free.read(idle).text(t, "password")).do(t, "SET", "a", "1")
	if err := first.Close(t.Context()); err != nil { // what was used is written down
		t.Fatal(err)
	}

	ahead.Store(int64(45 * 24 * time.Hour)) // 25 days after the last use
	second, err := sandbox.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	free.s, payg.s = second, second
	http.DefaultClient.CloseIdleConnections()
	call(t, "POST", second.ControlURL()+"/accounts/free@example.com/archive", "") // the sweep of the start is over by then, or does the same
	if got := free.read(idle); got.status != 200 {
		t.Errorf("used 25 days ago: got %d %s", got.status, got.body)
	}
	if err := second.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	ahead.Store(int64(51 * 24 * time.Hour))
	third := start(t, func(o *sandbox.Options) { *o = opts })
	free.s, payg.s = third, third
	http.DefaultClient.CloseIdleConnections()
	eventually(t, func() bool { return free.read(idle).status == http.StatusNotFound })
	if got := payg.read(kept); got.status != 200 {
		t.Errorf("a paid one: got %d %s, want it kept", got.status, got.body)
	}
}

// eventually waits for what happens in the background.
func eventually(t *testing.T, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen")
		}
	}
}

func TestAFreeAccountIsUpgraded(t *testing.T) {
	s := start(t)
	call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free"}`)
	u := newUser(t, s, "free@example.com")
	u.create("x")
	second := `{"database_name":"y","platform":"aws","primary_region":"us-east-1"}`
	want(t, u.send("POST", "/v2/redis/database", second), 400, `"free accounts can have only one database"`)
	if got := call(t, "PATCH", s.ControlURL()+"/accounts/free@example.com", `{"plan":"payg"}`); got.status != 200 || got.text(t, "plan") != "payg" {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	if got := u.send("POST", "/v2/redis/database", second); got.status != 200 || got.text(t, "type") != "payg" {
		t.Errorf("after the upgrade: got %d %s", got.status, got.body)
	}
	if got := call(t, "PATCH", s.ControlURL()+"/accounts/free@example.com", `{"plan":"free"}`); got.status != 400 {
		t.Errorf("back to free: got %d, want 400", got.status)
	}
}

func TestAMarketplaceAccountHasNoKeys(t *testing.T) {
	s := start(t)
	for _, marketplace := range []string{"vercel", "fly"} {
		email := marketplace + "@example.com"
		call(t, "POST", s.ControlURL()+"/accounts", fmt.Sprintf(`{"email":%q,"marketplace":%q,"password":"correct horse"}`, email, marketplace))
		page := newBrowser(t, s)
		if got := calledBack(t, page.press(page.authorize(), "login", "email", email, "password", "correct horse")); got.Get("code") == "" {
			t.Errorf("%s: could not log in: %v", marketplace, got)
		}
		want(t, mint(t, s, email, "KEY"), 403, `"developer api is only available for native accounts"`)
		want(t, call(t, "POST", s.ControlURL()+"/accounts/"+email+"/keys", `{"name":"KEY"}`), 409, `{"error":"an account of a marketplace has no keys"}`)
		want(t, upstash(t, s, email, "anything", "GET", "/v2/redis/databases", ""), 401, `{"error":"Unauthorized"}`)
	}
}
