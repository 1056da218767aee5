package web_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/web"
)

// mostAtFirst is what a first visit may load, in bytes as they are sent to a browser that takes Brotli; headers, what
// the server writes into the document, the pictures of the brand, and the two calls of the API come on top, some 6 kB. `make bench-page` says what a phone makes of it. Raise it knowingly:
// what the first screen does not show belongs in a file of its own (web/src/shared/lazy).
const mostAtFirst = 90_000

var (
	// namedInDocument are the files that a document loads automatically.
	namedInDocument = regexp.MustCompile(`<(?:script|link)\b[^>]*\b(?:src|href)="/([^"]+)"`)
	// importedAtOnce are the modules that a module cannot run without; those of import() are not.
	importedAtOnce = regexp.MustCompile(`(?:\bfrom|\bimport)\s*"\./([^"]+)"`)
)

func TestAFirstVisitLoadsLittle(t *testing.T) {
	for _, document := range []string{"index.html", "index.de.html"} {
		t.Run(document, func(t *testing.T) { loadsLittle(t, document) })
	}
}

func loadsLittle(t *testing.T, name string) {
	t.Helper()

	files, err := web.Dist()
	if err != nil {
		t.Fatal(err)
	}

	document, err := fs.ReadFile(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the page is not built: make page")
	}

	if err != nil {
		t.Fatal(err)
	}
	loaded := []string{name}
	named := map[string]bool{}

	for _, match := range namedInDocument.FindAllSubmatch(document, -1) {
		loaded = append(loaded, string(match[1]))
		named[string(match[1])] = true
	}

	if len(loaded) < 3 {
		t.Fatalf("got %q: the script and its style should be among what the document loads", loaded)
	}
	total := 0

	for _, name := range loaded {
		size := sentSize(t, files, name)
		t.Logf("%6d bytes: %s", size, name)
		total += size

		if !strings.HasSuffix(name, ".js") {
			continue
		}

		script, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}

		for _, match := range importedAtOnce.FindAllSubmatch(script, -1) {
			if imported := "assets/" + string(match[1]); !named[imported] {
				t.Errorf("%s imports %s, which the document does not name: one more round trip", name, imported)
			}
		}
	}

	if total > mostAtFirst {
		t.Errorf("a first visit loads %d bytes, want %d at most", total, mostAtFirst)
	}
}

func sentSize(t *testing.T, files fs.FS, name string) int {
	t.Helper()

	if strings.HasSuffix(name, ".html") { // the server writes into it, then compresses it with gzip
		document, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}

		var sent bytes.Buffer

		writer := gzip.NewWriter(&sent)
		if _, err := writer.Write(document); err != nil {
			t.Fatal(err)
		}

		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}

		return sent.Len()
	}

	content, err := fs.ReadFile(files, name+".br")
	if errors.Is(err, fs.ErrNotExist) {
		content, err = fs.ReadFile(files, name) // too small to gain by it
	}

	if err != nil {
		t.Fatal(err)
	}

	return len(content)
}
