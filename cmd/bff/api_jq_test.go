package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
)

func TestFilterJQ(t *testing.T) {
	for name, test := range map[string]struct{ expression, input, want, err string }{
		"strings":       {".[]", `["a b","<\u0001>"]`, "a b\n<\x01>\n", ""},
		"objects":       {".", `{"b":"<&>","a":[1,null]}`, `{"a":[1,null],"b":"<&>"}` + "\n", ""},
		"numbers":       {".[]", `[18446744073709551616,1.50,1e1000]`, "18446744073709551616\n1.50\n1e1000\n", ""},
		"nothing":       {"empty", `{}`, "", ""},
		"halt":          {"1, halt, 2", `{}`, "1\n", ""},
		"halt_error":    {"1, halt_error", `"x"`, "1\n", "--jq failed: halt error: x"},
		"an error":      {"1, error(\"no\")", `{}`, "1\n", "--jq failed: error: no"},
		"not JSON":      {".", "Method Not Allowed\n", "", "the response is not JSON"},
		"empty":         {".", "", "", "the response is not JSON"},
		"two values":    {".", "{} {}", "", "the response is not one JSON value"},
		"a bare string": {".", `"Unauthorized"` + "\n", "Unauthorized\n", ""},
	} {
		code, err := compileJQ(test.expression)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder

		err = filterJQ(t.Context(), code, strings.NewReader(test.input), &out)
		found := problem.Of(err)

		if out.String() != test.want || (err != nil) != (test.err != "") ||
			err != nil && (found == nil || !strings.Contains(found.Detail, test.err)) {
			t.Errorf("%s: got %q and %v, want %q and %s", name, &out, err, test.want, test.err)
		}
	}
}

func TestFilterJQKeepsTheErrorOfTheResponse(t *testing.T) {
	code, err := compileJQ(".")
	if err != nil {
		t.Fatal(err)
	}

	cut := problem.New(problem.UpstreamError, "cut")
	if err := filterJQ(t.Context(), code, iotest.ErrReader(cut), io.Discard); !errors.Is(err, cut) {
		t.Errorf("got %v", err)
	}
}

func TestFilterJQEndsWithTheCommand(t *testing.T) {
	code, err := compileJQ("def f: f; f")
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)

	if err := filterJQ(ctx, code, strings.NewReader("{}"), io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it cancelled", err)
	}
}

func TestCompileJQReachesNothingElse(t *testing.T) {
	for _, expression := range []string{`import "a" as a; .`, `include "a"; .`, "input", "inputs", ".[", "nosuch"} {
		if _, err := compileJQ(expression); err == nil {
			t.Errorf("%s was accepted", expression)
		}
	}
}
