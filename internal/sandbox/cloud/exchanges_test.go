package cloud_test

import (
	"net/http"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// TestEveryKnownDifferenceIsNeeded makes the exchanges in which the real service is known to leave its document, and
// fails for a row of the table that none of them needs.
func TestEveryKnownDifferenceIsNeeded(t *testing.T) {
	document, err := sandboxtest.VendorsContract()
	if err != nil {
		t.Fatal(err)
	}

	if document == nil {
		t.Skip("the vendor's OpenAPI document is not beside this checkout; UPSTASH_OPENAPI names another place")
	}
	s := sandboxtest.Start(t)
	request := sandboxtest.NewRequest(t, "POST", s.UpstashURL()+"/apikey", `{"name":"KEY"}`)
	request.Header.Set("Authorization", "Bearer "+sandboxtest.Token(t, s, `{"email":"a@example.com"}`))
	u := sandboxtest.User{
		T:     t,
		S:     s,
		Email: "a@example.com",
		Key:   sandboxtest.Judged(t, request, `{"name":"KEY"}`).Text(t, "api_key"),
	}

	id := u.Create("by the document")
	u.Send("GET", "/v2/redis/databases", "")
	u.Send("GET", "/v2/redis/database/nope", "")
	u.Ok("POST", "/v2/redis/change-plan/"+id, `{"plan":"payg"}`)
	u.Ok("POST", "/v2/redis/enable-dailybackup/"+id, "")

	if got := u.Read(id).Field(t, "daily_backup_enabled"); got != true {
		t.Errorf("daily backups: got %v, want them on", got)
	}
	u.Send("POST", "/v2/vector/index",
		`{"name":"free","region":"us-east-1","similarity_function":"COSINE","dimension_count":3,"type":"free"}`)

	guide := `{"name":"myredis","region":"global","primary_region":"us-east-1","read_regions":["us-west-1","us-west-2"],"tls":true}`
	curl := sandboxtest.NewRequest(t, "POST", s.UpstashURL()+"/v2/redis/database", guide)
	curl.SetBasicAuth(u.Email, u.Key)
	curl.Header.Set("Content-Type", "text/plain")

	if got := sandboxtest.Judged(t, curl, guide); got.Status != http.StatusOK {
		t.Errorf("as the partner guide sends it: got %d %s", got.Status, got.Body)
	}
	u.Send("POST", "/v2/redis/database", guide)

	for _, row := range sandboxtest.KnownDifferences() {
		if _, needed := document.Used.Load(row.Where); !needed {
			t.Errorf("no exchange needs the known difference %q", row.Where)
		}
	}
}
