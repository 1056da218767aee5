package clients

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
)

// browser is the browser of a user who has a login at Upstash. It calls what our page calls, with its cookies.
type browser struct {
	box    sandbox
	email  string
	client *http.Client
}

func newBrowser(t *testing.T, box sandbox, email string) *browser {
	t.Helper()

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}

	return &browser{box: box, email: email, client: &http.Client{Jar: jar}}
}

// allow opens an invitation, logs in, allows what is asked, and returns where the browser goes.
func (b *browser) allow(t *testing.T, address string) (back string) {
	t.Helper()

	invitation, found := strings.CutPrefix(address, b.box.App+"/connect#")
	if !found {
		t.Fatalf("%q is no address of an invitation", address)
	}
	b.page(t, http.MethodPost, "/transaction", map[string]any{"invitation": invitation}, "", nil)
	b.page(t, http.MethodPost, "/session", map[string]any{"replace": true}, b.box.token(t, b.email), nil)

	var transaction struct {
		Account struct {
			ConnectionID string `json:"connection_id"`
		} `json:"account"`
	}
	b.page(t, http.MethodPost, "/transaction/account", nil, "", &transaction)

	var approval struct {
		ReturnURL string `json:"return_url"`
	}
	b.page(t, http.MethodPost, "/transaction/approval",
		map[string]any{"connection_id": transaction.Account.ConnectionID}, "", &approval)

	return approval.ReturnURL
}

// takeBack takes back every grant of the user.
func (b *browser) takeBack(t *testing.T) {
	t.Helper()

	var list struct {
		Grants []struct {
			ID    string `json:"id"`
			State string `json:"state"`
		} `json:"grants"`
	}
	b.page(t, http.MethodGet, "/connection/grants", nil, "", &list)

	standing := 0
	for _, grant := range list.Grants {
		if grant.State != "revoked" {
			standing++
			b.page(t, http.MethodDelete, "/connection/grants/"+grant.ID, nil, "", nil)
		}
	}

	if standing == 0 {
		t.Error("the user has no grant to take back")
	}
}

// page sends one request as our page does.
func (b *browser) page(t *testing.T, method, path string, body any, token string, into any) {
	t.Helper()

	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(raw)
	}

	request, err := http.NewRequestWithContext(t.Context(), method, b.box.App+"/api/v1"+path, content)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-CSRF", "1")
	request.Header.Set("Origin", b.box.App)
	request.Header.Set("Sec-Fetch-Site", "same-origin")

	if content != nil {
		request.Header.Set("Content-Type", "application/json")
	}

	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}

	answer, err := b.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()

	raw, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %s %s (%v)", method, path, answer.Status, raw, err)
	}

	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
	}
}
