package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
)

// teamKey makes a key that acts for a team, as a user does in the console.
func (u user) teamKey(team string) user {
	u.t.Helper()
	got := call(u.t, "POST", u.s.ControlURL()+"/accounts/"+u.email+"/keys", fmt.Sprintf(`{"name":"team's","team":%q}`, team))
	if got.status != 201 {
		u.t.Fatalf("a team's key: got %d %s", got.status, got.body)
	}
	return user{u.t, u.s, u.email, got.text(u.t, "secret")}
}

func TestADatabaseIsMovedToATeam(t *testing.T) {
	s := start(t)
	u := newUser(t, s, "a@example.com")
	id := u.create("x")
	made := u.send("POST", "/v2/team", `{"team_name":"myteam","copy_cc":true}`)
	team := made.text(t, "team_id")
	want(t, u.send("GET", "/v2/teams", ""), 200, "["+strings.TrimSpace(made.body)+"]")

	client := dialRedis(t, s, u.read(id).text(t, "password"))
	client.do(t, "SET", "a", "1")
	u.ok("POST", "/v2/redis/move-to-team", fmt.Sprintf(`{"team_id":%q,"database_id":%q}`, team, id))
	want(t, u.read(id), 404, `"database not found"`)
	want(t, u.send("DELETE", "/v2/team/"+team, ""), 400, `"team has databases"`)
	acting := u.teamKey(team)
	moved := acting.read(id)
	if moved.status != 200 || moved.text(t, "customer_id") != team || moved.text(t, "user_email") != team {
		t.Errorf("with the team's key: got %d %s", moved.status, moved.body)
	}
	if got := dialRedis(t, s, moved.text(t, "password")).do(t, "GET", "a"); got != "1" {
		t.Errorf("its data: got %q, want 1", got)
	}
	want(t, u.send("POST", "/v2/redis/move-to-team", fmt.Sprintf(`{"team_id":"nope","database_id":%q}`, id)), 404, `"team not found"`)
	want(t, u.send("POST", "/v2/redis/move-to-team", fmt.Sprintf(`{"team_id":%q,"database_id":"nope"}`, team)), 404, `"database not found"`)

	acting.ok("DELETE", "/v2/redis/database/"+id, "")
	u.ok("DELETE", "/v2/team/"+team, "")
	want(t, acting.send("GET", "/v2/redis/databases", ""), 401, `{"error":"Unauthorized"}`)
}

func TestTheMembersOfATeam(t *testing.T) {
	s := start(t)
	owner, other := newUser(t, s, "a@example.com"), newUser(t, s, "b@example.com")
	team := owner.send("POST", "/v2/team", `{"team_name":"myteam","copy_cc":false}`).text(t, "team_id")
	want(t, other.send("GET", "/v2/teams/"+team, ""), 404, `"team not found"`)

	member := func(email, role string) string {
		return fmt.Sprintf(`{"team_id":%q,"member_email":%q,"member_role":%q}`, team, email, role)
	}
	added := owner.send("POST", "/v2/teams/member", member("b@example.com", "dev"))
	if added.status != 200 || added.text(t, "member_role") != "dev" {
		t.Fatalf("got %d %s", added.status, added.body)
	}
	want(t, owner.send("POST", "/v2/teams/member", member("b@example.com", "dev")), 400, `"user is already a member of the team"`)
	want(t, owner.send("POST", "/v2/teams/member", member("c@example.com", "owner")), 400, `"invalid member role"`)
	want(t, owner.send("POST", "/v2/teams/member", member("c", "dev")), 400, `"invalid member email"`)
	want(t, other.send("POST", "/v2/teams/member", member("c@example.com", "dev")), 403, `"you are not allowed to manage this team"`)
	want(t, other.send("DELETE", "/v2/team/"+team, ""), 403, `"you are not allowed to manage this team"`)

	// The member's new e-mail stays the member's.
	call(t, "PATCH", s.ControlURL()+"/accounts/b@example.com", `{"email":"bb@example.com"}`)
	other.email = "bb@example.com"
	members := decodeList(t, other.send("GET", "/v2/teams/"+team, ""))
	if len(members) != 2 || members[0]["member_role"] != "owner" || members[1]["member_email"] != "bb@example.com" {
		t.Errorf("members: got %v", members)
	}

	acting := other.teamKey(team)
	want(t, acting.send("GET", "/v2/redis/databases", ""), 200, "[]")
	owner.ok("DELETE", "/v2/teams/member", fmt.Sprintf(`{"team_id":%q,"member_email":"bb@example.com"}`, team))
	want(t, acting.send("GET", "/v2/redis/databases", ""), 401, `{"error":"Unauthorized"}`)
	want(t, owner.send("DELETE", "/v2/teams/member", fmt.Sprintf(`{"team_id":%q,"member_email":"a@example.com"}`, team)), 404, `"team member not found"`)
}

func TestAnAccountOwnsFiveTeams(t *testing.T) {
	s := start(t)
	u := newUser(t, s, "a@example.com")
	for i := range 5 {
		if got := u.send("POST", "/v2/team", fmt.Sprintf(`{"team_name":"team %d","copy_cc":false}`, i)); got.status != 200 {
			t.Fatalf("team %d: got %d %s", i, got.status, got.body)
		}
	}
	want(t, u.send("POST", "/v2/team", `{"team_name":"sixth","copy_cc":false}`), 400, `"team limit exceeded"`)
	want(t, call(t, "DELETE", s.ControlURL()+"/accounts/a@example.com", ""), 409, `{"error":"the account owns teams"}`)
}
