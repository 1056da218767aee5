package standin

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// Responses are like those of the vendor's API: complete JSON, of the length that the key selects, with credentials.
func TestUpstream(t *testing.T) {
	t.Parallel()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })

	go newUpstream().serve(listener)

	ask := func(method, path, key, body string) (int, []byte) {
		t.Helper()

		url := "http://" + listener.Addr().String() + path

		request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth("someone@example.com", key)

		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}

		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()

		return response.StatusCode, text
	}

	for _, length := range Lengths() {
		status, body := ask("GET", "/v2/redis/databases", Key(7, length), "")

		var databases []map[string]any

		err := json.Unmarshal(body, &databases)
		if err != nil || status != 200 || len(databases) != length || !HoldsSecret(body) {
			t.Errorf("%d: got %d, %v, %d databases", length, status, err, len(databases))
		}
	}
	_, first := ask("GET", "/v2/redis/databases", Key(1, 10), "")

	if _, second := ask("GET", "/v2/redis/databases", Key(2, 10), ""); bytes.Equal(first, second) {
		t.Error("two accounts have the same databases")
	}

	var ids [2]string
	for n := range ids {
		status, body := ask("POST", "/v2/redis/database", Key(1, 10), `{"platform":"aws","database_name":"orders-5"}`)

		var made struct {
			ID   string `json:"database_id"`
			Name string `json:"database_name"`
		}

		err := json.Unmarshal(body, &made)
		if err != nil || status != 200 || made.Name != "orders-5" || len(made.ID) != 36 {
			t.Errorf("a create: got %d, %v, %+v", status, err, made)
		}
		ids[n] = made.ID
	}

	if ids[0] == ids[1] {
		t.Error("two creates made one database")
	}

	if status, _ := ask("GET", "/v2/redis/databases", "no-key", ""); status != 401 {
		t.Errorf("another key: got %d", status)
	}
}

func TestReadRequestBoundsBodies(t *testing.T) {
	t.Parallel()

	for _, length := range []string{"-1", "99999999", "x"} {
		text := "POST / HTTP/1.1\r\nContent-Length: " + length + "\r\n\r\n"
		if _, err := readRequest(bufio.NewReader(strings.NewReader(text))); err == nil {
			t.Errorf("a body of %s bytes was read", length)
		}
	}
}

func TestTokenIsSigned(t *testing.T) {
	t.Parallel()

	signer, err := NewSigner("http://127.0.0.1:1/")
	if err != nil {
		t.Fatal(err)
	}

	tokens, err := signer.Tokens([]string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}

	for n, subject := range []string{"a", "b", "c"} {
		parts := strings.Split(tokens[n], ".")
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])

		var claims map[string]any

		err := json.Unmarshal(payload, &claims)
		if err != nil || claims["sub"] != subject || claims["aud"] != Audience {
			t.Errorf("%s: got %s, %v", subject, payload, err)
		}
	}
}
