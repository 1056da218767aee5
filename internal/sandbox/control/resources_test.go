package control_test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestAnAccountShowsWhatItHasOfEachProduct(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, "a@example.com")
	address := s.ControlURL() + "/accounts/a@example.com"

	empty := sandboxtest.Call(t, "GET", address, "")
	if !strings.Contains(empty.Body, `"databases":[],"vector_indexes":[],"search_indexes":[],"qstash":[]`) {
		t.Errorf("a new account: got %s", empty.Body)
	}
	vector := u.CreateIndex("/v2/vector/index", sandboxtest.VectorBody("x"))
	search := u.CreateIndex("/v2/search", sandboxtest.SearchBody("x"))
	qstash := u.QStash()

	full := sandboxtest.Call(t, "GET", address, "")
	for member, path := range map[string]string{
		"vector_indexes": "/v2/vector/index", "search_indexes": "/v2/search", "qstash": "/v2/qstash/users",
	} {
		want := `"` + member + `":` + u.Send("GET", path, "").Body
		if !strings.Contains(full.Body, want) {
			t.Errorf("%s: got %s, want %s", member, full.Body, want)
		}
	}

	// Indexes keep the account, as databases do. The QStash user goes with it.
	sandboxtest.Want(t, sandboxtest.Call(t, "DELETE", address, ""), 409, `{"error":"the account has indexes"}`)
	u.Ok("DELETE", "/v2/vector/index/"+vector, "")
	sandboxtest.Want(t, sandboxtest.Call(t, "DELETE", address, ""), 409, `{"error":"the account has indexes"}`)
	u.Ok("DELETE", "/v2/search/"+search, "")
	sandboxtest.Want(t, sandboxtest.Call(t, "DELETE", address, ""), 204, "")

	if again := sandboxtest.NewUser(t, s, "a@example.com"); again.QStash() == qstash {
		t.Error("a new account of the same e-mail has the QStash user of the old one")
	}
}
