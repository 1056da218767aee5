package api

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/brand"
	"github.com/upstash-connect/bff/web"

	"github.com/upstash-connect/bff/internal/locale"
)

const (
	app    = "/assets/app-1.js"
	script = "console.log('as it was written')"
)

// builtDocument has the elements into which the server writes the brand.
const builtDocument = `<!doctype html><head><link rel="icon" href="data:," /><title>ACME</title></head>` +
	`<body><div id="root"></div></body>`

// neutralLook is the brand without any setting.
func neutralLook() *branding { return newBranding(brand.Brand{}, "ACME", false, "") }

// builtPage serves a page with a few files. Its compressed forms are plain text, because the server never decompresses
// them.
func builtPage(t *testing.T) http.Handler {
	t.Helper()

	return pageOf(t, fstest.MapFS{
		".gitkeep":            {},
		"index.html":          {Data: []byte(builtDocument)},
		"docs.html":           {Data: []byte("<p>docs")},
		"assets/app-1.js":     {Data: []byte(script)},
		"assets/app-1.js.br":  {Data: []byte("app, br")},
		"assets/app-1.js.gz":  {Data: []byte("app, gzip")},
		"assets/small.svg":    {Data: []byte("<svg/>")},
		"assets/orphan.js.br": {Data: []byte("a form of nothing")},
		"robots.txt":          {Data: []byte("robots")},
		"robots.txt.gz":       {Data: []byte("robots, gzip")},
	})
}

func pageOf(t *testing.T, files fstest.MapFS) http.Handler {
	t.Helper()

	p, err := newSinglePage(files, neutralLook(), locale.NewChoice(""))
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Match([]string{http.MethodGet, http.MethodHead}, "/assets/*", p.asset)
	e.Match([]string{http.MethodGet, http.MethodHead}, "/*", p.document)

	return e
}

// answered is a response with its complete body.
type answered struct {
	StatusCode int
	Header     http.Header
	body       string
}

func visit(server http.Handler, method, path string, header ...string) answered {
	request := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, request)

	return answered{recorder.Code, recorder.Header(), recorder.Body.String()}
}

func TestFileIsSentInAnAcceptedForm(t *testing.T) {
	server := builtPage(t)
	tags := map[string]string{}

	content, err := neutralLook().into([]byte(builtDocument))
	if err != nil {
		t.Fatal(err)
	}
	index := gzippedDocument(content)

	for _, c := range []struct{ path, accept, coding, kind, cache, body string }{
		{app, "gzip, deflate, br", "br", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "app, br"},
		{app, "gzip", "gzip", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "app, gzip"},
		{app, "identity", "", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", script},
		{app, "", "", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", script},
		{"/assets/small.svg", "gzip, br", "", "image/svg+xml", "public, max-age=31536000, immutable", "<svg/>"},
		{"/robots.txt", "br, gzip", "gzip", "text/plain; charset=utf-8", "public, max-age=3600", "robots, gzip"},
		{"/", "gzip, br", "gzip", "text/html; charset=utf-8", "no-store", string(index[gzipped])},
		{"/connect?attempt=1", "", "", "text/html; charset=utf-8", "no-store", string(index[identity])},
	} {
		got := visit(server, http.MethodGet, c.path, "Accept-Encoding", c.accept)
		vary := "Accept-Encoding"

		if c.cache == "no-store" { // the document
			vary = "Accept-Language | Accept-Encoding"
		}
		want := map[string]string{
			"Vary": vary, "Content-Encoding": c.coding, "Content-Type": c.kind, "Cache-Control": c.cache,
			"Content-Length": strconv.Itoa(len(c.body)), "body": c.body,
		}
		have := map[string]string{"body": got.body}

		for name := range want {
			if name != "body" {
				have[name] = strings.Join(got.Header.Values(name), " | ")
			}
		}

		if diff := cmp.Diff(want, have); diff != "" || got.StatusCode != http.StatusOK {
			t.Errorf("%s for %q: %d\n%s", c.path, c.accept, got.StatusCode, diff)
		}

		head := visit(server, http.MethodHead, c.path, "Accept-Encoding", c.accept)
		if diff := cmp.Diff(got.Header, head.Header); diff != "" || head.StatusCode != http.StatusOK {
			t.Errorf("HEAD %s for %q: %d\n%s", c.path, c.accept, head.StatusCode, diff)
		}

		if strings.HasPrefix(c.path, "/assets") {
			tags[c.path+c.coding] = got.Header.Get("ETag")
		}
	}

	seen := map[string]string{}
	for form, tag := range tags {
		if !strings.HasPrefix(tag, `"`) || seen[tag] != "" {
			t.Errorf("%s has the tag %s, and so has %q", form, tag, seen[tag])
		}
		seen[tag] = form
	}
}

// countedFile counts the bytes read from a file.
type countedFile struct {
	fs.File
	io.Seeker
	read *int
}

func (f countedFile) Read(into []byte) (int, error) {
	n, err := f.File.Read(into)
	*f.read += n

	return n, err
}

// countedFiles count the bytes read from all files.
type countedFiles struct {
	fs.FS
	read int
}

func (c *countedFiles) Open(name string) (fs.File, error) {
	file, err := c.FS.Open(name)
	if seeker, ok := file.(io.Seeker); ok {
		return countedFile{file, seeker, &c.read}, err
	}

	return file, err
}

func TestHeadReadsNoFile(t *testing.T) {
	files := &countedFiles{FS: fstest.MapFS{"assets/big.js": {Data: bytes.Repeat([]byte("x"), 1<<20)}}}

	p, err := newSinglePage(files, neutralLook(), locale.NewChoice(""))
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.GET("/assets/*", p.asset)
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.ServeHTTP(w, headAsGet(r)) })
	get := visit(server, http.MethodGet, "/assets/big.js") // computes the entity tag
	files.read = 0

	head := visit(server, http.MethodHead, "/assets/big.js")
	if diff := cmp.Diff(get.Header, head.Header); diff != "" || head.StatusCode != http.StatusOK || head.body != "" {
		t.Errorf("got %d and %d bytes\n%s", head.StatusCode, len(head.body), diff)
	}

	if files.read > 0 {
		t.Errorf("it read %d bytes of the file", files.read)
	}
}

func TestUnknownScreenIsCompressed(t *testing.T) {
	got := visit(builtPage(t), http.MethodGet, "/nowhere", "Accept-Encoding", "br, gzip")
	if body := got.body; got.StatusCode != http.StatusNotFound || !strings.HasPrefix(body, "\x1f\x8b") ||
		got.Header.Get("Content-Encoding") != "gzip" || !slices.Contains(got.Header.Values("Vary"), "Accept-Encoding") {
		t.Errorf("got %d %q %v", got.StatusCode, body, got.Header)
	}
}

// A compressed form under its own name would have the wrong type and no Content-Encoding.
func TestCompressedFormHasNoAddress(t *testing.T) {
	server := builtPage(t)
	for _, path := range []string{
		app + ".br", app + ".gz", "/index.html.br", "/index.html.gz", "/robots.txt.gz", "/assets/orphan.js.br",
		"/assets/orphan.js", "/assets/none.js", "/none.txt", "/assets/", "/assets/.gitkeep", "/.gitkeep", "/index.html",
		"/docs.html", "/assets/../index.html", "/assets//app-1.js",
	} {
		got := visit(server, http.MethodGet, path, "Accept-Encoding", "br, gzip")
		if got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %d %q", path, got.StatusCode, got.body)
		}

		for _, name := range []string{"Content-Encoding", "Cache-Control", "ETag"} {
			if value := got.Header.Get(name); value != "" {
				t.Errorf("%s: got %s: %s with a 404", path, name, value)
			}
		}
	}
}

func TestCachedFormIsNotSentAgain(t *testing.T) {
	server := builtPage(t)
	whole := visit(server, http.MethodGet, app, "Accept-Encoding", "br")
	tag := whole.Header.Get("ETag")

	same := visit(server, http.MethodGet, app, "Accept-Encoding", "br", "If-None-Match", tag)
	if body := same.body; same.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("got %d %q, want 304 without a body", same.StatusCode, body)
	}

	for name, want := range map[string]string{
		"Vary": "Accept-Encoding", "ETag": tag, "Cache-Control": "public, max-age=31536000, immutable",
		"Content-Length": "", "Content-Encoding": "",
	} {
		if got := same.Header.Get(name); got != want {
			t.Errorf("got %s %q with 304, want %q", name, got, want)
		}
	}

	other := visit(server, http.MethodGet, app, "Accept-Encoding", "gzip", "If-None-Match", tag)
	if body := other.body; other.StatusCode != http.StatusOK || body != "app, gzip" {
		t.Errorf("the tag of the other form: got %d %q", other.StatusCode, body)
	}

	failed := visit(server, http.MethodGet, app, "Accept-Encoding", "br", "If-Match", `"other"`)
	if body := failed.body; failed.StatusCode != http.StatusPreconditionFailed || body != "" ||
		failed.Header.Get("Content-Encoding") != "" || failed.Header.Get("Content-Length") != "" {
		t.Errorf("If-Match: got %d %q %v", failed.StatusCode, body, failed.Header)
	}
}

// A range refers to the bytes of the file, whichever forms the client accepts.
func TestRangeRefersToTheFile(t *testing.T) {
	server := builtPage(t)
	for _, c := range []struct {
		ranged string
		status int
		body   string
		length string
	}{
		{"bytes=0-6", http.StatusPartialContent, script[:7], "7"},
		{"bytes=-3", http.StatusPartialContent, script[len(script)-3:], "3"},
		{"bytes=999-", http.StatusRequestedRangeNotSatisfiable, "invalid range: failed to overlap\n", ""},
		{"lines=1-2", http.StatusRequestedRangeNotSatisfiable, "invalid range\n", ""},
	} {
		got := visit(server, http.MethodGet, app, "Accept-Encoding", "br, gzip", "Range", c.ranged)
		if body := got.body; got.StatusCode != c.status || body != c.body {
			t.Errorf("%s: got %d %q", c.ranged, got.StatusCode, body)
		}

		if got.Header.Get("Content-Encoding") != "" || got.Header.Get("Vary") != "Accept-Encoding" ||
			got.Header.Get("Content-Length") != c.length {
			t.Errorf("%s: got %v", c.ranged, got.Header)
		}
	}

	// With the tag of a compressed form, If-Range does not match, and the server sends the complete file.
	tag := visit(server, http.MethodGet, app, "Accept-Encoding", "br").Header.Get("ETag")

	got := visit(server, http.MethodGet, app, "Accept-Encoding", "br", "Range", "bytes=0-6", "If-Range", tag)
	if body := got.body; got.StatusCode != http.StatusOK || body != script || got.Header.Get("ETag") == tag {
		t.Errorf("If-Range with the tag of a form: got %d %q", got.StatusCode, body)
	}
}

func TestPageThatWasNotBuiltShowsANotice(t *testing.T) {
	got := visit(pageOf(t, fstest.MapFS{".gitkeep": {}}), http.MethodGet, "/", "Accept-Encoding", "br")
	if body := got.body; got.StatusCode != http.StatusOK || body != notBuilt ||
		got.Header.Get("Content-Encoding") != "" {
		t.Errorf("got %d %q", got.StatusCode, body)
	}
}

// The compressed forms of the real page decompress to its files.
func TestTheBuiltPageIsServedCompressed(t *testing.T) {
	files, err := web.Dist()
	if err != nil {
		t.Fatal(err)
	}

	p, err := newSinglePage(files, neutralLook(), locale.NewChoice(""))
	if err != nil {
		t.Fatal(err)
	}

	if _, built := p.files["index.html"]; !built {
		t.Skip("the page is not built: make page")
	}
	e := echo.New()
	e.GET("/assets/*", p.asset)

	packed := 0
	for name, forms := range p.files {
		if !strings.HasPrefix(name, "assets/") || len(forms) == 0 {
			continue
		}
		plain := visit(e, http.MethodGet, "/"+name).body
		got := visit(e, http.MethodGet, "/"+name, "Accept-Encoding", "gzip")

		unpacked, err := gzip.NewReader(strings.NewReader(got.body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}

		content, err := io.ReadAll(unpacked)
		if err != nil || !bytes.Equal(content, []byte(plain)) {
			t.Errorf("%s: %v, %d bytes unpacked, want %d", name, err, len(content), len(plain))
		}
		packed++
	}

	if packed < 4 {
		t.Errorf("%d files are compressed: the build left them out", packed)
	}
}

func TestDocumentIsCompressedOnce(t *testing.T) {
	content := strings.Repeat("openapi: 3.0.3\n", 100)
	packed := gzippedDocument([]byte(content))

	unpacked, err := gzip.NewReader(bytes.NewReader(packed[gzipped]))
	if err != nil {
		t.Fatal(err)
	}

	if got, err := io.ReadAll(unpacked); err != nil || string(got) != content || len(packed[gzipped]) > 100 {
		t.Errorf("got %d bytes of %d, %v", len(got), len(packed[gzipped]), err)
	}
}
