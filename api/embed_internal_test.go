package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/locale"
)

// The script and its types are the only files that a page of another origin may read.
func TestEmbeddedScriptMayBeReadByAnyOrigin(t *testing.T) {
	p, err := newSinglePage(fstest.MapFS{
		"embed/v1.js": {Data: []byte("script")}, "embed/v1.js.br": {Data: []byte("br")},
		"embed/v1.d.ts": {Data: []byte("types")}, "assets/app-1.js": {Data: []byte("app")},
	}, neutralLook(), locale.NewChoice(""))
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Match([]string{http.MethodGet, http.MethodHead}, "/embed/v1.js", p.embedded)
	e.Match([]string{http.MethodGet, http.MethodHead}, "/embed/v1.d.ts", p.embedded)
	e.GET("/assets/*", p.asset)

	get := func(method, path string, header http.Header) *httptest.ResponseRecorder {
		request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		request.Header = header
		recorder := httptest.NewRecorder()
		e.ServeHTTP(recorder, request)

		return recorder
	}

	for path, kind := range map[string]string{
		"/embed/v1.js": "text/javascript; charset=utf-8", "/embed/v1.d.ts": "text/plain; charset=utf-8",
	} {
		got := get(http.MethodGet, path, http.Header{"Origin": {"https://app.example.com"}})
		header := got.Header()

		if got.Code != http.StatusOK || header.Get("Content-Type") != kind ||
			header.Get("Access-Control-Allow-Origin") != "*" ||
			header.Get("Cross-Origin-Resource-Policy") != "cross-origin" ||
			header.Get("Cache-Control") != "public, max-age=3600" || header.Get("ETag") == "" {
			t.Errorf("%s: got %d %v", path, got.Code, header)
		}

		again := get(http.MethodGet, path, http.Header{"If-None-Match": {header.Get("ETag")}})
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s again: got %d with %d bytes", path, again.Code, again.Body.Len())
		}
	}

	if got := get(http.MethodGet, "/embed/v1.js", http.Header{"Accept-Encoding": {"br"}}); got.Body.String() != "br" ||
		got.Header().Get("Content-Encoding") != "br" {
		t.Errorf("got %q, %v", got.Body, got.Header())
	}

	if got := get(http.MethodGet, "/assets/app-1.js", nil).Header(); got.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("the page's own script may be read by any origin: %v", got)
	}
}
