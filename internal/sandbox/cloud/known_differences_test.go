package cloud_test

import (
	"os"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestFidelityPageListsKnownDifferences(t *testing.T) {
	page, err := os.ReadFile("../../../docs/contribute/fidelity.md")
	if err != nil {
		t.Fatal(err)
	}

	_, section, found := strings.Cut(string(page), "## Where the real service differs from its own OpenAPI document")
	if !found {
		t.Fatal("the page has no section of known differences")
	}
	section, _, _ = strings.Cut(section, "\n## ")

	inPage := map[string]bool{}
	for _, line := range strings.Split(section, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) == 4 && cells[0] != "where" {
			inPage[strings.Join(cells[:3], " | ")] = true
		}
	}

	for _, row := range sandboxtest.KnownDifferences() {
		line := row.Where + " | " + row.Document + " | " + row.Real
		if !inPage[line] {
			t.Errorf("docs/contribute/fidelity.md lacks the known difference\n| %s | … |", line)
		}
		delete(inPage, line)
	}

	for line := range inPage {
		t.Errorf("docs/contribute/fidelity.md has a known difference that the tests do not have:\n%s", line)
	}
}
