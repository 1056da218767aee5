package test

import (
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// Sealed data is bound to its row: values swapped in the database are genuine but cannot be decrypted. The connection
// whose key was replaced goes through suspect to reconnect_required, no other is affected, and the log reports it.
//
// Threat model: S05.
func TestSwappedKeyDisablesOnlyItsConnection(t *testing.T) {
	p := harness.StartProduct(t)
	victim, source, other := p.AddMember(
		t, "victim@example.com",
	), p.AddMember(
		t, "source@example.com",
	), p.AddMember(t,
		"other@example.com")

	ids := map[string]string{}
	for _, m := range []harness.Member{victim, source, other} {
		ids[m.Email] = p.Connection(t, m.Email).ID
	}
	before := p.Connection(t, victim.Email)
	p.ExecSQL(
		t,
		"UPDATE connections SET sealed_key = (SELECT sealed_key FROM connections WHERE id = ?) WHERE id = ?",
		ids[source.Email],
		ids[victim.Email],
	)
	calls := len(p.Journal(t))
	victim.Do(t, "GET", harness.DatabasesPath, victim.Header, "").IsProblem(t, 409, "reconnect_required")

	if got := len(p.Journal(t)); got != calls {
		t.Errorf("%d calls went upstream with a key that is not the account's", got-calls)
	}

	if log := p.Log.String(); !strings.Contains(log, `"a sealed key cannot be decrypted","connection":"`+before.ID+`"`) {
		t.Error("the log does not name the connection")
	}
	p.WantTransitions(t, before.ID, "pending -> active", "active -> suspect", "suspect -> reconnect_required")

	for _, m := range []harness.Member{source, other} {
		m.List(t)
		p.WantTransitions(t, ids[m.Email], "pending -> active")
	}

	after := p.Connect(t, victim.Email).Connection(t, 201)
	if after.ID != before.ID || after.State != "active" || after.Leftovers()[before.KeyName] == "" {
		t.Errorf("got %+v, want %s active again, with %s named as left over", after, before.ID, before.KeyName)
	}
	victim.List(t)
}

// A key sealed with a key that the keyset lacks does not invalidate the connection: the keyset is wrong.
//
// Threat model: S05.
func TestWrongKeysetNeverAsksTheUserToReconnect(t *testing.T) {
	p := harness.StartProduct(t)
	m := p.AddMember(t, "someone@example.com")
	before := p.Connection(t, m.Email)
	p.ExecSQL(t, "UPDATE connections SET sealed_key = CAST(x'01ffffffff' || substr(sealed_key, 6) AS BLOB)")
	calls := len(p.Journal(t))
	m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 503, "storage_unavailable")
	p.Connect(t, m.Email).IsProblem(t, 503, "storage_unavailable")

	if got := len(p.Journal(t)); got != calls {
		t.Errorf("%d calls went upstream: a key was made in place of one that is only locked away", got-calls)
	}

	if got := p.Connection(t, m.Email); got.State != "active" || got.KeyName != before.KeyName {
		t.Errorf("got %+v, want it as it was", got)
	}

	if log := p.Log.String(); !strings.Contains(
		log, "is sealed by key 4294967295, which is not in the sealing keyset",
	) {
		t.Error("the log does not name the key that is missing")
	}
}

// A stored create response that cannot be decrypted is unknown: never another create's response, and no second create.
//
// Threat model: S05.
func TestSwappedCreateResponseIsUncertain(t *testing.T) {
	m := harness.StartWithMember(t, harness.WithSettle(3*time.Second))
	first := m.Create(t, "first", harness.CreateBody("first")).Database(t, 201)
	second := m.Create(t, "second", harness.CreateBody("second")).Database(t, 201)
	m.ExecSQL(t,
		"UPDATE creates SET sealed_answer = (SELECT sealed_answer FROM creates WHERE name = 'second') WHERE name = 'first'")
	creates := m.Calls(t, "POST", harness.UpstreamCreate)
	got := m.Create(t, "first", harness.CreateBody("first"))
	got.IsProblem(t, 504, "outcome_uncertain")

	if got.Header.Get("Retry-After") != "3" || got.Header.Get("Idempotent-Replayed") != "" ||
		strings.Contains(got.Body, second.ID) ||
		strings.Contains(got.Body, first.ID) {
		t.Errorf("got %v %s, want neither database and Retry-After 3", got.Header, got.Body)
	}

	if again := m.Create(t, "second", harness.CreateBody("second")).Database(t, 201); again.ID != second.ID {
		t.Errorf("the other: got %s, want %s", again.ID, second.ID)
	}

	if got := m.Calls(t, "POST", harness.UpstreamCreate) - creates; got != 0 {
		t.Errorf("%d more creates", got)
	}

	if log := m.Log.String(); !strings.Contains(log, "a stored response cannot be decrypted") {
		t.Error("the log does not say so")
	}
}
