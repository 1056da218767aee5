package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
)

// browser is the browser of a user with an Upstash account. It makes the requests of our page, with its cookies.
type browser struct {
	app    string
	token  string // of the login at Upstash
	client *http.Client
}

func newBrowser(t *testing.T, box sandbox, email string) *browser {
	t.Helper()

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}

	return &browser{app: box.App, token: box.token(t, email), client: &http.Client{Jar: jar}}
}

// allow opens an invitation, logs in, allows the request, and returns the URL to which the browser goes.
func (b *browser) allow(ctx context.Context, address string) (back string, err error) {
	invitation, found := strings.CutPrefix(address, b.app+"/connect#")
	if !found {
		return "", fmt.Errorf("%q is not the URL of an invitation", address)
	}

	if err := b.page(ctx, "POST", "/transaction", map[string]any{"invitation": invitation}, nil); err != nil {
		return "", err
	}

	if err := b.page(ctx, "POST", "/session", map[string]any{"replace": true}, nil); err != nil {
		return "", err
	}

	var transaction struct {
		ID      string `json:"id"`
		Account struct {
			ConnectionID string `json:"connection_id"`
		} `json:"account"`
	}
	if err := b.page(ctx, "POST", "/transaction/account", nil, &transaction); err != nil {
		return "", err
	}

	shown := map[string]any{"id": transaction.ID, "connection_id": transaction.Account.ConnectionID}
	var approval struct {
		ReturnURL string `json:"return_url"`
	}
	err = b.page(ctx, "POST", "/transaction/approval", shown, &approval)

	return approval.ReturnURL, err
}

// serve starts a server that allows the invitations posted to it, and returns its URL.
func (b *browser) serve(t *testing.T) (address string) {
	t.Helper()

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		invitation, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}

		back, err := b.allow(r.Context(), string(invitation))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, back)
	}))
	t.Cleanup(server.Close)

	return server.URL
}

// revokeGrants revokes the user's grants and returns their number.
func (b *browser) revokeGrants(ctx context.Context) (count int, err error) {
	var list struct {
		Grants []struct {
			ID    string `json:"id"`
			State string `json:"state"`
		} `json:"grants"`
	}
	if err := b.page(ctx, "GET", "/connection/grants", nil, &list); err != nil {
		return 0, err
	}

	for _, grant := range list.Grants {
		if grant.State == "revoked" {
			continue
		}

		if err := b.page(ctx, "DELETE", "/connection/grants/"+grant.ID, nil, nil); err != nil {
			return count, err
		}
		count++
	}

	return count, nil
}

// page sends one request as our page does: with the access token to log in, and with cookies otherwise.
func (b *browser) page(ctx context.Context, method, path string, body, into any) error {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(raw)
	}

	request, err := http.NewRequestWithContext(ctx, method, b.app+"/api/v1"+path, content)
	if err != nil {
		return err
	}

	for name, value := range map[string]string{
		"X-CSRF": "1", "Origin": b.app, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json",
	} {
		request.Header.Set(name, value)
	}

	if path == "/session" {
		request.Header.Set("Authorization", "Bearer "+b.token)
	}

	response, err := b.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()

	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}

	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s %s", method, path, response.Status, raw)
	}

	if into == nil {
		return nil
	}

	return json.Unmarshal(raw, into)
}
