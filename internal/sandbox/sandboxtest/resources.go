package sandboxtest

import (
	"fmt"
	"net/http"
)

// VectorBody is the body of a create of a Vector index.
func VectorBody(name string) string {
	return fmt.Sprintf(
		`{"name":%q,"region":"us-east-1","similarity_function":"COSINE","dimension_count":384,"type":"payg"}`, name,
	)
}

// SearchBody is the body of a create of a Search index.
func SearchBody(name string) string {
	return fmt.Sprintf(`{"name":%q,"region":"eu-west-1","type":"payg"}`, name)
}

// CreateIndex makes an index at the path of a section, with the body of a create, and returns its id.
func (u User) CreateIndex(path, body string) string {
	u.T.Helper()

	got := u.Send("POST", path, body)
	if got.Status != http.StatusOK {
		u.T.Fatalf("create at %s: got %d %s", path, got.Status, got.Body)
	}

	return got.Text(u.T, "id")
}

// QStash lists the user's QStash users and returns the id of the only one.
func (u User) QStash() string {
	u.T.Helper()

	list := DecodeList(u.T, u.Send("GET", "/v2/qstash/users", ""))
	if len(list) != 1 {
		u.T.Fatalf("got %d QStash users, want 1: %v", len(list), list)
	}
	id, _ := list[0]["id"].(string)

	return id
}

// Team makes a team and returns its id.
func (u User) Team() string {
	u.T.Helper()
	return u.Send("POST", "/v2/team", `{"team_name":"crew","copy_cc":true}`).Text(u.T, "team_id")
}
