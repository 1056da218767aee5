package api

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/locale"
)

// singlePage serves the built single-page app. Browsers cache the hashed assets permanently, and never cache the HTML
// document, which is served for every path that the app routes itself. Each file is sent in the best compressed form
// that the browser accepts (web/compressed-forms.ts). BREACH does not apply, because the files are public; see
// document.
type singlePage struct {
	assets    fs.FS
	files     map[string][]coding // the compressed forms of each file, by file name
	tags      sync.Map            // the entity tag of each form, by file name; computed when the form is first sent
	brand     *branding
	documents map[documentKind]document // of each language that was built
	language  locale.Choice
}

// documentKind distinguishes the documents that differ in the frame.
type documentKind struct {
	language string
	window   bool // of the login window
}

const notBuilt = `<!doctype html><meta charset="utf-8"><title>Not built</title><p>The page was not built into this binary. Run <code>make build</code>.`

func newSinglePage(assets fs.FS, b *branding, choice locale.Choice) (*singlePage, error) {
	files, err := filesOf(assets)
	if err != nil {
		return nil, err
	}
	p := &singlePage{assets: assets, files: files, brand: b, documents: map[documentKind]document{}, language: choice}

	for n, language := range locale.Languages() {
		name := "index.html"
		if n > 0 {
			name = "index." + language + ".html"
		}

		if _, built := p.files[name]; !built && n > 0 {
			continue
		}

		for _, kind := range []documentKind{{language, false}, {language, true}} {
			if p.documents[kind], err = p.read(name, kind); err != nil {
				return nil, err
			}
		}
	}

	return p, nil
}

// filesOf lists the files, each with its compressed forms. A compressed form has no address of its own, and a form
// without its file is not served.
func filesOf(assets fs.FS) (map[string][]coding, error) {
	files := map[string][]coding{}
	err := fs.WalkDir(assets, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files[name] = nil
		}

		return err
	})

	for _, form := range codings {
		for name := range files {
			if whole, found := strings.CutSuffix(name, form.suffix); found {
				delete(files, name)

				if forms, known := files[whole]; known {
					files[whole] = append(forms, form.coding)
				}
			}
		}
	}

	return files, err
}

// read reads an HTML document and writes into it what the build does not know: the brand and the base path. It returns
// a notice if the page was not built. The other files need no change: they refer to each other by relative paths
// (web/vite.config.ts).
func (p *singlePage) read(name string, kind documentKind) (document, error) {
	if _, built := p.files[name]; !built {
		return document{identity: []byte(notBuilt)}, nil // so that `go build` works without the page
	}

	content, err := fs.ReadFile(p.assets, name)
	if err != nil {
		return nil, err
	}

	if content, err = p.brand.of(kind).into(content); err != nil {
		return nil, err
	}

	return gzippedDocument(content), nil
}

func (p *singlePage) document(c echo.Context) error {
	requested := c.Request().URL.Path
	if isAPI(c.Request()) {
		return notFound(c) // a path with escapes, such as /%61pi, which the router does not match with /api
	}

	if strings.Contains(requested, "//") || strings.Contains(path.Base(requested), ".") ||
		strings.Contains(requested, "/.") {
		return p.file(c, strings.TrimPrefix(requested, "/"))
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")

	status := http.StatusNotFound // the app shows a message; a probe of /healthz or /metrics reads the status
	if isAppRoute(requested) {
		status = http.StatusOK
	}

	kind := documentKind{p.language.Of(c.Request()), isWindow(requested)}

	content, built := p.documents[kind]
	if !built {
		kind.language = locale.Base
		content = p.documents[kind]
	}
	locale.SetHeaders(c.Response().Header(), kind.language)

	return content.write(c, status, "text/html; charset=utf-8")
}

// isWindow reports whether a path is that of the login window, which is also that of the consent page.
func isWindow(requested string) bool { return requested == "/connect" || requested == "/callback" }

// isAppRoute reports whether the app has a screen at this path; web/src/app has the same list.
func isAppRoute(requested string) bool {
	switch requested {
	case "/", "/connect", "/callback", "/account":
		return true
	}
	id, ok := strings.CutPrefix(requested, "/databases/")

	return ok && id != "" && !strings.Contains(id, "/")
}

// file serves a file at the root, such as a favicon. It serves neither dotfiles nor HTML documents.
func (p *singlePage) file(c echo.Context, name string) error {
	if strings.Contains(name, "/") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".html") {
		return notFound(c)
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=3600")

	return p.serve(c, name)
}

func (p *singlePage) asset(c echo.Context) error {
	name := strings.TrimPrefix(c.Request().URL.Path, "/")
	if !fs.ValidPath(name) || strings.Contains(name, "/.") {
		return notFound(c)
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")

	if _, ofBrand := p.brand.pictures[name]; ofBrand {
		p.brand.serve(c, name)
		return nil
	}

	return p.serve(c, name)
}

func (p *singlePage) serve(c echo.Context, name string) error {
	header := c.Response().Header()

	forms, known := p.files[name]
	if !known {
		header.Del(echo.HeaderCacheControl)
		return notFound(c)
	}
	header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)

	form := identity
	// A range counts the bytes of the uncompressed file.
	if c.Request().Header.Get("Range") == "" {
		form = acceptable(c.Request().Header.Values(echo.HeaderAcceptEncoding), forms)
	}

	content, tag, err := p.open(name + suffixOf(form))
	if err != nil {
		return err
	}
	defer content.Close()

	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" && header.Get(echo.HeaderContentType) == "" {
		header.Set(echo.HeaderContentType, kind)
	}
	header.Set("ETag", tag)

	// Set Content-Encoding only when the status is known, because a 412 has no body. Besides, http.ServeContent sends
	// no Content-Length if Content-Encoding is already set.
	c.Response().Before(func() {
		if form != identity && c.Response().Status == http.StatusOK {
			header.Set(echo.HeaderContentEncoding, string(form))
		}
	})
	http.ServeContent(c.Response(), withOriginalMethod(c.Request()), name, time.Time{}, content)

	return nil
}

// seekable is an open file that http.ServeContent can read.
type seekable interface {
	io.ReadSeeker
	io.Closer
}

// open opens one form of a file and returns its entity tag. The tag is a digest of the bytes, hence strong, and
// different for each form (RFC 9110 section 8.8.3.3). Only the tag is cached: an embedded file is already in memory.
func (p *singlePage) open(name string) (seekable, string, error) {
	file, err := p.assets.Open(name)
	if err != nil {
		return nil, "", err
	}

	content, ok := file.(seekable)
	if !ok {
		_ = file.Close()
		return nil, "", fmt.Errorf("page: the file %s is not seekable", name)
	}

	if tag, known := p.tags.Load(name); known {
		return content, tag.(string), nil // only strings are stored below
	}
	digest := sha256.New()

	if _, err = io.Copy(digest, content); err == nil {
		_, err = content.Seek(0, io.SeekStart)
	}

	if err != nil {
		_ = content.Close()
		return nil, "", err
	}
	tag := `"` + base64.RawURLEncoding.EncodeToString(digest.Sum(nil)[:16]) + `"`
	p.tags.Store(name, tag)

	return content, tag, nil
}

// suffixOf returns the suffix that a form adds to the name of its file.
func suffixOf(form coding) string {
	for _, each := range codings {
		if each.coding == form {
			return each.suffix
		}
	}

	return ""
}
