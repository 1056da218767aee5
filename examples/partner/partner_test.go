package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	connect "github.com/upstash-connect/bff/clients/go"
)

const secret = "whsec_dGhpcyBpcyBub3QgYSBzZWNyZXQgb2YgYW55Ym9keQ=="

// started is a product whose Upstash Connect answers with the handler, and a browser in which Ada is logged in.
func started(t *testing.T, upstash http.HandlerFunc) (*shop, func(*http.Request) *httptest.ResponseRecorder) {
	t.Helper()

	server := httptest.NewServer(upstash)
	t.Cleanup(server.Close)

	client, err := connect.New(server.URL, connect.WithToken("upc_test_x"))
	if err != nil {
		t.Fatal(err)
	}
	s := newShop("http://localhost:3000", server.URL, client, secret)
	cookie := s.cookie(s.logins.begin(users[0]), time.Minute)

	return s, func(r *http.Request) *httptest.ResponseRecorder {
		r.AddCookie(cookie)
		return answered(s, r)
	}
}

func answered(s *shop, r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	s.routes().ServeHTTP(recorder, r)

	return recorder
}

func request(method, target, body string) *http.Request {
	return httptest.NewRequest(method, "http://localhost:3000"+target, strings.NewReader(body))
}

// TestReturnCompletesForTheLogin: the user's id is that of the login, whatever the address says, and without a login
// nothing is completed.
func TestReturnCompletesForTheLogin(t *testing.T) {
	var completed []string

	s, asAda := started(t, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			ExternalID string `json:"external_id"`
		}
		_ = json.NewDecoder(r.Body).Decode(&body)
		completed = append(completed, r.URL.Path+" "+body.ExternalID)
		_, _ = fmt.Fprint(w, `{"id":"grt_1","external_id":"user_1001","state":"active","database_id":"db-1"}`)
	})

	const back = "/upstash/return?code=ucc_1&connect_session=cs_1&external_id=user_1002&user=user_1002"
	if status := answered(s, request("GET", back, "")).Code; status != http.StatusUnauthorized || completed != nil {
		t.Errorf("without a login: status %d, completed %q", status, completed)
	}

	page := asAda(request("GET", back, "")).Body.String()

	if want := "/api/v1/connect-sessions/cs_1/complete user_1001"; len(completed) != 1 || completed[0] != want {
		t.Errorf("completed %q, want %q", completed, want)
	}

	if !strings.Contains(page, "<upstash-connect-return") || s.databaseOf(users[0], connect.Grant{}) != "db-1" {
		t.Errorf("the page does not continue, or the database is forgotten:\n%s", page)
	}
}

// TestReturnOfSomebodyElsesSession: the page says so, and does not close before it is read.
func TestReturnOfSomebodyElsesSession(t *testing.T) {
	s, asAda := started(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprint(w, `{"title":"x","status":403,"code":"transaction_mismatch"}`)
	})

	page := asAda(request("GET", "/upstash/return?code=ucc_1&connect_session=cs_1", "")).Body.String()
	if !strings.Contains(page, "This was not for you") || strings.Contains(page, "<upstash-connect-return") {
		t.Errorf("the page is\n%s", page)
	}

	if s.databaseOf(users[0], connect.Grant{}) != "" {
		t.Error("a database was remembered")
	}
}

func webhook(t *testing.T, key, id, grant, user string, sequence int) *http.Request {
	t.Helper()

	body := fmt.Sprintf(`{"id":%q,"type":"grant.created","timestamp":"2026-11-22T10:05:00Z",
		"data":{"sequence":%d,"grant":{"id":%q,"external_id":%q,"state":"active"}}}`, id, sequence, grant, user)

	signer, err := standardwebhooks.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()

	signature, err := signer.Sign(id, now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	r := request("POST", "/upstash/webhooks", body)
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", fmt.Sprint(now.Unix()))
	r.Header.Set("Webhook-Signature", signature)

	return r
}

// TestWebhooks: a wrong signature is rejected; an event that arrives twice, or late, changes nothing; a user sees only
// their own.
func TestWebhooks(t *testing.T) {
	s, _ := started(t, http.NotFound)
	forged := webhook(t, "whsec_"+strings.Repeat("QUFB", 11), "evt_0", "grt_1", "user_1001", 9)

	if status := answered(s, forged).Code; status != http.StatusUnauthorized {
		t.Errorf("a forged webhook: status %d", status)
	}

	for _, r := range []*http.Request{
		webhook(t, secret, "evt_2", "grt_1", "user_1001", 2),
		webhook(t, secret, "evt_2", "grt_1", "user_1001", 2),
		webhook(t, secret, "evt_1", "grt_1", "user_1001", 1),
		webhook(t, secret, "evt_3", "grt_2", "user_1002", 1),
	} {
		if status := answered(s, r).Code; status != http.StatusNoContent {
			t.Errorf("a webhook: status %d", status)
		}
	}

	for who, want := range map[int]string{0: "evt_2", 1: "evt_3"} {
		if events := s.news.of(users[who]); len(events) != 1 || events[0].ID != want {
			t.Errorf("%s sees %v, want %s", users[who].Name, events, want)
		}
	}
}

// TestOpenPageLearnsOfEveryEvent: also when the product remembers as many events as it can, and forgets one for each.
func TestOpenPageLearnsOfEveryEvent(t *testing.T) {
	s, _ := started(t, http.NotFound)

	arrive := func(sequence int) {
		r := webhook(t, secret, fmt.Sprintf("evt_%d", sequence), "grt_1", "user_1001", sequence)
		if status := answered(s, r).Code; status != http.StatusNoContent {
			t.Fatalf("a webhook: status %d", status)
		}
	}

	for sequence := range mostEvents {
		arrive(sequence + 1)
	}

	server := httptest.NewServer(s.routes())
	defer server.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()

	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/news", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(s.cookie(s.logins.begin(users[0]), time.Minute))

	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)

	for told := range 3 {
		for lines.Scan() && lines.Text() != "data: look" {
		}

		if err := lines.Err(); err != nil {
			t.Fatalf("the page learned of %d events after it was opened, want 2: %v", max(0, told-1), err)
		}
		arrive(mostEvents + told + 1)
	}
}

// TestWebhookIsBounded: the product reads no more than it accepts, before it knows who sends.
func TestWebhookIsBounded(t *testing.T) {
	s, _ := started(t, http.NotFound)

	for size, want := range map[int]int{
		mostBytes: http.StatusUnauthorized, mostBytes + 1: http.StatusRequestEntityTooLarge,
	} {
		r := request("POST", "/upstash/webhooks", strings.Repeat("x", size))
		if status := answered(s, r).Code; status != want {
			t.Errorf("%d bytes: status %d, want %d", size, status, want)
		}
	}
}

// TestForeignPages: another site's page can press none of the buttons.
func TestForeignPages(t *testing.T) {
	_, asAda := started(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("called %s", r.URL) })

	for _, target := range []string{"/login", "/logout", "/upstash/connect", "/upstash/disconnect"} {
		r := request("POST", target, url.Values{"user": {"user_1002"}}.Encode())
		r.Header.Set("Sec-Fetch-Site", "same-site")

		if status := asAda(r).Code; status != http.StatusForbidden {
			t.Errorf("%s: status %d", target, status)
		}
	}
}

// TestStates: each state of the grant has a page of its own, and a server that does not respond is no state of the
// grant.
func TestStates(t *testing.T) {
	for grants, want := range map[string]string{
		`[]`: "Not connected",
		`[{"id":"grt_1","state":"active","database_ids":["db-1"]}]`: "Download .env",
		`[{"id":"grt_1","state":"paused"}]`:                         "Reconnect Upstash",
		`[{"id":"grt_1","state":"revoked"}]`:                        "Connect Upstash again",
		`no JSON`:                                                   "Not reachable",
	} {
		_, asAda := started(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/databases") {
				_, _ = fmt.Fprint(w, `{"databases":[{"id":"db-1","name":"tides"}]}`)
			} else {
				_, _ = fmt.Fprint(w, `{"grants":`+grants+`}`)
			}
		})

		if page := asAda(request("GET", "/", "")).Body.String(); !strings.Contains(page, want) {
			t.Errorf("%s: the page lacks %q:\n%s", grants, want, page)
		}
	}
}
