package fault_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func journal(t *testing.T, s *sandbox.Sandbox) []sandboxtest.JournalEntry {
	t.Helper()

	var read struct{ Entries []sandboxtest.JournalEntry }
	if err := json.Unmarshal(
		[]byte(sandboxtest.Call(t, "GET", s.ControlURL()+"/journal", "").Body), &read,
	); err != nil {
		t.Fatal(err)
	}

	return read.Entries
}

// mintRequest is a POST /apikey of the account on its own connection, so that no retry of the transport blurs what
// the far end did.
func mintRequest(t *testing.T, s *sandbox.Sandbox, email, name string) *http.Request {
	t.Helper()
	request := sandboxtest.NewRequest(t, "POST", s.UpstashURL()+"/apikey", `{"name":"`+name+`"}`)
	request.Header.Set("Authorization", "Bearer "+sandboxtest.Token(t, s, `{"email":"`+email+`"}`))
	request.Close = true

	return request
}

func keyNames(t *testing.T, s *sandbox.Sandbox, email string) []string {
	t.Helper()

	var account struct{ Keys []struct{ Name string } }
	if err := json.Unmarshal(
		[]byte(sandboxtest.Call(t, "GET", s.ControlURL()+"/accounts/"+email, "").Body), &account,
	); err != nil {
		t.Fatal(err)
	}

	names := []string{}
	for _, key := range account.Keys {
		names = append(names, key.Name)
	}

	return names
}

func TestAConnectionIsDroppedBeforeOrAfterTheWork(t *testing.T) {
	for when, kept := range map[string][]string{"before_commit": {}, "after_commit": {"KEY"}} {
		t.Run(when, func(t *testing.T) {
			s := sandboxtest.Start(t)
			sandboxtest.Inject(
				t,
				s,
				`{"match":{"target":"upstash","method":"POST","path":"/apikey"},"do":{"drop":"`+when+`"}}`,
			)

			response, err := http.DefaultClient.Do(mintRequest(t, s, "a@example.com", "KEY"))
			if err == nil {
				response.Body.Close()
				t.Fatalf("got %d, want a dropped connection", response.StatusCode)
			}

			if diff := cmp.Diff(kept, keyNames(t, s, "a@example.com")); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}

			if got := sandboxtest.Mint(t, s, "a@example.com", "OTHER"); got.Status != 200 {
				t.Errorf("the next request: got %d %s, want the fault used up", got.Status, got.Body)
			}

			entries := journal(t, s)
			if len(entries) != 2 || entries[0].Status != 0 || entries[0].Fault != "drop_"+when ||
				entries[1].Status != 200 {
				t.Errorf("journal: got %+v, want a 0 and a 200", entries)
			}
		})
	}
}

func TestAResponseIsCutAfterTheWork(t *testing.T) {
	s := sandboxtest.Start(t)
	for name, row := range map[string]struct {
		cut  string
		want error
	}{"in the headers": {"17", io.ErrUnexpectedEOF}, "before anything": {"0", io.EOF}} {
		sandboxtest.Inject(t, s, `{"match":{"target":"upstash","path":"/apikey"},"do":{"cut_at_byte":`+row.cut+`}}`)

		response, err := http.DefaultClient.Do(mintRequest(t, s, "a@example.com", row.cut))
		if err == nil {
			response.Body.Close()
		}

		if !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", name, err, row.want)
		}
	}
	sandboxtest.Inject(t, s, `{"match":{"target":"upstash","path":"/apikey"},"do":{"cut_at_byte":140}}`)

	response, err := http.DefaultClient.Do(mintRequest(t, s, "a@example.com", "in the body"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()

	if body, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("in the body: got %q and %v, want an unexpected end", body, err)
	}

	if got := keyNames(t, s, "a@example.com"); len(got) != 3 {
		t.Errorf("keys: got %v, want all three", got)
	}

	for _, entry := range journal(t, s) {
		if entry.Status != 0 || entry.Outcome != "key_created" || entry.Account != "a@example.com" {
			t.Errorf("journal: got %+v, want status 0 and what was done", entry)
		}
	}
}

func TestTheBytesBeforeACutAreTheRealOnes(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Inject(t, s, `{"match":{"target":"upstash","path":"/v2/*"},"do":{"cut_at_byte":12}}`)

	connection, err := net.Dial("tcp", strings.TrimPrefix(s.UpstashURL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()

	if _, err := io.WriteString(connection, "GET /v2/redis/databases HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}

	got, err := io.ReadAll(bufio.NewReader(connection))
	if err != nil || string(got) != "HTTP/1.1 401" {
		t.Errorf("got %q and %v, want 12 bytes of the answer", got, err)
	}
}

func TestAFaultResponseReplacesTheWork(t *testing.T) {
	s := sandboxtest.Start(t)
	for name, row := range map[string]struct{ do, body, contentType string }{
		"text is sent raw":   {`{"status":503,"headers":{"Retry-After":"7","Content-Type":"text/html"},"body":"<h1>down</h1>"}`, "<h1>down</h1>", "text/html"},
		"JSON is sent as is": {`{"status":503,"headers":{"Retry-After":"7"},"body":{"error":"down"}}`, `{"error":"down"}`, "application/json"},
		"nothing is nothing": {`{"status":503,"headers":{"Retry-After":"7"}}`, "", ""},
	} {
		sandboxtest.Inject(t, s, `{"match":{"target":"upstash","path":"/apikey"},"do":`+row.do+`}`)

		got := sandboxtest.Send(t, http.DefaultClient, mintRequest(t, s, "a@example.com", "KEY"))
		if got.Status != 503 || got.Body != row.body || got.Header.Get("Retry-After") != "7" ||
			got.Header.Get("Content-Type") != row.contentType {
			t.Errorf("%s: got %d %q %v", name, got.Status, got.Body, got.Header)
		}
	}

	if got := keyNames(t, s, "a@example.com"); len(got) != 0 {
		t.Errorf("keys: got %v, want none", got)
	}
}

func TestADelayedRequestIsDoneEvenWhenTheCallerHasLeft(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Inject(t, s, `{"match":{"target":"upstash","path":"/apikey"},"do":{"delay_ms":300}}`)

	impatient := &http.Client{Timeout: 50 * time.Millisecond}
	if response, err := impatient.Do(mintRequest(t, s, "a@example.com", "LATE")); err == nil {
		response.Body.Close()
		t.Fatal("the answer came at once, want a delay")
	}

	if got := keyNames(t, s, "a@example.com"); len(got) != 0 {
		t.Fatalf("keys before the delay is over: got %v, want none", got)
	}

	deadline := time.Now().Add(5 * time.Second)
	for len(keyNames(t, s, "a@example.com")) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the work was never done")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestAFaultMeetsOnlyTheRequestsItNames(t *testing.T) {
	s := sandboxtest.Start(t)
	key, other := sandboxtest.MustMint(t, s, "a@example.com"), sandboxtest.MustMint(t, s, "b@example.com")
	list := func(email, key string) int {
		return sandboxtest.Upstash(t, s, email, key, "GET", "/v2/redis/databases", "").Status
	}

	sandboxtest.Inject(
		t,
		s,
		`{"match":{"target":"upstash","method":"GET","path":"/v2/*","email":"a@example.com"},"count":2,"do":{"status":500}}`,
	)

	got := []int{
		list("b@example.com", other),
		sandboxtest.Upstash(
			t,
			s,
			"a@example.com",
			key,
			"POST",
			"/v2/redis/database",
			`{"name":"x","primary_region":"us-east-1"}`,
		).Status,
		list("a@example.com", key),
		list("a@example.com", key),
		list("a@example.com", key),
	}
	if diff := cmp.Diff([]int{200, 200, 500, 500, 200}, got); diff != "" {
		t.Errorf("by e-mail, method, prefix and count (-want +got):\n%s", diff)
	}

	sandboxtest.Inject(
		t,
		s,
		`{"match":{"target":"upstash","path":"/apikey","email":"b@example.com"},"do":{"status":500}}`,
	)

	got = []int{
		sandboxtest.Mint(t, s, "a@example.com", "2").Status,
		sandboxtest.Mint(t, s, "b@example.com", "2").Status,
	}
	if diff := cmp.Diff([]int{200, 500}, got); diff != "" {
		t.Errorf("by the token's e-mail (-want +got):\n%s", diff)
	}

	sandboxtest.Inject(t, s, `{"match":{"target":"upstash"},"count":-1,"do":{"status":500}}`)
	got = []int{list("a@example.com", key), list("b@example.com", other), list("a@example.com", key)}
	sandboxtest.Want(t, sandboxtest.Call(t, "DELETE", s.ControlURL()+"/faults", ""), 204, "")

	got = append(got, list("a@example.com", key))
	if diff := cmp.Diff([]int{500, 500, 500, 200}, got); diff != "" {
		t.Errorf("until cleared (-want +got):\n%s", diff)
	}
}

func TestTheIssuerFailsOnDemand(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Inject(
		t,
		s,
		`{"match":{"target":"issuer","path":"/.well-known/jwks.json"},"do":{"status":200,"body":{"keys":[]}}}`,
	)
	sandboxtest.Want(t, sandboxtest.Call(t, "GET", s.IssuerURL()+".well-known/jwks.json", ""), 200, `{"keys":[]}`)

	sandboxtest.Inject(
		t,
		s,
		`{"match":{"target":"issuer","path":"/authorize*"},"count":-1,"do":{"coop":"same-origin"}}`,
	)
	b := sandboxtest.NewBrowser(t, s)

	page := b.Authorize()
	if got := page.Header.Get("Cross-Origin-Opener-Policy"); got != "same-origin" || page.Status != 200 {
		t.Errorf("coop: got %d with %q, want the real page with same-origin", page.Status, got)
	}

	if got := sandboxtest.CalledBack(t, b.LogIn(page)); got.Get("code") == "" {
		t.Errorf("coop: got %v, want a code", got)
	}

	sandboxtest.Inject(t, s, `{"match":{"target":"issuer","path":"/oauth/token"},"do":{"status":503,"body":"down"}}`)
	request := sandboxtest.NewRequest(t, "POST", s.IssuerURL()+"oauth/token", "")
	request.Header.Set("Origin", sandboxtest.AppOrigin)

	got := sandboxtest.Send(t, http.DefaultClient, request)
	if got.Status != 503 || got.Header.Get("Access-Control-Allow-Origin") != sandboxtest.AppOrigin {
		t.Errorf("token endpoint: got %d %v, want a 503 the page can read", got.Status, got.Header)
	}
}

func TestTheJournalRecordsCallsWithoutSecrets(t *testing.T) {
	s := sandboxtest.Start(t)
	key := sandboxtest.MustMint(t, s, "a@example.com")
	sandboxtest.Upstash(
		t,
		s,
		"a@example.com",
		key,
		"POST",
		"/v2/redis/database",
		`{"name":"x","primary_region":"us-east-1"}`,
	)
	sandboxtest.Upstash(t, s, "a@example.com", key, "GET", "/v2/redis/database/missing?credentials=hide", "")
	sandboxtest.Upstash(t, s, "a@example.com", "wrong", "GET", "/v2/redis/databases", "")

	if diff := cmp.Diff([]sandboxtest.JournalEntry{
		{Method: "POST", Path: "/apikey", Status: 200, Account: "a@example.com", Outcome: "key_created"},
		{
			Method:  "POST",
			Path:    "/v2/redis/database",
			Status:  200,
			Account: "a@example.com",
			Outcome: "database_created",
		},
		{
			Method:  "GET",
			Path:    "/v2/redis/database/missing",
			Status:  404,
			Account: "a@example.com",
			Outcome: "not_found",
		},
		{Method: "GET", Path: "/v2/redis/databases", Status: 401, Outcome: "unauthorized"},
	}, journal(t, s)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}

	raw := sandboxtest.Call(t, "GET", s.ControlURL()+"/journal", "").Body
	if strings.Contains(raw, key) {
		t.Error("the journal holds a key")
	}

	var read struct{ Entries []struct{ At string } }
	if err := json.Unmarshal([]byte(raw), &read); err != nil {
		t.Fatal(err)
	}
	var rest struct{ Entries []json.RawMessage }

	since := sandboxtest.Call(t, "GET", s.ControlURL()+"/journal?since="+read.Entries[1].At, "").Body
	if err := json.Unmarshal([]byte(since), &rest); err != nil || len(rest.Entries) != 2 {
		t.Errorf("since the second entry: got %s, want the two after it", since)
	}
}
