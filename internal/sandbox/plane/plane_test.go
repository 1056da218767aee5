package plane_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// tokensOf returns the tokens of one resource of each product, by the name in the sentence.
func tokensOf(t *testing.T, u sandboxtest.User) map[string][]string {
	t.Helper()
	vector := u.Send("GET", "/v2/vector/index/"+u.CreateIndex("/v2/vector/index", sandboxtest.VectorBody("x")), "")
	search := u.Send("GET", "/v2/search/"+u.CreateIndex("/v2/search", sandboxtest.SearchBody("x")), "")
	qstash := u.Send("GET", "/v2/qstash/user/"+u.QStash(), "")

	tokens := map[string][]string{}
	for name, made := range map[string]sandboxtest.Response{"Vector": vector, "Search": search, "QStash": qstash} {
		tokens[name] = []string{made.Text(t, "token"), made.Text(t, "read_only_token")}
	}

	return tokens
}

func wantSentence(t *testing.T, request *http.Request, product string) {
	t.Helper()

	sandboxtest.Want(
		t, sandboxtest.Send(t, http.DefaultClient, request), 501,
		`{"error":"The sandbox does not emulate `+product+`'s data plane."}`,
	)
}

func TestADataPlaneThatDoesNotExistSaysSo(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")

	for product, tokens := range tokensOf(t, u) {
		for _, token := range tokens {
			for method, path := range map[string]string{"POST": "/upsert/namespace", "GET": "/info", "DELETE": "/v2/messages/1"} {
				request := sandboxtest.NewRequest(t, method, s.RESTURL()+path, "")
				request.Header.Set("Authorization", "Bearer "+token)
				wantSentence(t, request, product)
			}
		}
	}

	got := sandboxtest.Call(t, "GET", s.ControlURL()+"/journal?target=redis&last=1", "")

	var journal struct{ Entries []sandboxtest.JournalEntry }
	if err := json.Unmarshal([]byte(got.Body), &journal); err != nil {
		t.Fatalf("%s: %v", got.Body, err)
	}

	entries := journal.Entries
	if len(entries) != 1 || entries[0].Outcome != "not_implemented" || entries[0].Account != u.Email {
		t.Errorf("the journal: got %s", got.Body)
	}
}

func TestAResetTokenIsNoLongerOfAProduct(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	path := "/v2/vector/index/" + u.CreateIndex("/v2/vector/index", sandboxtest.VectorBody("x"))

	old := sandboxtest.NewRequest(t, "GET", s.RESTURL()+"/info", "")
	old.Header.Set("Authorization", "Bearer "+u.Send("GET", path, "").Text(t, "token"))
	u.Ok("POST", path+"/reset-password", "")

	if got := sandboxtest.Send(t, http.DefaultClient, old); got.Status != 401 {
		t.Errorf("got %d %s, want 401", got.Status, got.Body)
	}
}

func TestTheNameOfARealHostSelectsTheDataPlane(t *testing.T) {
	s := sandboxtest.Start(t)
	for host, product := range map[string]string{
		"lucky-otter-12345-us1-vector.upstash.io":   "Vector",
		"Lucky-Otter-12345-eu1-Search.Upstash.io":   "Search",
		"qstash.upstash.io":                         "QStash",
		"qstash-eu-central-1.upstash.io:443":        "QStash",
		"beloved-stallion-58500.upstash.io":         "",
		"sandbox-search":                            "",
		"lucky-otter-12345-us1-vector.example.com":  "",
		"a.lucky-otter-12345-us1-vector.upstash.io": "Vector",
	} {
		t.Run(host, func(t *testing.T) {
			request := sandboxtest.NewRequest(t, "POST", s.RESTURL()+"/query", `{}`)
			request.Host = host

			if product != "" {
				wantSentence(t, request, product)
				return
			}

			if got := sandboxtest.Send(t, http.DefaultClient, request); got.Status != 401 {
				t.Errorf("got %d %s, want what a database answers without a token", got.Status, got.Body)
			}
		})
	}
}

func TestDatabasesAreServedBesideThem(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	tokensOf(t, u)

	request := sandboxtest.NewRequest(t, "POST", s.RESTURL(), `["PING"]`)
	request.Header.Set("Authorization", "Bearer "+u.Read(u.Create("x")).Text(t, "rest_token"))
	sandboxtest.Want(t, sandboxtest.Send(t, http.DefaultClient, request), 200, `{"result":"PONG"}`)
}
