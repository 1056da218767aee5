package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/test/harness"
)

// everyOperation opens everything that can be opened.
func everyOperation() string { return strings.Join(operation.Names(operation.All()), ",") }

// withCommand are the operations that have a command because they are in the catalogue.
func withCommand(t *testing.T) []*operation.Operation {
	t.Helper()

	var found []*operation.Operation

	for _, called := range operation.All() {
		if called.Upstream.Method != "" {
			found = append(found, called)
		}
	}

	if len(found) < 20 {
		t.Fatalf("found only %d operations", len(found))
	}

	return found
}

func TestEveryOperationHasACommand(t *testing.T) {
	root := newRoot(program{})

	for _, called := range withCommand(t) {
		command, rest, err := root.Find(commandWords(called))
		if err != nil || len(rest) > 0 || command.CommandPath() != "bff "+commandOf(called) {
			t.Errorf("%s: got %v, %v", called.Name, command.CommandPath(), err)
			continue
		}
		flags := []string{"json", "sandbox", "no-keyring", "state-dir"}

		for _, field := range called.Fields {
			flags = append(flags, strings.ReplaceAll(field.Name, "_", "-"))

			usage := command.Flag(fieldFlag(field.Name)).Usage
			if strings.Contains(usage, "(required)") != field.Required || !strings.Contains(usage, field.Help) {
				t.Errorf("%s: --%s: got %q", called.Name, fieldFlag(field.Name), usage)
			}

			for _, value := range field.Enum {
				if !strings.Contains(usage, value) {
					t.Errorf("%s: --%s does not list %s", called.Name, fieldFlag(field.Name), value)
				}
			}
		}

		if called.Tier == operation.Guarded {
			flags = append(flags, "confirm")
		}

		if called.Effect.Writes() {
			flags = append(flags, "idempotency-key")
		}

		for _, flag := range flags {
			if command.Flag(flag) == nil {
				t.Errorf("%s lacks --%s", called.Name, flag)
			}
		}

		for line := range strings.SplitSeq(command.Example, "\n") {
			if utf8.RuneCountInString(line) > helpWidth {
				t.Errorf("%s: the example is too long: %s", called.Name, line)
			}
		}
	}
}

// The commands follow what is open: help marks the others, and running one sends nothing.
func TestAClosedOperationSendsNothing(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	for _, called := range withCommand(t) {
		d.opened = ""
		before := len(d.Journal(t))
		arguments := exampleArguments(called)

		p := problemIn(t, d.bff(t, append(arguments, "--json")...), problem.ExitFailed, "operation_disabled")
		if want := "set BFF_ALLOW_OPERATIONS=" + called.Name + "."; !strings.Contains(p.Detail, want) {
			t.Errorf("%s: got %q, want %q in it", called.Name, p.Detail, want)
		}

		if sent := len(d.Journal(t)) - before; sent != 0 {
			t.Errorf("%s sent %d requests", called.Name, sent)
		}

		help := func() string { return strings.Join(strings.Fields(d.help(t, called)), " ") }
		if want := "(not open: set BFF_ALLOW_OPERATIONS=" + called.Name + ")"; !strings.Contains(help(), want) {
			t.Errorf("%s: got help %q, want %q in it", called.Name, help(), want)
		}

		if d.opened = called.Name; strings.Contains(help(), "not open") {
			t.Errorf("%s: open, but help says %q", called.Name, help())
		}
	}
}

// exampleArguments are those of the command's first example.
func exampleArguments(called *operation.Operation) []string {
	return strings.Fields(strings.ReplaceAll(strings.Join(exampleWords(called), " "), "'", ""))[1:]
}

func (d *desk) help(t *testing.T, called *operation.Operation) string {
	t.Helper()

	p, stdout, _ := d.program()
	if code := p.run(t.Context(), append(commandWords(called), "--help")); code != 0 {
		t.Errorf("%s: help ended with %d", called.Name, code)
	}

	return stdout.String()
}

// An invalid command line is rejected here.
func TestInvalidFieldsAreNotSent(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.opened = everyOperation()
	before := len(d.Journal(t))

	for _, called := range withCommand(t) {
		required := false
		for _, field := range called.Fields {
			required = required || field.Required
		}

		if !required {
			continue
		}
		arguments := commandWords(called)

		for range argumentNames(called) {
			arguments = append(arguments, "some")
		}

		p := problemIn(t, d.bff(t, append(arguments, "--json")...), problem.ExitUsage, "validation_failed")
		if len(p.Errors) == 0 || p.Errors[0].Detail != "is required" {
			t.Errorf("%s: got %+v", called.Name, p)
		}
	}

	if sent := len(d.Journal(t)) - before; sent != 0 {
		t.Errorf("%d requests were sent", sent)
	}
}

// newIndex creates a Vector index, and returns its ID.
func (d *desk) newIndex(t *testing.T, name string) string {
	t.Helper()

	made := d.bff(t, "vector", "create", "--name", name, "--region", "eu-west-1", "--similarity-function", "COSINE",
		"--dimension-count", "8", "--json")

	var index struct{ ID string }
	if err := json.Unmarshal([]byte(made.Stdout), &index); err != nil || made.Code != 0 || index.ID == "" {
		t.Fatalf("got %+v", made)
	}

	return index.ID
}

// Whether the call took effect or not, the printed command reports the outcome, and it is true.
func TestALostResponseIsSettledByThePrintedCommand(t *testing.T) {
	for _, test := range []struct{ drop, method, path, arguments, want string }{
		{"before_commit", "DELETE", "/v2/vector/index/ID", "delete my-index --confirm my-index", "Deleted my-index.\n"},
		{"after_commit", "DELETE", "/v2/vector/index/ID", "delete my-index --confirm my-index", "Deleted my-index.\n"},
		{"before_commit", "POST", "/v2/vector/index/ID/rename", "rename my-index --name b --confirm my-index", "Changed b.\n"},
		{"after_commit", "POST", "/v2/vector/index/ID/rename", "rename my-index --name b --confirm my-index", "Changed b.\n"},
		{
			"before_commit", "POST", "/v2/vector/index",
			"create --name b --region eu-west-1 --similarity-function COSINE --dimension-count 8", "Created b.\n",
		},
	} {
		t.Run(test.drop+" "+test.method+" "+test.path, func(t *testing.T) {
			d := newDesk(t, "demo@example.com")
			d.opened, d.settle = everyOperation(), "200ms"
			id := d.newIndex(t, "my-index")
			d.loseAndHide(t, test.drop, test.method, strings.Replace(test.path, "ID", id, 1), "/v2/vector/index/"+id)

			lost := d.bff(t, append([]string{"vector"}, strings.Fields(test.arguments)...)...)
			explained, repeat, found := strings.Cut(strings.TrimSpace(lost.Stderr), "\n  bff ")

			if lost.Code != problem.ExitUncertain || !found || !strings.Contains(explained, "response was lost") ||
				!strings.Contains(repeat, " --idempotency-key ") {
				t.Fatalf("got %+v, want the command to repeat", lost)
			}

			if !strings.Contains(test.arguments, "create") && !strings.Contains(repeat, " "+id+" ") {
				t.Errorf("the command %q has no ID; after the call, the name may find nothing", repeat)
			}
			d.NoFaults(t)

			again := d.repeat(t, strings.Fields(repeat))
			if again.Code != 0 || !strings.HasPrefix(again.Stdout, test.want) {
				t.Errorf("repeated: got %+v, want %q", again, test.want)
			}

			listed := d.bff(t, "vector", "list", "--json").Stdout
			if strings.Contains(test.want, "b.") != strings.Contains(listed, `"name":"b"`) ||
				strings.Contains(test.arguments, "create") != strings.Contains(listed, `"name":"my-index"`) {
				t.Errorf("%q is not true: %s", again.Stdout, listed)
			}
		})
	}
}

// loseAndHide loses the response to the next call, and then hides what became of the resource.
func (d *desk) loseAndHide(t *testing.T, drop, method, path, resource string) {
	t.Helper()
	d.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "method": method, "path": path}, "do": map[string]any{"drop": drop},
	})

	if drop == "after_commit" {
		d.hideAfterOne(t, resource)
	}
}

// hideAfterOne lets one read of a resource pass, which precedes the call, and fails all later ones.
func (d *desk) hideAfterOne(t *testing.T, resource string) {
	t.Helper()

	match := map[string]any{"target": "upstash", "method": "GET", "path": resource}
	d.Fault(t, map[string]any{"match": match, "count": 1, "do": map[string]any{"delay_ms": 1}})
	d.Fault(t, map[string]any{"match": match, "count": -1, "do": map[string]any{"status": 503}})
}

// repeat runs a command line until its outcome is known.
func (d *desk) repeat(t *testing.T, words []string) harness.Ran {
	t.Helper()

	got := harness.Ran{Code: problem.ExitUncertain}
	for limit := time.Now().Add(30 * time.Second); got.Code == problem.ExitUncertain && time.Now().Before(limit); {
		got = d.bff(t, words...)

		time.Sleep(50 * time.Millisecond)
	}

	return got
}

func TestAGuardedOperationAsksForTheName(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.opened = everyOperation()

	for name, test := range map[string]struct {
		typed string
		flags []string
		exit  int
		asks  bool
	}{
		"the name":           {"my-index\n", nil, 0, true},
		"with spaces":        {" my-index \r\n", nil, 0, true},
		"another name":       {"my-indes\n", nil, problem.ExitUsage, true},
		"y":                  {"y\n", nil, problem.ExitUsage, true},
		"Enter":              {"\n", nil, problem.ExitInterrupted, true},
		"nothing":            {"", nil, problem.ExitInterrupted, true},
		"--confirm":          {"", []string{"--confirm", "my-index"}, 0, false},
		"--confirm, another": {"my-index\n", []string{"--confirm", "other"}, problem.ExitUsage, false},
		"--confirm, empty":   {"my-index\n", []string{"--confirm="}, problem.ExitUsage, false},
		"--json":             {"my-index\n", []string{"--json"}, problem.ExitUsage, false},
	} {
		id := d.newIndex(t, "my-index")
		p, _, stderr := d.program()
		p.stdin = strings.NewReader(test.typed)

		code := p.run(t.Context(), append([]string{"vector", "delete", id, "--no-keyring"}, test.flags...))

		got := d.bff(t, "vector", "get", id)
		if code != test.exit || (got.Code == 0) != (test.exit != 0) {
			t.Errorf("%s: got exit code %d and %s, and then %+v", name, code, stderr, got)
		}

		asked := strings.Contains(stderr.String(), "warning: This calls vector.delete on the Vector index "+id+
			" of the account "+d.email+". Deletes the index with all its data. Upstash cannot bring it back.\n"+
			"Type the name of the Vector index to confirm: ")
		if asked != test.asks {
			t.Errorf("%s: got the question %q", name, stderr)
		}

		if got.Code == 0 {
			d.bff(t, "vector", "delete", id, "--confirm", "my-index")
		}
	}
}

// What another user of the account named steers no terminal and no shell.
func TestForeignNamesOfIndexesSteerNothing(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.opened = everyOperation()
	hostile := "a\u009b31m\u202eb\x1b]0;owned\x07c\u2028d"

	index := map[string]any{
		"id": "96ad0856-03b1-4ee7-9666-e81abd0349e1", "name": hostile, "region": hostile, "type": hostile,
		"endpoint": hostile, "similarity_function": hostile, "dimension_count": 8, "token": hostile, "read_only_token": hostile,
		"creation_time": 1795341600,
	}
	one, _ := json.Marshal(index)
	all, _ := json.Marshal([]any{index})
	index["token"], index["read_only_token"] = "usable", "also-usable"
	revealed, _ := json.Marshal(index)
	usage, _ := json.Marshal(map[string]any{"current_vector_count": 1, "vector_count": []any{map[string]any{"x": hostile, "y": 1}}})

	for _, test := range []struct {
		body  []byte
		words string
		code  int
	}{
		{all, "vector list", 0},
		{all, "vector list --json", 0},
		{one, "vector get ID", 0},
		{one, "vector get ID --json", 0},
		{one, "vector credentials ID", problem.ExitFailed},
		{one, "vector credentials ID --env", problem.ExitFailed},
		{revealed, "vector credentials ID", 0},
		{revealed, "vector credentials ID --env", problem.ExitFailed},
		{usage, "vector stats ID", 0},
		{one, "vector rename ID --name b --confirm b", problem.ExitUsage},
	} {
		d.NoFaults(t)
		d.Fault(t, map[string]any{
			"match": map[string]any{"target": "upstash", "path": "/v2/vector/*"}, "count": -1,
			"do": map[string]any{
				"status": 200, "body": string(test.body), "headers": map[string]string{"Content-Type": "application/json"},
			},
		})
		words := strings.Fields(strings.Replace(test.words, "ID", index["id"].(string), 1))

		got := d.bff(t, words...)
		if got.Code != test.code {
			t.Errorf("%s: got %+v, want exit code %d", test.words, got, test.code)
		}

		if strings.Contains(test.words, "--env") && got.Stdout != "" {
			t.Errorf("%s: got lines for a shell that hold what is hostile: %q", test.words, got.Stdout)
		}

		if strings.ContainsFunc(strings.ReplaceAll(got.Stdout+got.Stderr, "\n", ""), func(r rune) bool {
			return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
		}) {
			t.Errorf("%s steers the terminal: %q", test.words, got.Stdout+got.Stderr)
		}
	}
}

func TestTheAddressOfAnIndex(t *testing.T) {
	for endpoint, want := range map[string]string{
		"":                                "",
		"glowing-baboon-15797-us1":        "https://glowing-baboon-15797-us1-vector.upstash.io",
		"glowing-baboon-15797-us1-vector": "https://glowing-baboon-15797-us1-vector.upstash.io",
		"vector.example.com":              "https://vector.example.com",
		"https://vector.example.com":      "https://vector.example.com",
	} {
		if got := indexURL(endpoint, operation.Vector); got != want {
			t.Errorf("%q: got %q, want %q", endpoint, got, want)
		}
	}
}
