package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/upstash-connect/bff/internal/assistant"
	"github.com/upstash-connect/bff/internal/operation"
)

const hostileCalls = 1000

// A hostile assistant calls every operation as a tool, and tools that do not exist, with hostile arguments. Nothing
// outside the tools reaches Upstash, no result has a secret, and the audit log has every call of a tool.
func TestHostileAssistantsReachNothingElse(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	databases := []string{d.created(t, "orders"), d.created(t, "carts")}

	h := d.startHelper(t, "vector.*,search.list,redis.stats,redis.backup.list,redis.delete,redis.rename,qstash.list",
		"--allow", "create,redis.delete")
	secrets := d.secrets(t)
	offered := d.toolsOf(t, h)
	tools := slices.Sorted(maps.Keys(offered))
	before := len(d.Journal(t))

	random := rand.New(rand.NewPCG(1, 2))
	called, accepted := map[string]int64{"vector.create": 1}, 0
	ids := append(databases, h.createdIndex(t))

	for range hostileCalls {
		name := hostileName(random, tools)
		operation, isTool := offered[name]

		result, err := h.CallTool(
			t.Context(), &mcp.CallToolParams{Name: name, Arguments: hostileArguments(random, operation, ids)},
		)

		if isTool != (err == nil) {
			t.Fatalf("%q: got %v, and it is a tool: %t", name, err, isTool)
		}

		if isTool {
			called[operation.Name]++

			if !result.IsError {
				accepted++
			}
		}
	}
	h.end(t)

	for secret, what := range d.secrets(t) { // some calls created more
		secrets[secret] = what
	}
	h.checkNoSecret(t, secrets)
	d.checkJournal(t, before, offered)
	d.checkRecorded(t, called)

	if accepted < hostileCalls/20 || accepted > hostileCalls/2 {
		t.Errorf("%d calls succeeded: the test shows too little", accepted)
	}

	if left := d.Account(t, d.email).Databases; len(left) < len(databases) {
		t.Errorf("left %v, want those whose name nobody confirmed", left)
	}
}

// createdIndex makes a Vector index, and returns its id.
func (h *helper) createdIndex(t *testing.T) string {
	t.Helper()

	var index struct{ ID string }

	got := h.call(t, "vector_create", map[string]any{
		"name": "notes", "region": "eu-west-1", "similarity_function": "COSINE", "dimension_count": 8,
	}).is(t, "")
	if err := json.Unmarshal(got.Result, &index); err != nil {
		t.Fatal(err)
	}

	return index.ID
}

// toolsOf are the operations of the tools that exist.
func (d *desk) toolsOf(t *testing.T, h *helper) map[string]*operation.Operation {
	t.Helper()

	offered, names := map[string]*operation.Operation{}, h.names(t)

	for _, called := range operation.All() {
		if name := assistant.ToolName(called); slices.Contains(names, name) {
			offered[name] = called
		}
	}

	if len(offered) != len(names) {
		t.Fatalf("got %v", names)
	}

	return offered
}

// checkJournal compares what reached Upstash with the calls of the offered operations, and those that read back.
func (d *desk) checkJournal(t *testing.T, before int, offered map[string]*operation.Operation) {
	t.Helper()

	allowed := []operation.Upstream{
		{Method: "GET", Path: "/v2/redis/databases"},
		{Method: "GET", Path: "/v2/redis/database/{id}"},
		{Method: "POST", Path: "/v2/redis/database"},
		{Method: "GET", Path: "/v2/vector/index"},
		{Method: "GET", Path: "/v2/search"}, // the test's own
		{Method: "GET", Path: "/v2/qstash/users"},
	}
	for _, called := range offered {
		allowed = append(allowed, called.Upstream, called.On.Get, called.On.List)
	}

	journal := d.Journal(t)[before:]
	if len(journal) < hostileCalls/20 {
		t.Errorf("only %d calls reached Upstash: the test shows too little", len(journal))
	}

	for _, entry := range journal {
		path, _, _ := strings.Cut(entry.Path, "?")

		if !slices.ContainsFunc(allowed, func(call operation.Upstream) bool {
			return call.Method == entry.Method && pathPattern(call.Path).MatchString(path)
		}) {
			t.Errorf("%s reached Upstash", entry)
		}
	}
}

// pathPattern matches what a path of the catalogue becomes: an id has only letters, digits and hyphens.
func pathPattern(path string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(path), `\{id\}`, "[A-Za-z0-9-]{1,64}") + "$")
}

// checkRecorded compares the numbers of calls in the audit log with the calls that were made.
func (d *desk) checkRecorded(t *testing.T, called map[string]int64) {
	t.Helper()

	recorded := map[string]int64{}

	for detail, times := range d.toolEvents(t) {
		name, about, _ := strings.Cut(detail, " ")
		recorded[strings.TrimSuffix(name, ",")] += times

		if len(detail) > 100 || strings.ContainsAny(about, "/%\n\x00") {
			t.Errorf("the audit log has %q", detail)
		}
	}

	for name, times := range called {
		if recorded[name] != times {
			t.Errorf("%s was called %d times, and recorded %d times", name, times, recorded[name])
		}
	}
}

// hostileName is a tool that exists, an operation that is no tool, or neither.
func hostileName(random *rand.Rand, tools []string) string {
	switch random.IntN(8) {
	case 0, 1, 2, 3, 4:
		return pick(random, tools)
	case 5, 6:
		return assistant.ToolName(pick(random, operation.All()))
	}

	return pick(random, []string{
		"", "redis", "redis.list", "REDIS_LIST", "redis_list ", "redis_list/../redis_delete", "api", "teams_list", "account_delete",
		"redis_list\x00", "../redis_list", strings.Repeat("r", 10_000), "tools/call", "redis_list?x=1", "_", "__proto__", "vector_*",
	})
}

// hostileArguments are arguments of which some are valid, so that some calls reach Upstash.
func hostileArguments(random *rand.Rand, called *operation.Operation, ids []string) any {
	switch random.IntN(12) {
	case 0:
		return nil
	case 1:
		return pick(random, []any{"text", 1, true, []any{}, []any{map[string]any{"id": ids[0]}}})
	case 2:
		return json.RawMessage(fmt.Sprintf(`{"id":%q,"id":"other"}`, ids[0])) // whether the name occurs twice
	}
	given := validArguments(random, called, ids)

	for name := range given {
		if random.IntN(6) == 0 {
			given[name] = hostileValue(random, ids)
		}
	}

	for range max(0, random.IntN(4)-1) {
		given[pick(random, []string{
			"id", "backup_id", "confirm_name", "idempotency_key", "name", "region", "primary_region", "read_regions", "plan",
			"budget", "eviction", "period", "dimension_count", "similarity_function", "type", "ID", "Id", "id ", "path", "method",
			"url", "__proto__", "constructor", "", "password", "a/b~c", strings.Repeat("x", 5000),
		})] = hostileValue(random, ids)
	}

	return given
}

// validArguments are those that the tool needs, except that the name is not the resource's.
func validArguments(random *rand.Rand, called *operation.Operation, ids []string) map[string]any {
	given := map[string]any{}
	if called == nil {
		return given
	}

	if strings.Contains(called.Path, "{id}") {
		given["id"] = pick(random, ids)
	}

	if called.Tier == operation.Guarded {
		given["confirm_name"] = "not-its-name"
	}

	if called.Name == "redis.create" {
		given["name"], given["primary_region"] = fmt.Sprintf("made-%d", random.IntN(5)), "eu-west-1"
	}

	for _, field := range called.Fields {
		if field.Required {
			given[field.Name] = field.Example
		}
	}

	return given
}

func hostileValue(random *rand.Rand, ids []string) any {
	return pick(random, []any{
		ids[0], ids[1], ids[0] + "/reset-password", "../../apikey", "..%2f..%2fapikey", "..", ".", "%00", "\x00", "a\r\nHost: evil.example",
		"https://evil.example/", "//evil.example", "?x=1", "#", ";", "\\", "…", "\u202e", "' OR 1=1 --", "${jndi:x}", "{{7*7}}",
		"orders ", "ORDERS", "wrong", "us-east-1", "eu-west-1", "COSINE", "payg", "1d", "valid-name",
		strings.Repeat("A", 100_000), strings.Repeat("../", 1000), -1, 0, 3, 1.5, 1e308,
		int64(1) << 62, true, false, nil,
		[]any{},
		[]any{"us-east-1", 1},
		[]string{"us-east-1"},
		map[string]any{},
		map[string]any{"id": ids[0]},
		nested(200),
	})
}

// nested is an array in an array in an array.
func nested(depth int) any {
	value := []any{}
	for range depth {
		value = []any{value}
	}

	return value
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }
