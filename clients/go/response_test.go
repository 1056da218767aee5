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
		"an object without the list":          {list, 200, `{"status":"hunter2"}`},
		"a list that is null":                 {list, 200, `{"databases":null}`},
		"an object, for a revocation":         {revoke, 200, `{"status":"hunter2"}`},
		"an empty object, for a revocation":   {revoke, 200, "{}"},
		"accepted, for a revocation":          {revoke, 202, ""},
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

func TestRevocationSucceedsWithoutABody(t *testing.T) {
	url, _ := answers(t, says(204, ""))

	if err := newClient(t, url, "upc_test").RevokeGrant(t.Context(), "grt_1"); err != nil {
		t.Error(err)
	}
}

// The JSON of a gateway is an object too. No call takes it for an answer of the API.
func TestJSONOfAnotherProgramIsNoAnswer(t *testing.T) {
	calls := map[string]func(context.Context, *connect.Client) (any, error){
		"OpenConnectSession": func(ctx context.Context, c *connect.Client) (any, error) {
			return c.OpenConnectSession(ctx, connect.ConnectSessionRequest{ExternalID: "u"})
		},
		"GetConnectSession": func(ctx context.Context, c *connect.Client) (any, error) {
			return c.GetConnectSession(ctx, "cs_1")
		},
		"CompleteConnectSession": func(ctx context.Context, c *connect.Client) (any, error) {
			return c.CompleteConnectSession(ctx, "cs_1", "ucc_1", "u")
		},
		"ListGrants": func(ctx context.Context, c *connect.Client) (any, error) { return c.ListGrants(ctx, "u") },
		"GetGrant":   func(ctx context.Context, c *connect.Client) (any, error) { return c.GetGrant(ctx, "grt_1") },
		"NarrowGrant": func(ctx context.Context, c *connect.Client) (any, error) {
			return c.NarrowGrant(ctx, "grt_1", connect.GrantChange{Scopes: []string{"redis.list"}})
		},
		"RevokeGrant": func(ctx context.Context, c *connect.Client) (any, error) {
			return nil, c.RevokeGrant(ctx, "grt_1")
		},
		"ListDatabases": func(ctx context.Context, c *connect.Client) (any, error) { return c.ListDatabases(ctx) },
		"GetDatabase":   func(ctx context.Context, c *connect.Client) (any, error) { return c.GetDatabase(ctx, "d") },
		"CreateDatabase": func(ctx context.Context, c *connect.Client) (any, error) {
			return c.CreateDatabase(ctx, connect.CreateDatabaseRequest{Name: "orders"}, "order-1")
		},
		"GetDatabaseCredentials": func(ctx context.Context, c *connect.Client) (any, error) {
			return c.GetDatabaseCredentials(ctx, "d")
		},
		"GetCatalog": func(ctx context.Context, c *connect.Client) (any, error) { return c.GetCatalog(ctx) },
		"ListEvents": func(ctx context.Context, c *connect.Client) (any, error) {
			return c.ListEvents(ctx, "", 0)
		},
	}

	for _, body := range []string{
		`{}`, `{"status":"maintenance"}`, `{"id":"request-1","message":"maintenance"}`,
		`{"id":null,"url":null,"name":null,"state":null,"grants":null,"databases":null,"operations":null,"events":null}`,
		`{"ID":"1","URL":"u","Name":"n","State":"s","Grants":[],"Databases":[],"Operations":[],"Regions":[],"Events":[]}`,
	} {
		url, _ := answers(t, says(200, body))
		client := newClient(t, url, "upc_test")

		for name, call := range calls {
			answer, err := call(t.Context(), client)

			var other *connect.ResponseError
			if !errors.As(err, &other) || other.Status != http.StatusOK {
				t.Errorf("%s with %s: got %+v, %v; want a ResponseError", name, body, answer, err)
			}
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
