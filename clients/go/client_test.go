package connect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	connect "github.com/upstash-connect/bff/clients/go"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/test/harness"
)

func newClient(t *testing.T, url, token string) *connect.Client {
	t.Helper()

	client, err := connect.New(url, connect.WithToken(token))
	if err != nil {
		t.Fatal(err)
	}

	return client
}

// The complete way of a partner's backend, against a real server.
func TestJourneyOfAPartnersBackend(t *testing.T) {
	s := harness.StartService(t)
	client, ctx := newClient(t, s.Origin(), s.Token), t.Context()

	opened, err := client.OpenConnectSession(
		ctx, connect.ConnectSessionRequest{ExternalID: "user_4711", Select: "database"},
	)
	if err != nil {
		t.Fatal(err)
	}
	s.NoteSecret(opened.StatusToken, "status token")

	_, invitation, _ := strings.Cut(opened.URL, "#")
	browser := s.Browser(t)
	browser.Open(t, invitation).Is(t, 200)
	browser.Login(t, "demo@example.com")
	account := browser.Choose(t)

	var made struct{ ID string }
	browser.Page(t, "POST", "/api/v1/databases", nil, `{"name":"mine","primary_region":"us-east-1"}`).Is(t, 201).JSON(t, &made)
	code := browser.CodeOf(t, browser.Approve(t, account, `"database_id":`+harness.Quoted(made.ID)))

	if session, err := client.GetConnectSession(ctx, opened.ID); err != nil ||
		session.State != "awaiting_completion" || session.DatabaseID != made.ID {
		t.Errorf("got %+v, %v", session, err)
	}

	completion, err := client.CompleteConnectSession(ctx, opened.ID, code, "user_4711")
	if err != nil || completion.DatabaseID != made.ID || completion.ExternalID != "user_4711" || completion.State != "active" {
		t.Fatalf("got %+v, %v", completion, err)
	}

	user := client.ForUser("user_4711")

	var ids []string
	for range 2 {
		database, err := user.CreateDatabase(ctx, connect.CreateDatabaseRequest{Name: "orders", PrimaryRegion: "us-east-1"}, "order-1")
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, database.ID)
	}

	if ids[0] != ids[1] {
		t.Errorf("the same key made %v", ids)
	}

	listed, err := client.ForGrant(completion.ID).ListDatabases(ctx)
	if err != nil || len(listed) != 2 {
		t.Errorf("got %+v, %v; want the selected and the created database", listed, err)
	}

	credentials, err := user.GetDatabaseCredentials(ctx, made.ID)
	if err != nil || credentials.RestToken == "" {
		t.Errorf("got no credentials: %v", err)
	}
	s.NoteSecret(credentials.RestToken, "REST token")

	narrowed, err := client.NarrowGrant(ctx, completion.ID, connect.GrantChange{Scopes: []string{"redis.list"}})
	if err != nil || len(narrowed.Scopes) != 1 {
		t.Errorf("got %+v, %v", narrowed, err)
	}

	if err := client.RevokeGrant(ctx, completion.ID); err != nil {
		t.Fatal(err)
	}

	_, err = user.ListDatabases(ctx)

	var found *connect.Problem
	if !errors.As(err, &found) || found.Code != connect.CodeGrantRequired ||
		found.Status != http.StatusConflict || found.RequestID == "" {
		t.Errorf("got %v, want grant_required", err)
	}

	page, err := client.ListEvents(ctx, "", 0)
	if err != nil {
		t.Fatal(err)
	}

	var types []string
	for _, event := range page.Events {
		types = append(types, event.Type)
	}

	if want := "grant.created database.selected database.created grant.revoked"; strings.Join(types, " ") != want {
		t.Errorf("got the events %v, want %s", types, want)
	}
}

func TestFieldsOfAProblem(t *testing.T) {
	s := harness.StartService(t)

	_, err := newClient(t, s.Origin(), s.Token).OpenConnectSession(
		t.Context(), connect.ConnectSessionRequest{ExternalID: "a b"},
	)

	var found *connect.Problem
	if !errors.As(err, &found) || found.Code != connect.CodeValidationFailed || len(found.Errors) != 1 ||
		found.Errors[0].Pointer != "/external_id" || !strings.Contains(err.Error(), "/external_id") {
		t.Errorf("got %v", err)
	}
}

// answers is a server that gives its answers in turn, and repeats the last.
func answers(t *testing.T, all ...func(http.ResponseWriter, *http.Request)) (url string, calls *int) {
	t.Helper()
	calls = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := all[min(*calls, len(all)-1)]
		*calls++
		answer(w, r)
	}))
	t.Cleanup(server.Close)

	return server.URL, calls
}

func busy(status int, retryAfter string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"code":"busy","status":%d,"title":"Busy"}`, status)
	}
}

func fine(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"databases":[]}`)) }

func TestRetriesOnlyWhatCanBeRepeated(t *testing.T) {
	list := func(ctx context.Context, c *connect.Client) error { _, err := c.ListDatabases(ctx); return err }
	create := func(ctx context.Context, c *connect.Client) error {
		_, err := c.CreateDatabase(ctx, connect.CreateDatabaseRequest{Name: "a"}, "key")
		return err
	}
	open := func(ctx context.Context, c *connect.Client) error {
		_, err := c.OpenConnectSession(ctx, connect.ConnectSessionRequest{})
		return err
	}
	date := time.Now().Add(time.Second).UTC().Format(http.TimeFormat)

	for name, row := range map[string]struct {
		call  func(context.Context, *connect.Client) error
		first func(http.ResponseWriter, *http.Request)
		calls int
	}{
		"a read, limited":                  {list, busy(429, "1"), 2},
		"a read, with a date":              {list, busy(503, date), 2},
		"a create with a key":              {create, busy(504, "0"), 2},
		"a read after a long time":         {list, busy(429, "3600"), 1},
		"a read that is rejected":          {list, busy(409, "0"), 1},
		"a call that cannot be repeated":   {open, busy(503, "0"), 1},
		"a read that the server fails for": {list, busy(500, "0"), 1},
	} {
		url, calls := answers(t, row.first, fine)

		err := row.call(t.Context(), newClient(t, url, "upc_test"))
		if *calls != row.calls || (err == nil) != (row.calls == 2) {
			t.Errorf("%s: %d calls, %v; want %d", name, *calls, err, row.calls)
		}
	}

	url, calls := answers(t, busy(503, "30"))

	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()

	var found *connect.Problem
	if err := list(ctx, newClient(t, url, "upc_test")); !errors.As(err, &found) ||
		found.RetryAfter != 30*time.Second || *calls != 1 {
		t.Errorf("a context that ends: %v after %d calls", err, *calls)
	}
}

func TestTokenGoesNowhereElse(t *testing.T) {
	elsewhere, reached := answers(t, fine)
	url, _ := answers(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	})
	client := newClient(t, url, "upc_hunter2")

	if _, err := client.ListDatabases(t.Context()); err == nil ||
		strings.Contains(err.Error(), "hunter2") || *reached != 0 {
		t.Errorf("got %v, and %d requests elsewhere", err, *reached)
	}

	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, client); strings.Contains(text, "hunter2") {
			t.Errorf("%s shows the token: %s", format, text)
		}
	}

	if text, _ := json.Marshal(struct{ Client *connect.Client }{client}); strings.Contains(string(text), "hunter2") {
		t.Errorf("JSON has the token: %s", text)
	}

	for url, valid := range map[string]bool{
		"https://connect.example.com": true, "https://example.com/connect/": true, "http://localhost:8080": true,
		"http://127.0.0.1:1": true, "http://connect.example.com": false, "connect.example.com": false, "": false,
		"https://user@example.com": false, "https://example.com?a": false, "ftp://localhost": false,
	} {
		if _, err := connect.New(url, connect.WithToken("x")); (err == nil) != valid {
			t.Errorf("%q: got %v, want valid: %t", url, err, valid)
		}
	}

	if _, err := connect.New("https://connect.example.com", connect.WithToken(" \n")); err == nil {
		t.Error("an empty token is accepted")
	}
}

func TestOtherServersAreNoProblem(t *testing.T) {
	for _, answer := range []func(http.ResponseWriter, *http.Request){
		func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<h1>Bad gateway</h1>", http.StatusBadGateway)
		},
		func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<h1>Log in to the hotel</h1>")) },
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		url, _ := answers(t, answer)

		var found *connect.Problem
		if _, err := newClient(t, url, "upc_test").ListDatabases(t.Context()); err == nil || errors.As(err, &found) {
			t.Errorf("got %v, want another error than a problem", err)
		}
	}
}

func TestParseWebhook(t *testing.T) {
	const secret, other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	body := []byte(`{"id":"evt_1","type":"grant.created","timestamp":"2026-11-22T10:05:00Z",` +
		`"data":{"sequence":3,"grant":{"id":"grt_1","external_id":"user_4711","state":"active"}}}`)

	signed := func(at time.Time) http.Header {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}

		signature, err := signer.Sign("evt_1", at, body)
		if err != nil {
			t.Fatal(err)
		}

		return http.Header{
			"Webhook-Id": {"evt_1"}, "Webhook-Timestamp": {fmt.Sprint(at.Unix())}, "Webhook-Signature": {signature},
		}
	}

	for name, row := range map[string]struct {
		secret string
		header http.Header
		body   []byte
		valid  bool
	}{
		"signed":           {secret, signed(time.Now()), body, true},
		"one of two":       {other + "\n" + secret + "\n", signed(time.Now()), body, true},
		"another secret":   {other, signed(time.Now()), body, false},
		"another body":     {secret, signed(time.Now()), append([]byte(" "), body...), false},
		"old":              {secret, signed(time.Now().Add(-time.Hour)), body, false},
		"not signed":       {secret, http.Header{}, body, false},
		"without a secret": {"", signed(time.Now()), body, false},
	} {
		event, err := connect.ParseWebhook(row.secret, row.header, row.body)
		if (err == nil) != row.valid || (!row.valid && !errors.Is(err, connect.ErrWebhook)) {
			t.Errorf("%s: got %v, want valid: %t", name, err, row.valid)
		}

		if row.valid && (event.Data.Sequence != 3 || event.Data.Grant.ExternalID != "user_4711" || event.Type != "grant.created") {
			t.Errorf("%s: got %+v", name, event)
		}
	}

	if _, err := connect.ParseWebhook("whsec_%%hunter2", signed(time.Now()), body); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a malformed secret: %v", err)
	}
}

// Every code of the API has a constant.
func TestCodesAreComplete(t *testing.T) {
	for _, code := range problem.APICodes() {
		if !connect.HasCode(string(code)) {
			t.Errorf("%s has no constant; add it to codes.go", code)
		}
	}
}
