package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/test/harness"
)

// These tests walk the catalogue: each covers an operation that is added.

// generic lists the operations of the generic handler.
func generic(t *testing.T) []*operation.Operation {
	t.Helper()

	all := slices.DeleteFunc(operation.All(), func(o *operation.Operation) bool { return o.Upstream.Method == "" })
	if len(all) < 25 {
		t.Fatalf("only %d operations were found: this test would show nothing", len(all))
	}

	return all
}

// startWithOperations starts a server that offers these operations, all by default, with an account that has one
// resource of each kind.
func startWithOperations(t *testing.T, options ...harness.Option) (harness.Member, harness.Resources) {
	t.Helper()
	var clock harness.Clock

	m := harness.StartWithMember(t, append([]harness.Option{
		harness.WithOperations(), harness.WithStandInClock(&clock), harness.WithSettle(time.Second),
		harness.WithConfig(func(c *config.Config) { c.AllowedPlans = nil }),
	}, options...)...)

	return m, m.Populate(t, &clock)
}

// Every operation works, once, in an order that leaves its resource for the next.
func TestEveryOperationWorks(t *testing.T) {
	t.Parallel()
	m, made := startWithOperations(t)

	for _, called := range inOrder(t) {
		want := 200
		switch called.Effect {
		case operation.Create:
			want = 201
		case operation.Destroy:
			want = 204
		case operation.Read, operation.Change, operation.Reveal:
		}
		got := m.Operate(t, harness.Sample(called, made), "once-"+called.Name)

		if got.Status != want {
			t.Errorf("%s: got %d %s, want %d", called.Name, got.Status, got.Body, want)
			continue
		}

		if called.Effect == operation.Destroy {
			continue
		}

		if body := got.Body; called.On.Of == nil && !strings.Contains(called.Path, "stats") &&
			!strings.Contains(body, `"id":"`) {
			t.Errorf("%s: the response has no id: %s", called.Name, body)
		}

		if !called.Effect.Writes() {
			continue
		}

		again := m.Operate(t, harness.Sample(called, made), "once-"+called.Name)
		if again.Body != got.Body || again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s again: got %d %s, want a replay of %s", called.Name, again.Status, again.Body, got.Body)
		}
	}
}

// Threat model: O01.
func TestOperationsRejectHostileIDs(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m, made := startWithOperations(t, harness.WithFront(t, &f))

	hostile := slices.DeleteFunc(append(
		tricks(), "a%2fb", "a%252fb", "..%2f"+made.Database, "a%3fb", "a%23b", "%c3%a9", "%ff", "a%00", "a.b", "-a",
		"a%20b", strings.Repeat("a", 65), "%7bid%7d", made.Database+"%0d%0aX:y", "a;b",
	), func(id string) bool { // these are well-formed, as far as they are part of the path
		id, _, _ = strings.Cut(id, "?")
		return id == "null" || id == "undefined"
	})
	for turn, called := range generic(t) {
		if !strings.Contains(called.Path, "{") {
			continue
		}

		f.SendsNothing(t, func() {
			for _, id := range harness.Share(hostile, turn) {
				for _, spots := range []harness.Resources{
					{Database: id, Backup: made.Backup, Vector: id, Search: id, QStash: id},
					{Database: made.Database, Backup: id, Vector: id, Search: id, QStash: id},
				} {
					if spots.Of(called) != id && !strings.Contains(called.Path, "{backup_id}") {
						continue
					}
					call := harness.Sample(called, spots)
					more := fmt.Sprintf("Confirm-Name: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n",
						harness.Mine, len(call.Body))
					got := m.Raw(t, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n%sConnection: close\r\n\r\n%s",
						call.Method, call.Path, m.Host(), m.Header.Get("Authorization"), more, call.Body))

					if !slices.Contains([]int{400, 404, 405}, got.Status) {
						t.Errorf("%s with the id %.80q: got %d %s, want 404", called.Name, id, got.Status, got.Body)
					}
				}
			}

			long := harness.Sample(called, harness.Resources{
				Database: strings.Repeat("a", 65), Vector: "a_b", Search: "a.b", QStash: "a~b", Backup: made.Backup,
			})
			m.Do(t, long.Method, long.Path, long.With(m.Header, ""), long.Body).IsProblem(t, 404, absent(called))
		})
	}
}

// absent is the code of a resource that does not exist.
func absent(called *operation.Operation) string {
	if called.On.Product == operation.Redis && called.On.Of == nil && !strings.Contains(called.Path, "{backup_id}") {
		return "database_not_found"
	}

	return "resource_not_found"
}

// A well-formed id that nobody has is not found either, and nothing is written.
func TestOperationsOnAbsentResources(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m, made := startWithOperations(t, harness.WithFront(t, &f))
	const none = "00000000-0000-4000-8000-000000000000"

	for _, called := range generic(t) {
		if !strings.Contains(called.Path, "{") {
			continue
		}
		nobody := harness.Resources{Database: none, Backup: none, Vector: none, Search: none, QStash: none}
		m.Operate(t, harness.Sample(called, nobody), "").IsProblem(t, 404, absent(called))
	}

	for _, entry := range m.Journal(t) {
		if entry.Method != http.MethodGet && strings.Contains(entry.Path, none) {
			t.Errorf("got %s, want no write on what does not exist", entry)
		}
	}

	restore, _ := operation.Find("redis.backup.restore")
	made.Backup = none
	m.Operate(t, harness.Sample(restore, made), "").IsProblem(t, 404, "resource_not_found")
}

// Threat model: O02.
func TestOperationsRejectWrongFields(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m, made := startWithOperations(t, harness.WithFront(t, &f))

	for _, called := range generic(t) {
		if !called.Effect.Writes() {
			continue
		}
		call := harness.Sample(called, made)
		send := func(body string, status int, code string) {
			t.Helper()
			f.SendsNothing(t, func() {
				got := m.Do(t, call.Method, call.Path, call.With(m.Header, ""), body)
				if got.Status != status || got.Code(t) != code {
					t.Errorf(
						"%s with %.200s: got %d %s, want %d %s", called.Name, body, got.Status, got.Body, status, code,
					)
				}
			})
		}
		body := strings.TrimSuffix(call.Body, "}")
		comma := ","

		if body == "" {
			body, comma = "{", ""
		}
		send(body+comma+`"unknown":1}`, 400, "unknown_field")
		send(body+comma+`"__proto__":{}}`, 400, "unknown_field")
		send(body+comma+`"a":1,"a":2}`, 400, "invalid_json")
		send(body+comma, 400, "invalid_json")
		send(`[]`, 400, "invalid_json")
		send(`"x"`, 400, "invalid_json")
		send(body+"}{}", 400, "invalid_json")

		for _, field := range called.Fields {
			known := map[string]any{}
			_ = json.Unmarshal([]byte(call.Body), &known)
			delete(known, field.Name)

			if _, other := known[strings.ToUpper(field.Name)]; !other {
				known[strings.ToUpper(field.Name)] = field.Example
			}
			send(encoded(known), 400, "unknown_field")
			delete(known, strings.ToUpper(field.Name))

			if field.Required {
				send(encoded(known), 422, "validation_failed")
			}

			for _, wrong := range wrongTypes(field.Type) {
				known[field.Name] = json.RawMessage(wrong)
				send(encoded(known), 422, "validation_failed")
			}
			rest := strings.TrimSuffix(encoded(map[string]any{field.Name: field.Example}), "}")
			send(rest+","+rest[1:]+"}", 400, "invalid_json") // the same field twice
		}
	}
}

func encoded(object map[string]any) string {
	body, _ := json.Marshal(object)
	return string(body)
}

// wrongTypes are values of other types than a field's.
func wrongTypes(of operation.Type) []string {
	wrong := []string{`{}`, `[[]]`, `[1]`, `1.5`, `[null]`}
	if of != operation.Text {
		wrong = append(wrong, `"x"`, `""`)
	}

	if of != operation.Integer {
		wrong = append(wrong, `1`)
	} else {
		wrong = append(wrong, `1e300`, `9223372036854775808`, `-1`)
	}

	if of != operation.Boolean {
		wrong = append(wrong, `true`)
	}

	return wrong
}

// Threat model: O03.
func TestOperationsLeakNoUpstreamSecrets(t *testing.T) {
	t.Parallel()
	const planted = "planted-secret-9d41f0c2"
	var f harness.Front
	m, made := startWithOperations(t, harness.WithFront(t, &f))
	m.NoteSecret(planted, "secret of an upstream response")
	f.Rewrites(func(body any) any { return plant(body, planted) })

	revealed := 0

	for _, called := range generic(t) {
		if called.Effect == operation.Destroy {
			continue
		}
		got := m.Operate(t, harness.Sample(called, made), "")

		if got.Status/100 != 2 {
			t.Errorf("%s: got %d %s, want success", called.Name, got.Status, got.Body)
		}
		found := strings.Contains(got.Body+fmt.Sprint(got.Header), planted)

		switch {
		case called.Effect == operation.Reveal && found:
			revealed++
		case called.Effect == operation.Reveal || found:
			t.Errorf("%s: the response has secrets: %t: %s", called.Name, found, got.Body)
		}

		var body map[string]any
		got.JSON(t, &body)

		if called.Response != nil && called.List == "" {
			for name := range body {
				if !slices.ContainsFunc(called.Response.Fields, func(f operation.Out) bool { return f.Key() == name }) {
					t.Errorf("%s: the response has the field %s", called.Name, name)
				}
			}
		}
	}

	if revealed < 3 {
		t.Errorf("%d operations revealed the planted secrets, want those of Vector, Search and QStash", revealed)
	}
}

// plant adds secrets to every object: under the names that Upstash uses, nested, and in unknown fields.
func plant(body any, secret string) any {
	switch body := body.(type) {
	case []any:
		for n := range body {
			body[n] = plant(body[n], secret)
		}
	case map[string]any:
		for name, value := range body {
			body[name] = plant(value, secret)
		}

		if _, isPoint := body["x"]; isPoint {
			body["z"] = secret
			return body
		}

		for _, name := range []string{
			"token", "read_only_token", "password", "rest_token", "read_only_rest_token", "user_email", "customer_id", "new_field",
		} {
			body[name] = secret
		}
		body["nested"] = map[string]any{"token": secret, "deeper": []any{map[string]any{"password": secret}}}
		body["Token"], body["TOKEN"] = secret, secret
	}

	return body
}

// Threat model: O04.
func TestClosedOperationsSendNothing(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))
	const id = "96ad0856-03b1-4ee7-9666-e81abd0349e1"
	made := harness.Resources{Database: id, Backup: id, Vector: id, Search: id, QStash: id}

	f.SendsNothing(t, func() {
		for _, called := range generic(t) {
			m.Operate(t, harness.Sample(called, made), "").IsProblem(t, 403, "operation_disabled")
		}
	})
}

// Patterns open named operations only.
func TestPatternsOpenNoGuardedOperation(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(
		t, harness.WithFront(t, &f), harness.WithOperations("redis.*", "vector.*", "search.*", "qstash.*"),
	)
	const id = "96ad0856-03b1-4ee7-9666-e81abd0349e1"
	made := harness.Resources{Database: id, Backup: id, Vector: id, Search: id, QStash: id}

	for _, called := range generic(t) {
		call := harness.Sample(called, made)
		if called.Tier == operation.Guarded {
			f.SendsNothing(t, func() { m.Operate(t, call, "").IsProblem(t, 403, "operation_disabled") })
		} else if got := m.Operate(t, call, ""); got.Status == 403 {
			t.Errorf("%s: got %s, want it open", called.Name, got.Body)
		}
	}
}

// Threat model: O05.
func TestGuardedOperationsNeedAFreshLoginAndTheName(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m, made := startWithOperations(t, harness.WithFront(t, &f))
	stale := harness.Bearer(m.Token(t, map[string]any{
		"email": m.Email, "claims": map[string]any{"auth_time": time.Now().Add(-11 * time.Minute).Unix()},
	}))
	writes := func() int {
		count := 0
		for _, entry := range m.Journal(t) {
			if entry.Method != http.MethodGet {
				count++
			}
		}

		return count
	}
	before := writes()

	for _, called := range generic(t) {
		call := harness.Sample(called, made)
		if called.Tier != operation.Guarded {
			if got := m.Do(t, call.Method, call.Path, call.With(stale, ""), call.Body); !called.Effect.Writes() &&
				got.Status != 200 {
				t.Errorf("%s with a stale login: got %d %s, want it allowed", called.Name, got.Status, got.Body)
			}
			before = writes()

			continue
		}

		f.SendsNothing(t, func() {
			got := m.Do(t, call.Method, call.Path, call.With(stale, ""), call.Body)
			got.IsProblem(t, 401, "fresh_login_required")

			if challenge := got.Header.Get("WWW-Authenticate"); !strings.Contains(challenge, `max_age="600"`) ||
				!strings.Contains(challenge, "insufficient_user_authentication") {
				t.Errorf("%s: got the challenge %q", called.Name, challenge)
			}
		})

		for _, wrong := range []string{"", "MINE", "mine2", "min", "min%65", made.Database} {
			call.Confirm = wrong
			m.Operate(t, call, "").IsProblem(t, 422, "confirmation_mismatch")
		}
	}

	if after := writes(); after > before {
		t.Errorf("%d writes reached upstream", after-before)
	}
}
