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
)

// page serves the built single-page app: hashed assets for ever, the document never cached, and the document for every
// path the app may route itself. Each file is sent in the form that the browser takes, of those that the build made of
// it (web/compressed-forms.ts); BREACH is no matter here, see document.
type page struct {
	assets fs.FS
	files  map[string][]coding // each file by its name, with the compressed forms beside it
	tags   sync.Map            // entity tag by the name of the form, made when it is first sent
	index  document
	docs   document
}

const notBuilt = `<!doctype html><meta charset="utf-8"><title>Upstash Connect</title><p>The page was not built into this binary. Run <code>make build</code>.`

func newPage(assets fs.FS, base base) (*page, error) {
	files, err := filesOf(assets)
	if err != nil {
		return nil, err
	}
	p := &page{assets: assets, files: files}

	if p.index, err = p.read("index.html", base); err != nil {
		return nil, err
	}
	p.docs, err = p.read("docs.html", base)

	return p, err
}

// filesOf lists the files, each with the compressed forms that stand beside it. A form is no file of its own: what the
// build did not make has no address.
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

// read reads a document in all its forms; what stands in its place says so when the page was not built. Under a path it
// is made anew, as no file of the build knows where it will be served. The other files need not know: they name each
// other relative to themselves (web/vite.config.ts).
func (p *page) read(name string, base base) (document, error) {
	forms, built := p.files[name]
	if !built {
		return document{identity: []byte(notBuilt)}, nil // `go build` alone works, and says what is missing
	}
	d := document{}

	if base != "" {
		content, err := fs.ReadFile(p.assets, name)
		return gzippedDocument(base.write(content)), err
	}

	for _, form := range append([]coding{identity}, forms...) {
		content, err := fs.ReadFile(p.assets, name+suffixOf(form))
		if err != nil {
			return nil, err
		}
		d[form] = content
	}

	return d, nil
}

func (p *page) document(c echo.Context) error {
	requested := c.Request().URL.Path
	if isAPI(c.Request()) {
		return notFound(c) // spelt with escapes, as in /%61pi: the router sees those, and let it through to here
	}

	if strings.Contains(requested, "//") || strings.Contains(path.Base(requested), ".") ||
		strings.Contains(requested, "/.") {
		return p.file(c, strings.TrimPrefix(requested, "/"))
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")

	status := http.StatusNotFound // the app says so in words; a probe of /healthz or /metrics reads it here
	if ofTheApp(requested) {
		status = http.StatusOK
	}

	return p.index.write(c, status, "text/html; charset=utf-8")
}

// ofTheApp reports whether the app has a screen at this path; web/src/app holds the same list.
func ofTheApp(requested string) bool {
	switch requested {
	case "/", "/connect", "/callback", "/account":
		return true
	}
	id, ok := strings.CutPrefix(requested, "/databases/")

	return ok && id != "" && !strings.Contains(id, "/")
}

// file serves a file at the root, such as a favicon; never a dotfile, never the document under another name.
func (p *page) file(c echo.Context, name string) error {
	if strings.Contains(name, "/") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".html") {
		return notFound(c)
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=3600")

	return p.serve(c, name)
}

func (p *page) asset(c echo.Context) error {
	name := strings.TrimPrefix(c.Request().URL.Path, "/")
	if !fs.ValidPath(name) || strings.Contains(name, "/.") {
		return notFound(c)
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")

	return p.serve(c, name)
}

func (p *page) serve(c echo.Context, name string) error {
	header := c.Response().Header()

	forms, known := p.files[name]
	if !known {
		header.Del(echo.HeaderCacheControl)
		return notFound(c)
	}
	header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)

	form := identity
	// A range counts the bytes of one form, and whoever asks for one means the file's.
	if c.Request().Header.Get("Range") == "" {
		form = acceptable(c.Request().Header.Values(echo.HeaderAcceptEncoding), forms)
	}

	content, tag, err := p.open(name + suffixOf(form))
	if err != nil {
		return err
	}
	defer content.Close()

	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		header.Set(echo.HeaderContentType, kind)
	}
	header.Set("ETag", tag)

	// Said when the status is known, as a 412 has no body. And http.ServeContent says how long an encoded body is only
	// if it does not know that it is one.
	c.Response().Before(func() {
		if form != identity && c.Response().Status == http.StatusOK {
			header.Set(echo.HeaderContentEncoding, string(form))
		}
	})
	http.ServeContent(c.Response(), asAsked(c.Request()), name, time.Time{}, content)

	return nil
}

// seekable is an open file, as http.ServeContent reads it.
type seekable interface {
	io.ReadSeeker
	io.Closer
}

// open opens one form of a file, with its entity tag. The tag is a digest of the very bytes, hence strong, and another
// for each form (RFC 9110 section 8.8.3.3). Nothing is kept but the tag: an embedded file is read where it stands.
func (p *page) open(name string) (seekable, string, error) {
	file, err := p.assets.Open(name)
	if err != nil {
		return nil, "", err
	}

	content, ok := file.(seekable)
	if !ok {
		_ = file.Close()
		return nil, "", fmt.Errorf("page: %s cannot be read twice", name)
	}

	if tag, known := p.tags.Load(name); known {
		return content, tag.(string), nil // only strings are stored, below
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

// suffixOf is what the name of a form has beyond the file's.
func suffixOf(form coding) string {
	for _, each := range codings {
		if each.coding == form {
			return each.suffix
		}
	}

	return ""
}
