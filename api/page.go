package api

import (
	"bytes"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// page serves the built single-page app: hashed assets for ever, the document never cached, and the document for every
// path the app may route itself.
type page struct {
	assets fs.FS
	index  []byte
	docs   []byte
}

const notBuilt = `<!doctype html><meta charset="utf-8"><title>Upstash Connect</title><p>The page was not built into this binary. Run <code>make build</code>.`

func newPage(assets fs.FS) (*page, error) {
	index, err := fs.ReadFile(assets, "index.html")
	if errors.Is(err, fs.ErrNotExist) {
		index, err = []byte(notBuilt), nil // `go build` alone works, and says what is missing
	}

	if err != nil {
		return nil, err
	}
	docs, err := readDocs(assets)

	return &page{assets: assets, index: index, docs: docs}, err
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

	return c.Blob(status, "text/html; charset=utf-8", p.index)
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
	content, err := fs.ReadFile(p.assets, name)
	if err != nil {
		c.Response().Header().Del(echo.HeaderCacheControl)
		return notFound(c)
	}

	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		c.Response().Header().Set(echo.HeaderContentType, kind)
	}
	http.ServeContent(c.Response(), c.Request(), name, time.Time{}, bytes.NewReader(content))

	return nil
}
