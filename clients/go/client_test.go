package connect_test

import (
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
	body := `{"name":"mine","primary_region":"us-east-1"}`
	browser.Page(t, "POST", "/api/v1/databases", nil, body).Is(t, 201).JSON(t, &made)
	code := browser.CodeOf(t, browser.Approve(t, account, `"database_id":`+harness.Quoted(made.ID)))

	if session, err := client.GetConnectSession(ctx, opened.ID); err != nil ||
		session.State != "awaiting_completion" || session.DatabaseID != made.ID {
		t.Errorf("got %+v, %v", session, err)
	}

	completion, err := client.CompleteConnectSession(ctx, opened.ID, code, "user_4711")
	if err != nil || completion.DatabaseID != made.ID || completion.ExternalID != "user_4711" ||
		completion.State != "active" {
		t.Fatalf("got %+v, %v", completion, err)
	}

	user := client.ForUser("user_4711")

	var ids []string

	order := connect.CreateDatabaseRequest{Name: "orders", PrimaryRegion: "us-east-1"}
	for range 2 {
		database, err := user.CreateDatabase(ctx, order, "order-1")
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

	if got, err := user.GetDatabase(ctx, made.ID); err != nil || got.Name != "mine" {
		t.Errorf("got %+v, %v", got, err)
	}

	if got, err := user.GetCatalog(ctx); err != nil || len(got.Regions) == 0 {
		t.Errorf("got %+v, %v", got, err)
	}

	if got, err := client.GetGrant(ctx, completion.ID); err != nil || got.ExternalID != "user_4711" {
		t.Errorf("got %+v, %v", got, err)
	}

	if got, err := client.ListGrants(ctx, "user_4711"); err != nil || len(got) != 1 || got[0].ID != completion.ID {
		t.Errorf("got %+v, %v", got, err)
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

		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"code":"busy","status":%d,"title":"Busy"}`, status)
	}
}

func fine(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{"databases":[],"id":"db-1","name":"a"}`))
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

	for url, valid := range map[string]bool{
		"https://connect.example.com": true, "https://example.com/connect/": true, "http://localhost:8080": true,
		"http://127.0.0.1:1": true, "http://connect.example.com": false, "connect.example.com": false, "": false,
		"https://user@example.com": false, "https://example.com?a": false, "ftp://localhost": false,
	} {
		if _, err := connect.New(url, connect.WithToken("x")); (err == nil) != valid {
			t.Errorf("%q: got %v, want valid: %t", url, err, valid)
		}
	}

	for _, token := range []string{"", " \n", "upc_hunter2 upc_2", "upc_hunter2\nupc_2"} {
		_, err := connect.New("https://connect.example.com", connect.WithToken(token))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the token %q: %v", token, err)
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

		if row.valid && (event.Type != "grant.created" || event.Data.Sequence != 3 ||
			event.Data.Grant.ExternalID != "user_4711") {
			t.Errorf("%s: got %+v", name, event)
		}
	}

	_, err := connect.ParseWebhook("whsec_%%hunter2", signed(time.Now()), body)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
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
