package operation_test

import (
	"os"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/operation"
)

// row is what docs/integrate/operations.md must say of an operation.
func row(o *operation.Operation) string {
	return "| `" + o.Name + "` | `" + o.Method + " " + o.Path + "` | " + string(o.Effect) + " | " + string(o.Tier) + " |"
}

func TestOperationsPageHasARowForEveryOperation(t *testing.T) {
	t.Parallel()

	const page = "docs/integrate/operations.md"

	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}

	for _, o := range operation.All() {
		if !strings.Contains(string(text), "\n"+row(o)) {
			t.Errorf("%s lacks the row:\n%s", page, row(o))
		}
	}

	listed := strings.Count(string(text), "\n| `redis.") + strings.Count(string(text), "\n| `vector.") +
		strings.Count(string(text), "\n| `search.") + strings.Count(string(text), "\n| `qstash.")
	if listed != len(operation.All()) {
		t.Errorf("%s has %d rows, want %d", page, listed, len(operation.All()))
	}
}
