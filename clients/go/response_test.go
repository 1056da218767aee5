package connect_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	connect "github.com/upstash-connect/bff/clients/go"
)

func says(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// A login page of a network, or a proxy, responds with any status and any body. None of them is a success, and none is
// a problem of the server. The error has the status, and nothing of the body.
func TestResponsesThatAreNotOfTheAPI(t *testing.T) {
	list := func(ctx context.Context, c *connect.Client) error { _, err := c.ListDatabases(ctx); return err }
	revoke := func(ctx context.Context, c *connect.Client) error { return c.RevokeGrant(ctx, "grt_1") }

	for name, row := range map[string]struct {
		call   func(context.Context, *connect.Client) error
		status int
		body   string
	}{
		"a page, for a revocation":            {revoke, 200, "<h1>hunter2</h1>"},
		"no body, for a revocation":           {revoke, 200, ""},
		"spaces, for a revocation":            {revoke, 200, " \n"},
		"a text, for a revocation":            {revoke, 202, `"hunter2"`},
		"half an object, for a revocation":    {revoke, 200, `{"hunter2"`},
		"a page, for a list":                  {list, 200, "<h1>hunter2</h1>"},
		"no body, for a list":                 {list, 200, ""},
		"no body and status 204, for a list":  {list, 204, ""},
		"null, for a list":                    {list, 200, "null"},
		"another object, for a list":          {list, 200, `{"databases":"hunter2"}`},
		"an endless page, for a list":         {list, 200, strings.Repeat(" ", 17<<20)},
		"a redirect":                          {list, 302, ""},
		"a page of a proxy":                   {list, 502, "<h1>hunter2</h1>"},
		"a page of a proxy, for a revocation": {revoke, 404, "hunter2"},
	} {
		url, _ := answers(t, says(row.status, row.body))

		err := row.call(t.Context(), newClient(t, url, "upc_test"))

		var other *connect.ResponseError
		if !errors.As(err, &other) || other.Status != row.status || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want a ResponseError with status %d and nothing of the body", name, err, row.status)
		}
	}
}

func TestResponsesOfTheAPIWithoutAnAnswer(t *testing.T) {
	for status, body := range map[int]string{204: "", 200: ` {"id":"grt_1"}`} {
		url, _ := answers(t, says(status, body))

		if err := newClient(t, url, "upc_test").RevokeGrant(t.Context(), "grt_1"); err != nil {
			t.Errorf("status %d with %q: %v", status, body, err)
		}
	}
}

func TestAConnectionThatFailsIsNoResponse(t *testing.T) {
	url, _ := answers(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })

	_, err := newClient(t, url, "upc_test").ListDatabases(t.Context())

	var (
		found *connect.Problem
		other *connect.ResponseError
	)
	if err == nil || errors.As(err, &found) || errors.As(err, &other) {
		t.Errorf("got %v, want neither a Problem nor a ResponseError", err)
	}
}
