package harness

import (
	"net/http"
	"strings"
	"testing"
)

// CreateUpstream creates a database directly at Upstash, as the account's owner does in the console.
func (m Member) CreateUpstream(t *testing.T, name, region string) {
	t.Helper()
	body := `{"database_name":"` + name + `","platform":"aws","primary_region":"` + region + `"}`

	request, err := http.NewRequest("POST", m.StandIns.UpstashURL()+UpstreamCreate, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(m.Email, m.Account(t, m.Email).Keys[0].Secret)

	response, err := m.Client.Do(request)
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("create at upstream: %v", err)
	}
	_ = response.Body.Close()
}
