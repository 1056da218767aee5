package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFidelityPageNamesExistingTests: every test that the page names exists. It names a Go test as `TestX`, and a test
// of another suite as `path/to/file.mjs: its title`.
func TestFidelityPageNamesExistingTests(t *testing.T) {
	page, err := os.ReadFile("contribute/fidelity.md")
	if err != nil {
		t.Fatal(err)
	}

	code := testCode(t)
	for _, name := range regexp.MustCompile("`((?:Test|Fuzz|Benchmark)\\w+)`").FindAllStringSubmatch(string(page), -1) {
		if !strings.Contains(code, "func "+name[1]+"(") {
			t.Errorf("the page names %s, which does not exist", name[1])
		}
	}

	for _, named := range regexp.MustCompile("`([^`\\s]+\\.(?:ts|tsx|mjs)): ([^`]+)`").FindAllStringSubmatch(string(page), -1) {
		suite, err := os.ReadFile(filepath.Join("..", named[1]))
		if err != nil || !strings.Contains(string(suite), named[2]) {
			t.Errorf("the page names %q in %s, which does not exist (%v)", named[2], named[1], err)
		}
	}

	for number, line := range strings.Split(string(page), "\n") {
		if strings.HasPrefix(line, "| ") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 5 {
			t.Errorf("line %d is not a row of four cells: %s", number+1, line)
		}
	}
}
