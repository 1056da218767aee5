package sandboxtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// User is an account with a key. Each of its calls to the Developer API is checked against the vendor's document, if
// that is available.
type User struct {
	T          *testing.T
	S          *sandbox.Sandbox
	Email, Key string
}

// NewUser makes an account with a developer key.
func NewUser(t *testing.T, s *sandbox.Sandbox, email string) User {
	t.Helper()
	return User{t, s, email, MustMint(t, s, email)}
}

// Send calls the Developer API with the user's key.
func (u User) Send(method, path, body string) Response {
	u.T.Helper()
	return Judged(u.T, u.Request(method, path, body), body)
}

// Request returns a request to the Developer API with the user's key.
func (u User) Request(method, path, body string) *http.Request {
	u.T.Helper()
	request := NewRequest(u.T, method, u.S.UpstashURL()+path, body)
	request.SetBasicAuth(u.Email, u.Key)

	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}

	return request
}

// Judged sends a request and checks the call against the vendor's document, if that is available.
func Judged(t *testing.T, request *http.Request, body string) Response {
	t.Helper()
	got := Send(t, http.DefaultClient, request)

	document, err := VendorsContract()
	if err != nil {
		t.Fatal(err)
	}

	if document != nil {
		document.hold(
			t, exchangeOf{request.Method, request.URL.RequestURI(), request.Header.Get("Content-Type"), body, got},
		)
	}

	return got
}

// Create makes a database and returns its id.
func (u User) Create(name string) string {
	u.T.Helper()

	got := u.Send(
		"POST",
		"/v2/redis/database",
		fmt.Sprintf(`{"database_name":%q,"platform":"aws","primary_region":"us-east-1"}`, name),
	)
	if got.Status != http.StatusOK {
		u.T.Fatalf("create: got %d %s", got.Status, got.Body)
	}

	return got.Text(u.T, "database_id")
}

func (u User) Read(id string) Response {
	u.T.Helper()
	return u.Send("GET", "/v2/redis/database/"+id, "")
}

// Ok is Send for a call with the response "OK".
func (u User) Ok(method, path, body string) {
	u.T.Helper()
	Want(u.T, u.Send(method, path, body), 200, `"OK"`)
}

// DecodeList decodes a response that is a list of objects.
func DecodeList(t *testing.T, got Response) []map[string]any {
	t.Helper()

	var list []map[string]any
	if err := json.Unmarshal([]byte(got.Body), &list); err != nil {
		t.Fatalf("%d %s: %v", got.Status, got.Body, err)
	}

	return list
}
