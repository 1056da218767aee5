package main

import (
	"database/sql"
	"strings"
	"testing"
	"time"
)

// What is sealed is bound to its row: values that somebody swaps in the database are genuine and still do not open. The
// connection whose key was replaced goes through suspect to reconnect_required, no other is touched, and the log says so.
func TestS05SwappedKeyCondemnsItsConnectionAlone(t *testing.T) {
	p := startProduct(t)
	victim, source, other := p.joined(t, "victim@example.com"), p.joined(t, "source@example.com"), p.joined(t, "other@example.com")
	ids := map[string]string{}
	for _, m := range []member{victim, source, other} {
		ids[m.email] = p.connection(t, m.email).ID
	}
	before := p.connection(t, victim.email)
	p.execSQL(t, "UPDATE connections SET sealed_key = (SELECT sealed_key FROM connections WHERE id = ?) WHERE id = ?", ids[source.email], ids[victim.email])
	calls := len(p.journal(t))
	victim.do(t, "GET", databasesPath, victim.header, "").isProblem(t, 409, "reconnect_required")
	if got := len(p.journal(t)); got != calls {
		t.Errorf("%d calls went upstream with a key that is not the account's", got-calls)
	}
	if log := p.log.String(); !strings.Contains(log, `"a sealed key does not open","connection":"`+before.ID+`"`) {
		t.Error("the log does not name the connection")
	}
	p.wantEdges(t, before.ID, "pending -> active", "active -> suspect", "suspect -> reconnect_required")
	for _, m := range []member{source, other} {
		m.list(t)
		p.wantEdges(t, ids[m.email], "pending -> active")
	}
	after := p.connect(t, victim.email).connection(t, 201)
	if after.ID != before.ID || after.State != "active" || after.leftovers()[before.KeyName] == "" {
		t.Errorf("got %+v, want %s active again, with %s named as left over", after, before.ID, before.KeyName)
	}
	victim.list(t)
}

// A key that is sealed by one that the keyset lacks says nothing against the connection: it is the keyset that is wrong.
func TestS05KeyOfAnotherKeysetIsNoReasonToReconnect(t *testing.T) {
	p := startProduct(t)
	m := p.joined(t, "someone@example.com")
	before := p.connection(t, m.email)
	p.execSQL(t, "UPDATE connections SET sealed_key = CAST(x'01ffffffff' || substr(sealed_key, 6) AS BLOB)")
	calls := len(p.journal(t))
	m.do(t, "GET", databasesPath, m.header, "").isProblem(t, 503, "storage_unavailable")
	p.connect(t, m.email).isProblem(t, 503, "storage_unavailable")
	if got := len(p.journal(t)); got != calls {
		t.Errorf("%d calls went upstream: a key was made in place of one that is only locked away", got-calls)
	}
	if got := p.connection(t, m.email); got.State != "active" || got.KeyName != before.KeyName {
		t.Errorf("got %+v, want it as it was", got)
	}
	if log := p.log.String(); !strings.Contains(log, "is sealed by key 4294967295, which is not in the sealing keyset") {
		t.Error("the log does not name the key that is missing")
	}
}

// A create's remembered answer that does not open is unknown: never another's answer, and no second create.
func TestS05SwappedAnswerOfACreateIsUnknown(t *testing.T) {
	m := startJoined(t, withSettle(3*time.Second))
	first := m.create(t, "first", createBody("first")).database(t, 201)
	second := m.create(t, "second", createBody("second")).database(t, 201)
	m.execSQL(t, "UPDATE creates SET sealed_answer = (SELECT sealed_answer FROM creates WHERE name = 'second') WHERE name = 'first'")
	creates := m.calls(t, "POST", upstreamCreate)
	got := m.create(t, "first", createBody("first"))
	got.isProblem(t, 504, "outcome_uncertain")
	if got.header.Get("Retry-After") != "3" || got.header.Get("Idempotent-Replayed") != "" || strings.Contains(got.body, second.ID) || strings.Contains(got.body, first.ID) {
		t.Errorf("got %v %s, want neither database and Retry-After 3", got.header, got.body)
	}
	if again := m.create(t, "second", createBody("second")).database(t, 201); again.ID != second.ID {
		t.Errorf("the other: got %s, want %s", again.ID, second.ID)
	}
	if got := m.calls(t, "POST", upstreamCreate) - creates; got != 0 {
		t.Errorf("%d more creates", got)
	}
	if log := m.log.String(); !strings.Contains(log, "the stored answer of a create does not open") {
		t.Error("the log does not say so")
	}
}

// execSQL changes the database beside the running server, as somebody with its file could.
func (p *product) execSQL(t *testing.T, statement string, values ...any) {
	t.Helper()
	database, err := sql.Open("sqlite3", "file:"+p.database+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = database.Close() }()
	result, err := database.ExecContext(t.Context(), statement, values...)
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := result.RowsAffected(); err != nil || changed == 0 {
		t.Fatalf("%s changed %d rows, %v", statement, changed, err)
	}
}
