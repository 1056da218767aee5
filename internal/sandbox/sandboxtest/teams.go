package sandboxtest

import (
	"fmt"
)

// TeamKey makes a key that acts for a team, as a user does in the console.
func (u User) TeamKey(team string) User {
	u.T.Helper()

	got := Call(
		u.T,
		"POST",
		u.S.ControlURL()+"/accounts/"+u.Email+"/keys",
		fmt.Sprintf(`{"name":"team's","team":%q}`, team),
	)
	if got.Status != 201 {
		u.T.Fatalf("a team's key: got %d %s", got.Status, got.Body)
	}

	return User{u.T, u.S, u.Email, got.Text(u.T, "secret")}
}
