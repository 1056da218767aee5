package cloud_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestADatabaseIsMovedToATeam(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	id := u.Create("x")
	made := u.Send("POST", "/v2/team", `{"team_name":"myteam","copy_cc":true}`)
	team := made.Text(t, "team_id")
	sandboxtest.Want(t, u.Send("GET", "/v2/teams", ""), 200, "["+strings.TrimSpace(made.Body)+"]")

	client := sandboxtest.DialRedis(t, s, u.Read(id).Text(t, "password"))
	client.Do(t, "SET", "a", "1")
	u.Ok("POST", "/v2/redis/move-to-team", fmt.Sprintf(`{"team_id":%q,"database_id":%q}`, team, id))
	sandboxtest.Want(t, u.Read(id), 404, `"database not found"`)
	sandboxtest.Want(t, u.Send("DELETE", "/v2/team/"+team, ""), 400, `"team has databases"`)
	acting := u.TeamKey(team)

	moved := acting.Read(id)
	if moved.Status != 200 || moved.Text(t, "customer_id") != team || moved.Text(t, "user_email") != team {
		t.Errorf("with the team's key: got %d %s", moved.Status, moved.Body)
	}

	if got := sandboxtest.DialRedis(t, s, moved.Text(t, "password")).Do(t, "GET", "a"); got != "1" {
		t.Errorf("its data: got %q, want 1", got)
	}
	sandboxtest.Want(
		t,
		u.Send("POST", "/v2/redis/move-to-team", fmt.Sprintf(`{"team_id":"nope","database_id":%q}`, id)),
		404,
		`"team not found"`,
	)
	sandboxtest.Want(
		t,
		u.Send("POST", "/v2/redis/move-to-team", fmt.Sprintf(`{"team_id":%q,"database_id":"nope"}`, team)),
		404,
		`"database not found"`,
	)

	acting.Ok("DELETE", "/v2/redis/database/"+id, "")
	u.Ok("DELETE", "/v2/team/"+team, "")
	sandboxtest.Want(t, acting.Send("GET", "/v2/redis/databases", ""), 401, `{"error":"Unauthorized"}`)
}

func TestTheMembersOfATeam(t *testing.T) {
	s := sandboxtest.Start(t)
	owner, other := sandboxtest.NewUser(t, s, "a@example.com"), sandboxtest.NewUser(t, s, "b@example.com")
	team := owner.Send("POST", "/v2/team", `{"team_name":"myteam","copy_cc":false}`).Text(t, "team_id")
	sandboxtest.Want(t, other.Send("GET", "/v2/teams/"+team, ""), 404, `"team not found"`)

	member := func(email, role string) string {
		return fmt.Sprintf(`{"team_id":%q,"member_email":%q,"member_role":%q}`, team, email, role)
	}

	added := owner.Send("POST", "/v2/teams/member", member("b@example.com", "dev"))
	if added.Status != 200 || added.Text(t, "member_role") != "dev" {
		t.Fatalf("got %d %s", added.Status, added.Body)
	}
	sandboxtest.Want(
		t,
		owner.Send("POST", "/v2/teams/member", member("b@example.com", "dev")),
		400,
		`"user is already a member of the team"`,
	)
	sandboxtest.Want(
		t,
		owner.Send("POST", "/v2/teams/member", member("c@example.com", "owner")),
		400,
		`"invalid member role"`,
	)
	sandboxtest.Want(t, owner.Send("POST", "/v2/teams/member", member("c", "dev")), 400, `"invalid member email"`)
	sandboxtest.Want(
		t,
		other.Send("POST", "/v2/teams/member", member("c@example.com", "dev")),
		403,
		`"you are not allowed to manage this team"`,
	)
	sandboxtest.Want(t, other.Send("DELETE", "/v2/team/"+team, ""), 403, `"you are not allowed to manage this team"`)

	// The member's new e-mail stays the member's.
	sandboxtest.Call(t, "PATCH", s.ControlURL()+"/accounts/b@example.com", `{"email":"bb@example.com"}`)
	other.Email = "bb@example.com"

	members := sandboxtest.DecodeList(t, other.Send("GET", "/v2/teams/"+team, ""))
	if len(members) != 2 || members[0]["member_role"] != "owner" || members[1]["member_email"] != "bb@example.com" {
		t.Errorf("members: got %v", members)
	}

	acting := other.TeamKey(team)
	sandboxtest.Want(t, acting.Send("GET", "/v2/redis/databases", ""), 200, "[]")
	owner.Ok("DELETE", "/v2/teams/member", fmt.Sprintf(`{"team_id":%q,"member_email":"bb@example.com"}`, team))
	sandboxtest.Want(t, acting.Send("GET", "/v2/redis/databases", ""), 401, `{"error":"Unauthorized"}`)
	sandboxtest.Want(
		t,
		owner.Send("DELETE", "/v2/teams/member", fmt.Sprintf(`{"team_id":%q,"member_email":"a@example.com"}`, team)),
		404,
		`"team member not found"`,
	)
}

func TestAnAccountOwnsFiveTeams(t *testing.T) {
	s := sandboxtest.Start(t)

	u := sandboxtest.NewUser(t, s, "a@example.com")
	for i := range 5 {
		if got := u.Send(
			"POST",
			"/v2/team",
			fmt.Sprintf(`{"team_name":"team %d","copy_cc":false}`, i),
		); got.Status != 200 {
			t.Fatalf("team %d: got %d %s", i, got.Status, got.Body)
		}
	}
	sandboxtest.Want(
		t,
		u.Send("POST", "/v2/team", `{"team_name":"sixth","copy_cc":false}`),
		400,
		`"team limit exceeded"`,
	)
	sandboxtest.Want(
		t,
		sandboxtest.Call(t, "DELETE", s.ControlURL()+"/accounts/a@example.com", ""),
		409,
		`{"error":"the account owns teams"}`,
	)
}
