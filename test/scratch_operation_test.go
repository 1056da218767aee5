package test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/test/harness"
)

// scratchFile is an operation that the product does not have, in its one file.
const scratchFile = `package operation

import "net/http"

var _ = register(Operation{
	Name: "vector.scratch", Tier: Named, Effect: Change, On: vectorIndex,
	Summary: "Change a scratch",
	Method:  http.MethodPut, Path: "/vector/indexes/{id}/scratch",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/vector/index/{id}/scratch"},
	Fields:   []Field{{Name: "size", Type: Integer, Required: true, Min: 1, Max: 9, Help: "the size", Example: 5}},
	Response: vectorObject,
})
`

// A new operation needs its own file only. The go command adds the file while it builds, so nothing is written into the
// source tree, and TestScratchOperation runs in that build.
func TestNewOperationNeedsItsOwnFileOnly(t *testing.T) {
	t.Parallel()

	if _, known := operation.Find("vector.scratch"); known {
		t.Skip("this is the build with the scratch file")
	}

	if !harness.Soak() {
		t.Skip("the long form, with SOAK=1, builds the product once more")
	}
	dir := t.TempDir()
	file, overlay := filepath.Join(dir, "scratch.go"), filepath.Join(dir, "overlay.json")

	added, err := json.Marshal(map[string]any{
		"Replace": map[string]string{harness.Repository("internal/operation/vector_scratch.go"): file},
	})
	if err != nil {
		t.Fatal(err)
	}

	for path, content := range map[string][]byte{file: []byte(scratchFile), overlay: added} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	run := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-overlay", overlay,
		"-run", "^(TestScratchOperation|TestCatalogue.*|TestOnlyRevealing.*)$", "./internal/operation", "./test")
	run.Dir = harness.Repository("")

	output, err := run.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS: TestScratchOperation") ||
		!strings.Contains(string(output), "--- PASS: TestCatalogueEntriesAreComplete") {
		t.Errorf("%v\n%s", err, output)
	}
}

// TestScratchOperation runs in the build that TestNewOperationNeedsItsOwnFileOnly makes. openapi.yaml, which is
// generated, does not know the operation.
func TestScratchOperation(t *testing.T) {
	called, known := operation.Find("vector.scratch")
	if !known {
		t.Skip("this build has no scratch operation")
	}
	const (
		id      = "96ad0856-03b1-4ee7-9666-e81abd0349e1"
		planted = "planted-secret-4c7fa1"
		index   = `{"id":"` + id + `","name":"mine","token":"` + planted + `","new_field":"` + planted + `"}`
	)

	var (
		f    harness.Front
		sent []string
	)
	m := harness.StartWithMember(
		t, harness.WithFront(t, &f), harness.WithOperations("vector.*"), harness.WithoutContract(),
		harness.WithSettle(time.Second),
	)
	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool { // the recorded answers
		body := make([]byte, 100)
		n, _ := r.Body.Read(body)
		sent = append(sent, r.Method+" "+r.URL.RequestURI()+" "+string(body[:n]))

		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(index))
		} else {
			_, _ = w.Write([]byte(`"OK"`))
		}

		return true
	})
	path := "/api/v1/vector/indexes/" + id + "/scratch"

	got := m.Do(t, "PUT", path, m.Keyed("one"), `{"size":5}`).Is(t, 200)
	if got.Body != `{"id":"`+id+`","name":"mine"}` {
		t.Errorf("got %s, want the allow-list", got.Body)
	}

	want := "GET /v2/vector/index/" + id + " |POST /v2/vector/index/" + id + `/scratch {"size":5}|GET /v2/vector/index/` + id + " "
	if strings.Join(sent, "|") != want {
		t.Errorf("got upstream %q, want %q", sent, want)
	}

	f.SendsNothing(t, func() {
		if again := m.Do(t, "PUT", path, m.Keyed("one"), `{"size":5}`).Is(t, 200); again.Body != got.Body ||
			again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("again: got %s, want a replay", again.Body)
		}
		m.Do(t, "PUT", path, m.Keyed("one"), `{"size":6}`).IsProblem(t, 422, "idempotency_key_reused")
		m.Do(t, "PUT", path, m.Header, `{"size":10}`).IsProblem(t, 422, "validation_failed")
		m.Do(t, "PUT", path, m.Header, `{"size":5,"other":1}`).IsProblem(t, 400, "unknown_field")
		m.Do(t, "PUT", "/api/v1/vector/indexes/a.b/scratch", m.Header, `{"size":5}`).IsProblem(t, 404, "resource_not_found")
	})

	if !strings.Contains(m.Do(t, "GET", "/api/v1/catalog", m.Header, "").Body, `"vector.scratch"`) {
		t.Error("the catalog does not list it")
	}

	if !strings.Contains(strings.Join(partner.Operations(), " "), called.Name) {
		t.Error("it is no scope")
	}
}
