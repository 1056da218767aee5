package sandbox_test

import (
	"net/http"
	"testing"
)

// TestEveryDepartureIsNeeded makes the exchanges in which the real service is
// known to leave its document, and fails for a row of the table that none of
// them needs.
func TestEveryDepartureIsNeeded(t *testing.T) {
	document, err := vendorsContract()
	if err != nil {
		t.Fatal(err)
	}
	if document == nil {
		t.Skip("the vendor's OpenAPI document is not beside this checkout; UPSTASH_OPENAPI names another place")
	}
	s := start(t)
	request := newRequest(t, "POST", s.UpstashURL()+"/apikey", `{"name":"KEY"}`)
	request.Header.Set("Authorization", "Bearer "+token(t, s, `{"email":"a@example.com"}`))
	u := user{t, s, "a@example.com", judged(t, request, `{"name":"KEY"}`).text(t, "api_key")}

	id := u.create("by the document")
	u.send("GET", "/v2/redis/databases", "")
	u.send("GET", "/v2/redis/database/nope", "")
	u.ok("POST", "/v2/redis/change-plan/"+id, `{"plan":"payg"}`)
	u.ok("POST", "/v2/redis/enable-dailybackup/"+id, "")
	if got := u.read(id).field(t, "daily_backup_enabled"); got != true {
		t.Errorf("daily backups: got %v, want them on", got)
	}
	guide := `{"name":"myredis","region":"global","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"tls":true}`
	curl := newRequest(t, "POST", s.UpstashURL()+"/v2/redis/database", guide)
	curl.SetBasicAuth(u.email, u.key)
	curl.Header.Set("Content-Type", "text/plain")
	if got := judged(t, curl, guide); got.status != http.StatusOK {
		t.Errorf("as the partner guide sends it: got %d %s", got.status, got.body)
	}
	u.send("POST", "/v2/redis/database", guide)

	for _, row := range departures() {
		if _, needed := document.used.Load(row.where); !needed {
			t.Errorf("no exchange needs the departure %q", row.where)
		}
	}
}
