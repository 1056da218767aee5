package harness

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
)

// Polled is a server with one connected account.
type Polled struct {
	*Product
	Header http.Header
}

// Poll lists the databases once.
func (p Polled) Poll(b *testing.B, header http.Header) Response {
	b.Helper()

	got, err := p.Try(b.Context(), "GET", DatabasesPath, header, "")
	if err != nil || got.Status != 200 && got.Status != 304 {
		b.Fatalf("status %d, error %v: %s", got.Status, err, got.Body)
	}

	return got
}

// PolledBy connects an account.
func (p *Product) PolledBy(b *testing.B, email string) Polled {
	b.Helper()

	header := Bearer(tokenFrom(b, p.StandIns.ControlURL(), email))
	if got, err := p.Try(b.Context(), "PUT", "/api/v1/connection", header, ""); err != nil || got.Status != 201 {
		b.Fatalf("connect: status %d, error %v: %s", got.Status, err, got.Body)
	}

	return Polled{Product: p, Header: header}
}

// tokenFrom requests an account's token from the control listener.
func tokenFrom(b *testing.B, control, email string) string {
	b.Helper()
	return TokenWith(b, control, map[string]any{"email": email})
}

// TokenWith requests any kind of token from the control listener.
func TokenWith(b *testing.B, control string, request map[string]any) string {
	b.Helper()

	body, err := json.Marshal(request)
	if err != nil {
		b.Fatal(err)
	}

	response, err := http.Post(control+"/tokens", "application/json", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}

	defer func() { _ = response.Body.Close() }()

	var minted struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&minted); err != nil {
		b.Fatal(err)
	}

	return minted.AccessToken
}
