package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatsNamesTestsThatExist: every Go test and browser test that the page names exists.
func TestThreatsNamesTestsThatExist(t *testing.T) {
	page, err := os.ReadFile("security/threats.md")
	if err != nil {
		t.Fatal(err)
	}
	code := testCode(t)

	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)\\w+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 40 {
		t.Fatalf("found only %d names of tests in the page: the pattern is wrong", len(named))
	}

	for _, name := range named {
		if !strings.Contains(code, "func "+name[1]+"(") {
			t.Errorf("the page names %s, which does not exist", name[1])
		}
	}

	for _, path := range regexp.MustCompile("`(web/e2e/[^`]+)`").FindAllStringSubmatch(string(page), -1) {
		if _, err := os.Stat(filepath.Join("..", path[1])); err != nil {
			t.Errorf("the page names a browser test that does not exist: %v", err)
		}
	}
}

// testCode is the source of every Go test in the repository.
func testCode(t *testing.T) string {
	t.Helper()
	var code strings.Builder

	err := filepath.WalkDir("..", func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}

		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git") {
			return filepath.SkipDir
		}

		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(path)
		code.Write(content)

		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	return code.String()
}
