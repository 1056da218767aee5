package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/upstash-connect/bff/internal/assistant"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/test/harness"
)

// helper is an assistant that runs the real binary, and remembers everything that it received.
type helper struct {
	*mcp.ClientSession
	desk     *desk
	received *bytes.Buffer // both directions of the protocol
	stderr   *bytes.Buffer
}

// startHelper starts `bff mcp` with these operations open.
func (d *desk) startHelper(t *testing.T, open string, flags ...string) *helper {
	t.Helper()
	h := &helper{desk: d, received: &bytes.Buffer{}, stderr: &bytes.Buffer{}}

	command := d.process(t, append([]string{"mcp"}, flags...)...)
	command.Env = append(command.Env, "BFF_LOG_LEVEL=debug")

	if open != "" {
		command.Env = append(command.Env, "BFF_ALLOW_OPERATIONS="+open)
	}
	command.Stderr = h.stderr

	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(
		t.Context(), &mcp.LoggingTransport{Transport: &mcp.CommandTransport{Command: command}, Writer: h.received}, nil,
	)
	if err != nil {
		t.Fatalf("%v: %s", err, h.stderr)
	}
	h.ClientSession = session

	t.Cleanup(func() { h.end(t) })

	return h
}

// process is the real binary in this home directory, without a keyring.
func (d *desk) process(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	harness.BinaryUsed.Store(true)

	path, err := harness.Binary()
	if err != nil {
		t.Fatal(err)
	}
	// Cleanups end it, after the test's context has ended.
	command := exec.CommandContext(context.WithoutCancel(t.Context()), path, append(arguments, "--no-keyring")...)
	command.Env = d.environ()

	return command
}

// end closes the input of bff, which must then end without an error.
func (h *helper) end(t *testing.T) {
	t.Helper()

	if err := h.Close(); err != nil {
		t.Errorf("bff mcp ended with %v: %s", err, h.stderr)
	}
}

// names are the tools that exist, sorted.
func (h *helper) names(t *testing.T) []string {
	t.Helper()

	listed, err := h.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}

	var names []string
	for _, tool := range listed.Tools {
		names = append(names, tool.Name)
	}

	return names
}

// outcome is what a call returned.
type outcome struct {
	Code           problem.Code    `json:"code"`
	Detail         string          `json:"detail"`
	RetryAfter     int             `json:"retry_after_s"`
	IdempotencyKey string          `json:"idempotency_key"`
	Replayed       bool            `json:"replayed"`
	Deleted        bool            `json:"deleted"`
	Result         json.RawMessage `json:"result"`
	Errors         []struct{ Pointer, Detail string }

	text     string
	protocol error // the call was not a tool's
}

func (h *helper) call(t *testing.T, name string, arguments any) outcome {
	t.Helper()

	result, err := h.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Arguments: arguments})
	if err != nil {
		return outcome{protocol: err, text: err.Error()}
	}

	text, isText := result.Content[0].(*mcp.TextContent)
	if len(result.Content) != 1 || !isText {
		t.Fatalf("%s: got %+v", name, result.Content)
	}

	got := outcome{text: text.Text}
	if err := json.Unmarshal([]byte(text.Text), &got); err != nil {
		t.Fatalf("%s: %v: %s", name, err, text.Text)
	}

	structured, err := json.Marshal(result.StructuredContent)
	if err != nil || !jsonEqual(t, structured, []byte(text.Text)) {
		t.Errorf("%s: structured content is %s, text is %s", name, structured, text.Text)
	}

	if result.IsError != (got.Code != "") {
		t.Errorf("%s: isError is %t: %s", name, result.IsError, text.Text)
	}

	return got
}

func jsonEqual(t *testing.T, a, b []byte) bool {
	t.Helper()

	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}

	return cmp.Equal(x, y)
}

// is checks the problem of a call; "" means that it succeeded.
func (o outcome) is(t *testing.T, code problem.Code) outcome {
	t.Helper()

	if o.protocol != nil || o.Code != code {
		t.Fatalf("got %v %s, want %q", o.protocol, o.text, code)
	}

	return o
}

// toolEvents are the recorded calls by their details, with their numbers.
func (d *desk) toolEvents(t *testing.T) map[string]int64 {
	t.Helper()

	found := map[string]int64{}

	for _, event := range d.events(t, keys.ActionToolCalled) {
		found[event.Detail] += max(1, event.Times)

		if event.Actor.Kind != keys.ActorAssistant || event.ConnectionID == "" {
			t.Errorf("got %+v, want the assistant and a connection", event)
		}
	}

	return found
}

// events are the recorded events with this action.
func (d *desk) events(t *testing.T, action keys.Action) (found []keys.Event) {
	t.Helper()

	path := filepath.Join(d.home, "state", "upstash-connect", "state.db")

	database, err := db.Open(t.Context(), db.Options{URL: "sqlite://" + path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = database.Close() }()

	err = database.Events(t.Context(), keys.EventFilter{Action: action}, func(event keys.Event) error {
		found = append(found, event)

		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	return found
}

// every lists all operations, as a value of BFF_ALLOW_OPERATIONS.
func every() string { return strings.Join(operation.Names(operation.All()), ",") }

// Without flags, the tools are the open reads. Flags add what they name, and nothing else.
func TestAssistantsGetTheAllowedToolsOnly(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	for _, test := range []struct {
		open    string
		flags   []string
		permits func(*operation.Operation) bool
	}{
		{"", nil, func(o *operation.Operation) bool {
			return o.Tier == operation.Default && o.Effect == operation.Read
		}},
		{every(), nil, func(o *operation.Operation) bool { return o.Effect == operation.Read }},
		{every(), []string{"--reveal"}, func(o *operation.Operation) bool { return !o.Effect.Writes() }},
		{every(), []string{"--allow", "create"}, func(o *operation.Operation) bool {
			return o.Effect == operation.Read || o.Effect == operation.Create
		}},
		{every(), []string{"--allow", "vector.create,redis.delete"}, func(o *operation.Operation) bool {
			return o.Effect == operation.Read || o.Name == "vector.create" || o.Name == "redis.delete"
		}},
		{"qstash.*", []string{"--reveal"}, func(o *operation.Operation) bool {
			return !o.Effect.Writes() && (o.Tier == operation.Default || o.On.Product == operation.QStash)
		}},
	} {
		var want []string

		for _, called := range operation.All() {
			if test.permits(called) {
				want = append(want, assistant.ToolName(called))
			}
		}
		slices.Sort(want)

		if got := d.startHelper(t, test.open, test.flags...).names(t); !slices.Equal(got, want) {
			t.Errorf("%v: got %v, want %v", test.flags, got, want)
		}
	}
}

func TestAssistantsAreAllowedNothingByATypo(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	for name, want := range map[string]string{
		"destroy":            "name each operation",
		"change":             "name each operation",
		"redis.*":            "name each operation",
		"*":                  "name each operation",
		"redis.drop":         "unknown operation",
		"Create":             "unknown operation",
		"":                   "unknown operation",
		"redis.credentials":  "use --reveal",
		"vector.create":      "add it to BFF_ALLOW_OPERATIONS",
		"create,redis.purge": "unknown operation",
	} {
		flag := "--allow=" + name
		if name == "" {
			flag = "--allow=create," // an empty name
		}

		got := d.bff(t, "mcp", flag)
		if got.Code != problem.ExitUsage || !strings.Contains(got.Stderr, want) || got.Stdout != "" {
			t.Errorf("%s: got %+v, want %q", flag, got, want)
		}
	}
}

// Tools are described by the catalogue, and their hints follow the effect.
func TestToolsAreDescribedByTheCatalogue(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	var all []string

	for _, called := range operation.All() {
		if called.Effect.Writes() {
			all = append(all, called.Name)
		}
	}
	h := d.startHelper(t, every(), "--reveal", "--allow", strings.Join(all, ","))

	listed, err := h.ListTools(t.Context(), nil)
	if err != nil || len(listed.Tools) != len(operation.All()) {
		t.Fatalf("got %d tools and %v, want %d", len(listed.Tools), err, len(operation.All()))
	}
	byName := map[string]*mcp.Tool{}

	for _, tool := range listed.Tools {
		byName[tool.Name] = tool
	}

	for _, called := range operation.All() {
		tool := byName[assistant.ToolName(called)]
		if tool == nil {
			t.Errorf("%s is no tool", called.Name)
			continue
		}

		if !strings.HasPrefix(tool.Description, called.Summary+".") || !strings.Contains(tool.Description, called.Detail) {
			t.Errorf("%s: description %q", called.Name, tool.Description)
		}
		checkHints(t, called, tool)
		checkSchema(t, called, tool)
	}
}

func checkHints(t *testing.T, called *operation.Operation, tool *mcp.Tool) {
	t.Helper()

	hints := tool.Annotations
	if hints.ReadOnlyHint == called.Effect.Writes() {
		t.Errorf("%s: readOnlyHint is %t", called.Name, hints.ReadOnlyHint)
	}

	if want := called.Tier == operation.Guarded; hints.DestructiveHint == nil || *hints.DestructiveHint != want {
		t.Errorf("%s: destructiveHint is not %t", called.Name, want)
	}

	if want := !called.Effect.Writes() || called.Effect == operation.Destroy; hints.IdempotentHint != want {
		t.Errorf("%s: idempotentHint is not %t", called.Name, want)
	}
}

func checkSchema(t *testing.T, called *operation.Operation, tool *mcp.Tool) {
	t.Helper()

	var schema struct {
		Type       string
		Properties map[string]struct{ Type, Description string }
		Required   []string
		Additional *bool `json:"additionalProperties"`
	}

	encoded, err := json.Marshal(tool.InputSchema)
	if err != nil || json.Unmarshal(encoded, &schema) != nil || schema.Type != "object" ||
		schema.Additional == nil || *schema.Additional {
		t.Fatalf("%s: %v: %s", called.Name, err, encoded)
	}

	for name, needed := range map[string]bool{
		"id":              strings.Contains(called.Path, "{id}"),
		"backup_id":       strings.Contains(called.Path, "{backup_id}"),
		"confirm_name":    called.Tier == operation.Guarded,
		"idempotency_key": called.Effect.Writes(),
	} {
		if _, has := schema.Properties[name]; has != needed {
			t.Errorf("%s: has %s is %t", called.Name, name, has)
		}

		if required := slices.Contains(schema.Required, name); required != (needed && name != "idempotency_key") {
			t.Errorf("%s: requires %s is %t", called.Name, name, required)
		}
	}

	for _, field := range called.Fields {
		property := schema.Properties[field.Name]
		if property.Type != string(field.Type) || !strings.Contains(property.Description, field.Help) ||
			slices.Contains(schema.Required, field.Name) != field.Required {
			t.Errorf("%s: %s is %+v", called.Name, field.Name, property)
		}
	}
}

// Each result is the API's. A create without --allow is no tool; with it, a repeat with the same key makes nothing.
func TestAssistantsCreateOnlyWhenAllowed(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	wanted := map[string]any{
		"name": "orders", "primary_region": "eu-west-1", "read_regions": []string{"us-east-1"}, "eviction": true,
	}

	reader := d.startHelper(t, "")
	if got := reader.call(t, "redis_create", wanted); got.protocol == nil {
		t.Errorf("got %+v without --allow", got)
	}

	if got := d.Account(t, d.email).Databases; len(got) != 0 {
		t.Fatalf("created %v without --allow", got)
	}

	h := d.startHelper(t, "", "--allow", "create")
	first := h.call(t, "redis_create", wanted).is(t, "")
	wanted["idempotency_key"] = first.IdempotencyKey

	again := h.call(t, "redis_create", wanted).is(t, "")
	if first.IdempotencyKey == "" || first.Replayed || !again.Replayed || !jsonEqual(t, first.Result, again.Result) {
		t.Errorf("got %s and %s, want a key and the same database", first.text, again.text)
	}

	wanted["name"] = "other"
	h.call(t, "redis_create", wanted).is(t, problem.IdempotencyKeyReused)

	wanted["idempotency_key"] = "a,b"
	h.call(t, "redis_create", wanted).is(t, problem.IdempotencyKeyInvalid)

	got := h.call(t, "redis_create", map[string]any{"name": "-", "primary_region": "nowhere", "budget": "a"})
	if got.is(t, problem.ValidationFailed); len(got.Errors) != 1 || got.Errors[0].Pointer != "/budget" {
		t.Errorf("got %s", got.text)
	}

	got = h.call(t, "redis_create", map[string]any{"name": "-", "primary_region": "nowhere"})
	if got.is(t, problem.ValidationFailed); len(got.Errors) != 2 {
		t.Errorf("got %s", got.text)
	}

	var database struct{ ID string }
	if err := json.Unmarshal(first.Result, &database); err != nil {
		t.Fatal(err)
	}

	for tool, arguments := range map[string][]string{
		"redis_list": {"databases", "list", "--json"}, "redis_get": {"databases", "get", "orders", "--json"},
	} {
		var given map[string]any
		if tool == "redis_get" {
			given = map[string]any{"id": database.ID}
		}

		got, want := reader.call(t, tool, given), d.bff(t, arguments...).Stdout
		if !jsonEqual(t, []byte(got.text), []byte(want)) {
			t.Errorf("%s: got %s, want %s", tool, got.text, want)
		}
	}

	if got := d.Account(t, d.email).Databases; len(got) != 1 {
		t.Errorf("got %d databases, want 1", len(got))
	}
}

// A lost response is settled with the key that the problem has.
func TestAssistantsLearnTheOutcomeOfALostResponse(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.settle = "200ms"
	h := d.startHelper(t, "vector.*", "--allow", "create")
	d.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "method": "POST", "path": "/v2/vector/index"}, "count": 1,
		"do": map[string]any{"drop": "before_commit"},
	})
	index := map[string]any{
		"name": "notes", "region": "eu-west-1", "similarity_function": "COSINE", "dimension_count": 8,
	}

	got := h.call(t, "vector_create", index).is(t, problem.OutcomeUncertain)
	if got.IdempotencyKey == "" || got.RetryAfter < 1 {
		t.Fatalf("the problem does not say how to continue: %s", got.text)
	}
	index["idempotency_key"] = got.IdempotencyKey

	for limit := time.Now().Add(30 * time.Second); got.Code == problem.OutcomeUncertain && time.Now().Before(limit); {
		time.Sleep(50 * time.Millisecond)
		got = h.call(t, "vector_create", index)
	}
	got.is(t, "")

	var listed struct{ Indexes []struct{ Name string } }
	if err := json.Unmarshal([]byte(h.call(t, "vector_list", nil).text), &listed); err != nil || len(listed.Indexes) != 1 {
		t.Errorf("got %+v and %v, want one index", listed, err)
	}
}

// A database is deleted only by a tool that the user named, with the database's name.
func TestAssistantsDestroyByNameOnly(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	id := d.created(t, "orders")

	if got := d.startHelper(t, "redis.delete", "--allow", "create", "--reveal").call(
		t, "redis_delete", map[string]any{"id": id, "confirm_name": "orders"},
	); got.protocol == nil {
		t.Errorf("got %+v without its name in --allow", got)
	}
	h := d.startHelper(t, "redis.delete", "--allow", "redis.delete")

	for _, name := range []string{"order", "ORDERS", " orders", id, ""} {
		h.call(t, "redis_delete", map[string]any{"id": id, "confirm_name": name}).is(t, problem.ConfirmationMismatch)
	}
	h.call(t, "redis_delete", map[string]any{"id": id}).is(t, problem.ValidationFailed)

	if got := d.Account(t, d.email).Databases; len(got) != 1 {
		t.Fatalf("got %v, want the database", got)
	}

	got := h.call(t, "redis_delete", map[string]any{"id": id, "confirm_name": "orders"}).is(t, "")
	if !got.Deleted || got.IdempotencyKey == "" || len(d.Account(t, d.email).Databases) != 0 {
		t.Errorf("got %s, want it deleted", got.text)
	}

	h.call(t, "redis_delete", map[string]any{"id": id, "confirm_name": "orders"}).is(t, problem.DatabaseNotFound)

	want := map[string]int64{"redis.delete " + id: 7, "redis.delete": 1}
	if got := d.toolEvents(t); !cmp.Equal(got, want) {
		t.Errorf("audit: %s", cmp.Diff(want, got))
	}
}

// created makes a database, and returns its id.
func (d *desk) created(t *testing.T, name string) string {
	t.Helper()

	var database struct{ ID string }

	got := d.bff(t, "databases", "create", "--name", name, "--region", "eu-west-1", "--json")
	if err := json.Unmarshal([]byte(got.Stdout), &database); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}

	return database.ID
}

// Secrets are results only of the credentials tools, which exist only with --reveal.
func TestAssistantsSeeSecretsOnlyWithReveal(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	id := d.created(t, "orders")
	secrets := d.secrets(t)

	h := d.startHelper(t, every(), "--allow", "create")
	if got := h.call(t, "redis_credentials", map[string]any{"id": id}); got.protocol == nil {
		t.Errorf("got %+v without --reveal", got)
	}
	h.call(t, "redis_get", map[string]any{"id": id}).is(t, "")
	h.call(t, "redis_list", nil).is(t, "")
	h.call(t, "qstash_list", nil).is(t, "")
	h.end(t)
	h.checkNoSecret(t, secrets)

	revealing := d.startHelper(t, every(), "--reveal")

	got := revealing.call(t, "redis_credentials", map[string]any{"id": id}).is(t, "")
	if want := d.bff(t, "databases", "credentials", id, "--json").Stdout; !jsonEqual(t, []byte(got.text), []byte(want)) {
		t.Errorf("got other credentials than bff databases credentials")
	}

	found := false
	for secret := range secrets {
		found = found || strings.Contains(got.text, secret)
	}

	if !found {
		t.Error("the secrets of the database are not those that the test searches for")
	}

	if got := len(d.events(t, keys.ActionCredentialsRevealed)); got == 0 {
		t.Error("the audit log lacks the revealed credentials")
	}
}

// checkNoSecret searches everything that the assistant received, and the log.
func (h *helper) checkNoSecret(t *testing.T, secrets map[string]string) {
	t.Helper()

	for _, key := range h.desk.Account(t, h.desk.email).Keys {
		secrets[key.Secret] = "the developer key"
	}

	for secret, what := range secrets {
		if strings.Contains(h.received.String(), secret) {
			t.Errorf("the assistant received %s", what)
		}

		if strings.Contains(h.stderr.String(), secret) {
			t.Errorf("the log has %s", what)
		}
	}
}

// secrets are those in Upstash's own responses, which have them in every list.
func (d *desk) secrets(t *testing.T) map[string]string {
	t.Helper()

	found := map[string]string{}

	for _, path := range []string{"/redis/databases", "/vector/index", "/search", "/qstash/users"} {
		var all []map[string]any

		got := d.bff(t, "api", "GET", path)
		if err := json.Unmarshal([]byte(got.Stdout), &all); err != nil {
			t.Fatalf("%s: %v: %+v", path, err, got)
		}

		for _, one := range all {
			for name, value := range one {
				text, _ := value.(string)
				if (strings.Contains(name, "token") || strings.Contains(name, "password")) && len(text) > 8 {
					found[text] = path + "'s " + name
				}
			}
		}
	}

	if len(found) == 0 {
		t.Fatal("found no secrets")
	}

	return found
}

func TestMCPNeedsAnAccount(t *testing.T) {
	d := &desk{Product: harness.StartProduct(t), home: t.TempDir(), email: "demo@example.com", settle: "60s"}

	got := d.bff(t, "mcp")
	if got.Code != problem.ExitConnect || !strings.Contains(got.Stderr, "Run bff connect") || got.Stdout != "" {
		t.Errorf("got %+v", got)
	}

	problemIn(t, d.bff(t, "mcp", "--json"), problem.ExitConnect, "connect_required")
}

// bff mcp ends when its input ends or a signal arrives, and writes nothing but the protocol.
func TestMCPEndsWithItsInput(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	for input, want := range map[string]int{"": 0, "\n": 0, "hello\n": problem.ExitFailed, `{"jsonrpc":"2.0"}` + "\n": problem.ExitFailed} {
		p, stdout, stderr := d.program()
		p.input = strings.NewReader(input)

		if code := p.run(t.Context(), []string{"mcp", "--no-keyring"}); code != want || stdout.Len() > 0 {
			t.Errorf("%q: got %d, %q and %q, want %d", input, code, stdout, stderr, want)
		}
	}

	command := d.process(t, "mcp")

	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = input.Close() }()

	var stderr bytes.Buffer

	command.Stderr = &stderr

	output, err := command.StdoutPipe()
	if err != nil || command.Start() != nil {
		t.Fatal(err)
	}

	if _, err := input.Write([]byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n")); err != nil {
		t.Fatal(err)
	}

	var pong struct{ ID int }
	if err := json.NewDecoder(output).Decode(&pong); err != nil || pong.ID != 1 { // it is ready
		t.Fatalf("got %v, %v: %s", pong, err, &stderr)
	}

	if err := interrupt(command); err != nil {
		t.Fatal(err)
	}

	if err := command.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("got %v and %q, want it to end", err, &stderr)
	}
}

// A write that was sent finishes when the input ends, although nobody reads its result: nothing stays uncertain.
func TestMCPFinishesAWriteWhenItsInputEnds(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "method": "POST", "path": "/v2/redis/database"}, "count": 1,
		"do": map[string]any{"delay_ms": 1500},
	})
	p, stdout, stderr := d.program()
	reader, writer := io.Pipe()
	p.input = reader
	before := len(d.Journal(t))
	ended := make(chan int, 1)

	go func() { ended <- p.run(t.Context(), []string{"mcp", "--no-keyring", "--allow", "create"}) }()

	for _, message := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},` +
			`"clientInfo":{"name":"t","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"redis_create","arguments":` +
			`{"name":"orders","primary_region":"eu-west-1"}}}`,
	} {
		if _, err := io.WriteString(writer, message+"\n"); err != nil {
			t.Fatal(err)
		}
	}

	for limit := time.Now().Add(20 * time.Second); len(d.events(t, keys.ActionToolCalled)) == 0 && time.Now().Before(limit); {
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond) // until it is sent, and not answered
	_ = writer.Close()

	if got := d.events(t, keys.ActionDatabaseCreated); len(got) != 0 {
		t.Fatalf("got %+v: the input ended too late to show anything", got)
	}

	if code := <-ended; code != 0 || stderr.Len() > 0 {
		t.Errorf("got %d, %q and %q", code, stdout, stderr)
	}

	created := d.events(t, keys.ActionDatabaseCreated)
	if got := d.Account(t, d.email).Databases; len(got) != 1 || len(created) != 1 ||
		created[0].Actor.Kind != keys.ActorAssistant {
		t.Errorf("got %v and %+v after %v", got, created, d.Journal(t)[before:])
	}
}

// On a terminal, the configuration is printed for a person to paste.
func TestMCPPrintsAConfigurationOnATerminal(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	p, stdout, stderr := d.program()
	p.environ = append(p.environ, "BFF_ALLOW_OPERATIONS=vector.*,redis.delete")
	p.stdin = strings.NewReader("")

	code := p.run(t.Context(), []string{
		"mcp", "--no-keyring", "--allow", "redis.delete", "--allow", "create", "--reveal",
	})
	_, snippet, _ := strings.Cut(stderr.String(), "\n\n")
	snippet, _, _ = strings.Cut(snippet, "\n\n")

	var configuration struct {
		Servers map[string]struct {
			Command string
			Args    []string
			Env     map[string]string
		} `json:"mcpServers"`
	}
	if err := json.Unmarshal([]byte(snippet), &configuration); err != nil || code != 0 || stdout.Len() > 0 {
		t.Fatalf("got %d, %v, %q and %q", code, err, stdout, stderr)
	}

	got := configuration.Servers["upstash"]
	if want := []string{"mcp", "--no-keyring", "--allow", "redis.delete,create", "--reveal"}; !slices.Equal(got.Args, want) {
		t.Errorf("got %v, want %v", got.Args, want)
	}

	if !filepath.IsAbs(got.Command) || got.Env["BFF_ALLOW_OPERATIONS"] != "vector.*,redis.delete" {
		t.Errorf("got %+v", got)
	}
}

// An assistant that runs when the account is disconnected gets a problem, not the key of before.
func TestAssistantsLoseADisconnectedAccount(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	h := d.startHelper(t, "")
	h.call(t, "redis_list", nil).is(t, "")

	if got := d.bff(t, "disconnect"); got.Code != 0 {
		t.Fatalf("got %+v", got)
	}

	if got := h.call(t, "redis_list", nil).is(t, problem.ConnectRequired); !strings.Contains(got.Detail, "bff connect") {
		t.Errorf("got %s", got.text)
	}
}

// The text of an error that is no problem stays in the log.
func TestAssistantsReadNoInternalErrors(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	opened := d.open(t, nativeFlags{noKeyring: true})

	defer func() { _ = opened.Close() }()

	options := toolOptions(opened, mcpFlags{nativeFlags: nativeFlags{noKeyring: true}})
	options.Record = func(context.Context, string, string) error { return errInternal }

	tools, err := assistant.New(options)
	if err != nil {
		t.Fatal(err)
	}

	var out bytes.Buffer

	before := len(d.Journal(t))
	in := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",` +
		`"capabilities":{},"clientInfo":{"name":"t","version":"1"}}}` + "\n" +
		`{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n" +
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"redis_list"}}` + "\n")
	held := &heldOpen{Reader: in, done: make(chan struct{}), out: &out}

	if err := tools.Serve(t.Context(), held, held); err != nil {
		t.Fatal(err)
	}

	if text := out.String(); strings.Contains(text, "planted") || !strings.Contains(text, `\"internal\"`) {
		t.Errorf("got %s", text)
	}

	if got := len(d.Journal(t)); got != before {
		t.Errorf("sent %d calls without a record", got-before)
	}
}
