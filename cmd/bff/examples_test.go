//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestExamples runs the programs of docs/integrate/native.md against a sandbox, with a browser that logs in
// automatically: they start the real binary and read its events.
func TestExamples(t *testing.T) {
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	if err != nil {
		t.Fatal(err)
	}

	built := filepath.Join(t.TempDir(), "native-go")
	if output, err := exec.CommandContext(
		t.Context(), "go", "build", "-o", built, filepath.Join(examples, "native-go"),
	).CombinedOutput(); err != nil {
		t.Fatalf("the Go example does not build: %v\n%s", err, output)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "examples"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("GO_EXAMPLE", built)
			e.Setenv("NODE_EXAMPLE", filepath.Join(examples, "native-electron"))
			e.Setenv("BFF", filepath.Join(filepath.SplitList(os.Getenv("PATH"))[0], "bff"))

			return setUpScript(e)
		},
		Cmds: scriptCommands(),
	})
}
