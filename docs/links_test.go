package docs_test

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents are the Markdown pages of the repository that people read, by their path from its root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}

	add := func(path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))] = string(text)
	}

	for _, pattern := range []string{"../*.md", "../bench/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}

		for _, path := range found {
			add(path)
		}
	}

	err := filepath.WalkDir("../docs", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && (filepath.Ext(path) == ".md" || filepath.Base(path) == "llms.txt") {
			add(path)
		}

		return err
	})
	if err != nil || len(pages) < 20 {
		t.Fatalf("found %d pages: %v", len(pages), err)
	}

	return pages
}

var (
	fencedBlock  = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading      = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
	anchorDrops  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the ids that GitHub gives to the headings of a page.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(fencedBlock.ReplaceAllString(page, ""), -1) {
		found[strings.ReplaceAll(anchorDrops.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-")] = true
	}

	return found
}

// TestLinksLeadSomewhere checks each relative link of a page: the file exists and, in a Markdown page, the anchor does.
func TestLinksLeadSomewhere(t *testing.T) {
	pages := documents(t)

	for path, page := range pages {
		for _, match := range markdownLink.FindAllStringSubmatch(fencedBlock.ReplaceAllString(page, ""), -1) {
			link, err := url.Parse(match[1])
			if err != nil {
				t.Errorf("%s links to %s: %v", path, match[1], err)
				continue
			}

			if link.IsAbs() {
				continue
			}
			target := path

			if link.Path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(path), link.Path))

				if _, err := os.Stat(filepath.Join("..", target)); err != nil {
					t.Errorf("%s links to %s, which does not exist", path, match[1])
				}
			}

			if text, ok := pages[target]; ok && link.Fragment != "" && !anchors(text)[link.Fragment] {
				t.Errorf("%s links to %s, but %s has no such heading", path, match[1], target)
			}
		}
	}
}

// notWrapped are pages that a program prints.
var notWrapped = regexp.MustCompile(`^bench/RESULTS\.md$`)

// TestLinesFitOnAScreen: no line is over 120 columns, except table rows, code, pictures and items that start with a
// link.
func TestLinesFitOnAScreen(t *testing.T) {
	for path, page := range documents(t) {
		if notWrapped.MatchString(path) {
			continue
		}

		inCode := false

		for number, line := range strings.Split(page, "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				inCode = !inCode
			}

			isTable := strings.HasPrefix(line, "|")
			isLink := strings.HasPrefix(line, "- [") || strings.HasPrefix(line, "![")

			if !inCode && !isTable && !isLink && len([]rune(line)) > 120 {
				t.Errorf("%s:%d has %d columns", path, number+1, len([]rune(line)))
			}
		}
	}
}
