package lifecycle_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestAReadOnlyKeyOnlyReads(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.Create("x")
	made := sandboxtest.Call(
		t,
		"POST",
		s.ControlURL()+"/accounts/a@example.com/keys",
		`{"name":"reader","read_only":true}`,
	)
	reader := sandboxtest.User{T: t, S: s, Email: u.Email, Key: made.Text(t, "secret")}

	shown := reader.Read(id)
	if shown.Status != 200 || shown.Text(t, "read_only_rest_token") == "" || shown.Field(t, "rest_token") != nil ||
		shown.Field(t, "password") != nil {
		t.Errorf("got %d %s, want the read-only token alone", shown.Status, shown.Body)
	}

	for _, call := range [][3]string{
		{"POST", "/v2/redis/database", `{"name":"y","primary_region":"us-east-1"}`},
		{"DELETE", "/v2/redis/database/" + id, ""},
		{"DELETE", "/v2/redis/database/readonly-check-nonexistent", ""}, // a request of Upstash's MCP server
		{"POST", "/v2/redis/rename/" + id, `{"name":"y"}`},
		{"POST", "/v2/redis/reset-password/" + id, ""},
		{"POST", "/v2/redis/" + id + "/change-plan", `{"plan_name":"payg"}`},
		{"POST", "/v2/team", `{"team_name":"y","copy_cc":false}`},
	} {
		if got := reader.Send(
			call[0], call[1], call[2],
		); got.Status != 403 ||
			!strings.Contains(got.Body, "Readonly API key") {
			t.Errorf("%s %s: got %d %s", call[0], call[1], got.Status, got.Body)
		}
	}

	if got := reader.Send("GET", "/v2/redis/databases", ""); got.Status != 200 {
		t.Errorf("list: got %d %s", got.Status, got.Body)
	}
}

func TestEveryChangeIsInTheAuditLog(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.Create("mydb")
	u.Send("POST", "/v2/redis/rename/"+id, `{"name":"other"}`)
	u.Send("POST", "/v2/redis/rename/nope", `{"name":"other"}`) // rejected: no change
	u.Ok("DELETE", "/v2/redis/database/"+id, "")
	logs := sandboxtest.DecodeList(t, u.Send("GET", "/auditlogs", ""))

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

	if others := sandboxtest.DecodeList(
		t, sandboxtest.NewUser(t, s, "b@example.com").Send("GET", "/auditlogs", ""),
	); len(
		others,
	) != 1 {
		t.Errorf("another account's log: got %v, want its own key alone", others)
	}
}

func TestASuspendedAccountIsServedNowhere(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id, spent := u.Create("x"), u.Create("spent")
	password := u.Read(id).Text(t, "password")
	client := sandboxtest.DialRedis(t, s, password)
	client.Do(t, "SET", "a", "1")
	account := s.ControlURL() + "/accounts/a@example.com"
	sandboxtest.Call(t, "PATCH", account+"/databases/"+spent, `{"state":"suspended"}`)

	if got := sandboxtest.Call(
		t,
		"PATCH",
		account,
		`{"suspended":true}`,
	); got.Status != 200 ||
		got.Field(t, "suspended") != true {
		t.Fatalf("got %d %s", got.Status, got.Body)
	}
	sandboxtest.Want(t, u.Send("GET", "/v2/redis/databases", ""), 403, `"account is suspended"`)
	sandboxtest.Want(t, sandboxtest.Mint(t, s, "a@example.com", "SECOND"), 403, `"account is suspended"`)

	if got := client.Do(t, "GET", "a"); got != "" {
		t.Errorf("a connection of before answers %q", got)
	}

	if got := sandboxtest.DialRedis(t, s, password).Do(t, "GET", "a"); got == "1" {
		t.Error("the database still serves")
	}
	sandboxtest.Want(
		t,
		sandboxtest.Call(t, "PATCH", account+"/databases/"+id, `{"state":"active"}`),
		409,
		`{"error":"the account is suspended"}`,
	)

	sandboxtest.Call(t, "PATCH", account, `{"suspended":false}`)

	if got := sandboxtest.DialRedis(t, s, password).Do(t, "GET", "a"); got != "1" {
		t.Errorf("back in service: got %q, want 1", got)
	}

	if got := u.Read(spent).Text(t, "state"); got != "suspended" {
		t.Errorf("the database without a budget: got %s, want it as it was", got)
	}
}

func TestADatabaseOverItsBudgetIsSuspended(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.Create("x")
	password := u.Read(id).Text(t, "password")

	control := s.ControlURL() + "/accounts/a@example.com/databases/" + id
	if got := sandboxtest.Call(
		t,
		"PATCH",
		control,
		`{"state":"suspended"}`,
	); got.Status != 200 ||
		got.Text(t, "state") != "suspended" {
		t.Fatalf("got %d %s", got.Status, got.Body)
	}

	if got := u.Read(id).Text(t, "state"); got != "suspended" {
		t.Errorf("the API shows %s", got)
	}

	if got := sandboxtest.WireAuth(t, s, password); !strings.Contains(got, "database has been suspended") {
		t.Errorf("Redis answers %q", got)
	}
	sandboxtest.Call(t, "PATCH", control, `{"state":"active"}`)

	if got := sandboxtest.DialRedis(t, s, password).Do(t, "PING"); got != "+PONG" {
		t.Errorf("back in service: got %q", got)
	}

	for _, body := range []string{`{}`, `{"state":"asleep"}`, `{"idle_days":-1}`} {
		if got := sandboxtest.Call(t, "PATCH", control, body); got.Status != 400 {
			t.Errorf("%s: got %d, want 400", body, got.Status)
		}
	}
}

func TestAFreeDatabaseThatNobodyUsesIsArchived(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free"}`)
	u := sandboxtest.NewUser(t, s, "free@example.com")
	id := u.Create("x")
	account := s.ControlURL() + "/accounts/free@example.com"
	age := func(days int) {
		if got := sandboxtest.Call(
			t,
			"PATCH",
			account+"/databases/"+id,
			fmt.Sprintf(`{"idle_days":%d}`, days),
		); got.Status != 200 {
			t.Fatalf("got %d %s", got.Status, got.Body)
		}
	}
	age(29)
	sandboxtest.Want(t, sandboxtest.Call(t, "POST", account+"/archive", ""), 200, `{"archived":[]}`)
	age(31)
	password := u.Read(id).Text(t, "password")
	sandboxtest.DialRedis(t, s, password).Do(t, "PING") // somebody does
	sandboxtest.Want(t, sandboxtest.Call(t, "POST", account+"/archive", ""), 200, `{"archived":[]}`)
	age(31)
	sandboxtest.Want(t, sandboxtest.Call(t, "POST", account+"/archive", ""), 200, `{"archived":["`+id+`"]}`)
	sandboxtest.Want(t, u.Read(id), 404, `"database not found"`)

	if got := sandboxtest.DialRedis(t, s, password).Do(t, "PING"); got == "+PONG" {
		t.Error("its Redis still serves")
	}
	u.Create("there is room again")
}

func TestASandboxArchivesWhenItStarts(t *testing.T) {
	dir := t.TempDir()
	var ahead atomic.Int64
	opts := sandboxtest.Options(t, func(o *sandbox.Options) {
		o.DataDir = dir
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})

	first, err := sandbox.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}

	for _, plan := range []string{"free", "payg"} {
		sandboxtest.Call(
			t,
			"POST",
			first.ControlURL()+"/accounts",
			fmt.Sprintf(`{"email":"%s@example.com","plan":%q}`, plan, plan),
		)
	}
	free, payg := sandboxtest.NewUser(t, first, "free@example.com"), sandboxtest.NewUser(t, first, "payg@example.com")
	idle, kept := free.Create("x"), payg.Create("y")
	ahead.Store(int64(20 * 24 * time.Hour))
	sandboxtest.DialRedis(t, first, free.Read(idle).Text(t, "password")).Do(t, "SET", "a", "1")

	if err := first.Close(t.Context()); err != nil { // saves the last use
		t.Fatal(err)
	}

	ahead.Store(int64(45 * 24 * time.Hour)) // 25 days after the last use

	second, err := sandbox.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	free.S, payg.S = second, second
	http.DefaultClient.CloseIdleConnections()
	// the sweep of the start is over by then, or does the same
	sandboxtest.Call(t, "POST", second.ControlURL()+"/accounts/free@example.com/archive", "")

	if got := free.Read(idle); got.Status != 200 {
		t.Errorf("used 25 days ago: got %d %s", got.Status, got.Body)
	}

	if err := second.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	ahead.Store(int64(51 * 24 * time.Hour))
	third := sandboxtest.Start(t, func(o *sandbox.Options) { *o = opts })
	free.S, payg.S = third, third
	http.DefaultClient.CloseIdleConnections()
	eventually(t, func() bool { return free.Read(idle).Status == http.StatusNotFound })

	if got := payg.Read(kept); got.Status != 200 {
		t.Errorf("a paid one: got %d %s, want it kept", got.Status, got.Body)
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
	s := sandboxtest.Start(t)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free"}`)
	u := sandboxtest.NewUser(t, s, "free@example.com")
	u.Create("x")
	second := `{"database_name":"y","platform":"aws","primary_region":"us-east-1"}`
	sandboxtest.Want(t, u.Send("POST", "/v2/redis/database", second), 400, `"free accounts can have only one database"`)

	if got := sandboxtest.Call(
		t,
		"PATCH",
		s.ControlURL()+"/accounts/free@example.com",
		`{"plan":"payg"}`,
	); got.Status != 200 ||
		got.Text(t, "plan") != "payg" {
		t.Fatalf("got %d %s", got.Status, got.Body)
	}

	if got := u.Send("POST", "/v2/redis/database", second); got.Status != 200 || got.Text(t, "type") != "payg" {
		t.Errorf("after the upgrade: got %d %s", got.Status, got.Body)
	}

	if got := sandboxtest.Call(
		t,
		"PATCH",
		s.ControlURL()+"/accounts/free@example.com",
		`{"plan":"free"}`,
	); got.Status != 400 {
		t.Errorf("back to free: got %d, want 400", got.Status)
	}
}

func TestAMarketplaceAccountHasNoKeys(t *testing.T) {
	s := sandboxtest.Start(t)
	for _, marketplace := range []string{"vercel", "fly"} {
		email := marketplace + "@example.com"
		sandboxtest.Call(
			t,
			"POST",
			s.ControlURL()+"/accounts",
			fmt.Sprintf(`{"email":%q,"marketplace":%q,"password":"correct horse"}`, email, marketplace),
		)

		page := sandboxtest.NewBrowser(t, s)
		if got := sandboxtest.CalledBack(
			t, page.Press(page.Authorize(), "login", "email", email, "password", "correct horse"),
		); got.Get(
			"code",
		) == "" {
			t.Errorf("%s: could not log in: %v", marketplace, got)
		}
		sandboxtest.Want(
			t,
			sandboxtest.Mint(t, s, email, "KEY"),
			403,
			`"developer api is only available for native accounts"`,
		)
		sandboxtest.Want(
			t,
			sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts/"+email+"/keys", `{"name":"KEY"}`),
			409,
			`{"error":"an account of a marketplace has no keys"}`,
		)
		sandboxtest.Want(
			t,
			sandboxtest.Upstash(t, s, email, "anything", "GET", "/v2/redis/databases", ""),
			401,
			`{"error":"Unauthorized"}`,
		)
	}
}
