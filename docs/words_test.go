package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// wordsPage is the writing guide. Its table lists the phrases that TestWords rejects.
const wordsPage = "contribute/words.md"

// quoting are the files that quote the phrases: the guide, its test, the record of the renaming, and the test of help.
var quoting = []string{"docs/" + wordsPage, "docs/words_test.go", "docs/decisions/0023-words.md", "cmd/bff/help_test.go"}

// passage is a text that a person reads, and the place where it is.
type passage struct {
	file string // relative to the repository
	line int
	text string
}

// TestWords rejects the phrases of the writing guide wherever a person reads them: docs, the API document, help and
// messages (string literals of Go), comments, the page, and the sandbox's pages.
func TestWords(t *testing.T) {
	phrases := bannedPhrases(t)
	found := map[string]int{}

	for _, p := range passages(t) {
		for _, phrase := range phrases.FindAllString(p.text, -1) {
			t.Errorf("%s:%d: %q; %s has what to write", p.file, p.line, phrase, wordsPage)
			found[filepath.Ext(p.file)]++
		}
	}

	if t.Failed() {
		t.Logf("phrases by kind of file: %v", found)
	}
}

// TestWordsFindsAPhrase shows that TestWords can fail.
func TestWordsFindsAPhrase(t *testing.T) {
	phrases := bannedPhrases(t)

	for text, want := range map[string]bool{
		"The server goes\non without it.": true,
		"Log-in failed":                   true,
		"The recommended way":             false,
		"It mends the row":                true,
	} {
		if got := phrases.MatchString(text); got != want {
			t.Errorf("%q: rejected is %t, want %t", text, got, want)
		}
	}
}

// bannedPhrases is one expression for the left column of the guide's table.
func bannedPhrases(t *testing.T) *regexp.Regexp {
	t.Helper()

	page, err := os.ReadFile(wordsPage)
	if err != nil {
		t.Fatal(err)
	}

	var phrases []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+?) \| [^|]+ \|$`).FindAllStringSubmatch(string(page), -1) {
		if row[1] != "instead of" {
			phrases = append(phrases, strings.ReplaceAll(regexp.QuoteMeta(row[1]), " ", `\s+`))
		}
	}

	if len(phrases) < 30 {
		t.Fatalf("%s lists %d phrases; the table was not read", wordsPage, len(phrases))
	}

	// The longest first: an expression takes the first alternative that matches.
	slices.SortFunc(phrases, func(one, other string) int { return len(other) - len(one) })

	return regexp.MustCompile(`(?i)\b(?:` + strings.Join(phrases, "|") + `)\b`)
}

// passages reads every text of the repository.
func passages(t *testing.T) []passage {
	t.Helper()
	var found []passage

	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(filepath.ToSlash(path), "../")

		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if slices.Contains([]string{"node_modules", "dist", "bin", ".git", "testdata", "test-results", "released"}, entry.Name()) {
				return filepath.SkipDir
			}
		case slices.Contains(quoting, name):
		case strings.HasSuffix(name, ".go"):
			found = append(found, goPassages(t, path, name)...)
		case isProse(name):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found = append(found, paragraphs(name, string(text))...)
		}

		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	if len(found) < 1000 {
		t.Fatalf("%d texts were read; something was skipped", len(found))
	}

	return found
}

// isProse reports whether a file that is not Go holds texts for people.
func isProse(name string) bool {
	kinds := []string{".md", ".txt", ".yaml", ".ts", ".tsx", ".mjs", ".html", ".css", ".sh"}
	base := filepath.Base(name)

	return slices.Contains(kinds, filepath.Ext(name)) || base == "Makefile" || base == "Dockerfile"
}

// paragraphs splits a text at blank lines, so that a phrase is found across the end of a line.
func paragraphs(name, text string) []passage {
	var found []passage
	line := 1

	for paragraph := range strings.SplitSeq(text, "\n\n") {
		found = append(found, passage{name, line, paragraph})
		line += strings.Count(paragraph, "\n") + 2
	}

	return found
}

var commentMark = regexp.MustCompile(`\n\s*//`)

// goPassages are the comments and the string literals of a Go file.
func goPassages(t *testing.T, path, name string) []passage {
	t.Helper()
	set := token.NewFileSet()

	file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}

	var found []passage
	for _, group := range file.Comments {
		var text strings.Builder
		for _, comment := range group.List {
			text.WriteString("\n" + comment.Text)
		}
		line := set.Position(group.Pos()).Line
		found = append(found, passage{name, line, commentMark.ReplaceAllString(text.String(), "\n")})
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			found = append(found, passage{name, set.Position(literal.Pos()).Line, literal.Value})
		}

		return true
	})

	return found
}
