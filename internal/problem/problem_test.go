package problem_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/docs"
	"github.com/upstash-connect/bff/internal/problem"
)

// Every declared code has one row, and every row's text, status and exit code are usable.
func TestEveryCodeHasOneRow(t *testing.T) {
	source, err := os.ReadFile("code.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`Code = "(\w+)"`).FindAllStringSubmatch(string(source), -1)

	rows := map[problem.Code]int{}
	for _, row := range problem.Catalogue() {
		rows[row.Code]++
		if row.Title == "" || row.Exit == 0 || row.Label == "" {
			t.Errorf("%s: the row is not complete: %+v", row.Code, row)
		}

		if row.Status != 0 && http.StatusText(row.Status) == "" {
			t.Errorf("%s: %d is not an HTTP status", row.Code, row.Status)
		}
	}

	for _, match := range declared {
		if code := problem.Code(match[1]); rows[code] != 1 || code.Row().Code != code {
			t.Errorf("%s has %d rows, want 1", code, rows[code])
		}
	}

	if len(declared) != len(rows) || len(declared) < 50 {
		t.Errorf("%d codes are declared, and %d have rows", len(declared), len(rows))
	}
}

// Every API code has a section in docs/integrate/problems.md and a text in the page. Every code of desktop commands is
// in docs/integrate/native.md.
func TestEveryCodeIsExplained(t *testing.T) {
	native := read(t, "../../docs/integrate/native.md")

	page := read(t, "../../web/src/shared/api/problem-words.ts")
	for _, row := range problem.Catalogue() {
		switch {
		case row.Status == 0:
			if !strings.Contains(native, "`"+string(row.Code)+"`") {
				t.Errorf("docs/integrate/native.md does not name %s", row.Code)
			}
			continue
		case !strings.Contains(docs.Problems, "\n## "+string(row.Code)+"\n"):
			t.Errorf("docs/integrate/problems.md has no section for %s", row.Code)
		}

		if !regexp.MustCompile(`\b` + string(row.Code) + `\b`).MatchString(page) {
			t.Errorf("the page has no text for %s", row.Code)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()

	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	return string(content)
}

type described struct{ wait time.Duration }

func (described) Error() string { return "described" }

func (d described) Problem() *problem.Error {
	return &problem.Error{Code: problem.RateLimited, RetryAfter: d.wait}
}

// The outermost problem counts: a package that knows more wraps the error it received.
func TestTheOutermostProblemCounts(t *testing.T) {
	inner := problem.New(problem.UpstreamError, "Upstash rejected it.")

	outer := problem.Sentinel(problem.OutcomeUncertain, "unknown", "It is unknown.")
	for name, test := range map[string]struct {
		err  error
		want problem.Code
	}{
		"itself":           {inner, problem.UpstreamError},
		"wrapped":          {fmt.Errorf("call: %w", inner), problem.UpstreamError},
		"wrapped by more":  {fmt.Errorf("%w: %w", outer, inner), problem.OutcomeUncertain},
		"joined":           {errors.Join(outer, inner), problem.OutcomeUncertain},
		"of a type":        {fmt.Errorf("call: %w", described{time.Second}), problem.RateLimited},
		"of a library":     {io.EOF, ""},
		"nothing happened": {nil, ""},
	} {
		if got := problem.CodeOf(test.err); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}

	if !errors.Is(fmt.Errorf("%w: %w", outer, inner), outer) ||
		errors.Is(inner, problem.New(problem.UpstreamError, "Upstash rejected it.")) {
		t.Error("sentinels are compared by identity")
	}

	if got := problem.LabelOf(io.EOF); got != problem.LabelFailed {
		t.Errorf("got %q, want an unknown error to count as failed", got)
	}
}

// One invalid value makes the request invalid, even if other values are only not allowed on this installation.
func TestFieldsDecideTheCode(t *testing.T) {
	wrong := problem.NewField("/name", problem.FieldFormat, "has a space")
	notAllowed := problem.NewField("/plan", problem.FieldNotAllowed, "is not a plan allowed here")

	for _, test := range []struct {
		fields []problem.Field
		want   problem.Code
	}{
		{[]problem.Field{notAllowed}, problem.NotAllowed},
		{[]problem.Field{wrong}, problem.ValidationFailed},
		{[]problem.Field{notAllowed, wrong}, problem.ValidationFailed},
	} {
		got := problem.OfFields("invalid fields", test.fields)
		if got.Code != test.want || !slices.Equal(got.Fields, test.fields) {
			t.Errorf("%v: got %+v, want %s", test.fields, got, test.want)
		}
	}
}
