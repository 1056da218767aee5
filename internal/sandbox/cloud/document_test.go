package cloud_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// documented are the operations of the sections of Vector, Search and QStash, each with a body that it accepts. In a
// body, TEAM is a team's id and QSTASH that of the QStash user.
func documented() map[string]string {
	plan, transfer := `{"target_plan":"fixed"}`, `{"target_account":"TEAM"}`

	return map[string]string{
		"GET /vector/index":                      "",
		"POST /vector/index":                     sandboxtest.VectorBody("x"),
		"GET /vector/index/stats":                "",
		"GET /vector/index/{id}":                 "",
		"DELETE /vector/index/{id}":              "",
		"GET /vector/index/{id}/stats":           "",
		"POST /vector/index/{id}/rename":         `{"name":"y"}`,
		"POST /vector/index/{id}/reset-password": "",
		"POST /vector/index/{id}/setplan":        plan,
		"POST /vector/index/{id}/transfer":       transfer,

		"GET /search":                      "",
		"POST /search":                     sandboxtest.SearchBody("x"),
		"GET /search/stats":                "",
		"GET /search/{id}":                 "",
		"DELETE /search/{id}":              "",
		"GET /search/{id}/stats":           "",
		"POST /search/{id}/rename":         `{"name":"y"}`,
		"POST /search/{id}/reset-password": "",
		"POST /search/{id}/transfer":       transfer,

		"GET /qstash/users":                  "",
		"GET /qstash/ipv4":                   "",
		"GET /qstash/user/{id}":              "",
		"GET /qstash/stats/{id}":             "",
		"POST /qstash/rotate-token/{id}":     "",
		"POST /qstash/set-plan/{id}":         `{"plan_name":"paid"}`,
		"PATCH /qstash/update-budget/{id}":   `{"budget":100}`,
		"POST /qstash/enable-prodpack/{id}":  "",
		"POST /qstash/disable-prodpack/{id}": "",
		"POST /qstash/move-to-team":          `{"qstash_id":"QSTASH","target_team_id":"TEAM"}`,
	}
}

// prepare makes what an operation needs to succeed, and returns its request.
func prepare(u sandboxtest.User, operation, body string) (request *http.Request, sent string) {
	u.T.Helper()
	method, path, _ := strings.Cut(operation, " ")

	if strings.Contains(body, "TEAM") {
		body = strings.ReplaceAll(body, "TEAM", u.Team())
	}

	if strings.Contains(body, "QSTASH") {
		body = strings.ReplaceAll(body, "QSTASH", u.QStash())
	}

	if strings.Contains(path, "{id}") {
		path = strings.ReplaceAll(path, "{id}", resourceFor(u, path))
	}

	return u.Request(method, "/v2"+path, body), body
}

// resourceFor makes what an operation is about, and returns its id.
func resourceFor(u sandboxtest.User, path string) string {
	switch {
	case strings.HasPrefix(path, "/vector/"):
		return u.CreateIndex("/v2/vector/index", sandboxtest.VectorBody("made"))
	case strings.HasPrefix(path, "/search/"):
		return u.CreateIndex("/v2/search", sandboxtest.SearchBody("made"))
	}
	id := u.QStash()

	if strings.HasPrefix(path, "/qstash/disable-") {
		u.Ok("POST", "/v2/qstash/enable-prodpack/"+id, "")
	}

	return id
}

// TestEveryDocumentedOperationIsServed sends each operation of the vendor's document in these sections, and checks the
// call against the document. It fails for an operation that the document has and the list above does not.
func TestEveryDocumentedOperationIsServed(t *testing.T) {
	document, err := sandboxtest.VendorsContract()
	if err != nil {
		t.Fatal(err)
	}
	s := sandboxtest.Start(t)

	listed := []string{}
	for operation, body := range documented() {
		listed = append(listed, operation)

		t.Run(operation, func(t *testing.T) {
			u := sandboxtest.NewUser(t, s, fmt.Sprintf("%d@example.com", len(listed)))
			request, sent := prepare(u, operation, body)

			if got := sandboxtest.Judged(t, request, sent); got.Status != 200 {
				t.Errorf("got %d %s, want 200", got.Status, got.Body)
			}
		})
	}

	if document == nil {
		t.Skip("the vendor's OpenAPI document is not beside this checkout; UPSTASH_OPENAPI names another place")
	}

	for _, operation := range document.Operations("/vector", "/search", "/qstash") {
		if !slices.Contains(listed, operation) {
			t.Errorf("the document has %s, which is not tested here", operation)
		}
	}
}

// TestEveryChangeCommitsBeforeItsResponseIsLost: the fault rules apply to these sections as to all others. The
// control API shows that a change was made although its response was lost, and that nothing was changed when the
// connection closed before the work.
func TestEveryChangeCommitsBeforeItsResponseIsLost(t *testing.T) {
	s := sandboxtest.Start(t)
	number := 0

	for operation, body := range documented() {
		if strings.HasPrefix(operation, "GET ") {
			continue
		}
		number++

		t.Run(operation, func(t *testing.T) {
			for preset, changes := range map[string]bool{"drop_before": false, "drop_after": true} {
				u := sandboxtest.NewUser(t, s, fmt.Sprintf("%s%d@example.com", preset, number))
				request, _ := prepare(u, operation, body)
				request.Header.Set("X-Sandbox-Fault", preset)
				before := resources(t, u)

				if response, err := http.DefaultClient.Do(request); err == nil {
					_ = response.Body.Close()
					t.Fatalf("%s: got %d, want no response", preset, response.StatusCode)
				}

				if changed := resources(t, u) != before; changed != changes {
					t.Errorf("%s: changed %t, want %t", preset, changed, changes)
				}
			}
		})
	}
}

// resources returns everything that the account has.
func resources(t *testing.T, u sandboxtest.User) string {
	t.Helper()
	return sandboxtest.Call(t, "GET", u.S.ControlURL()+"/accounts/"+u.Email, "").Body
}
