package test

import (
	"crypto/x509"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/test/harness"
	"github.com/upstash-connect/bff/web"
)

// readable are GET paths of every kind: authenticated, public and missing.
func readable(t *testing.T, p *harness.Product, database string) []string {
	t.Helper()

	paths := []string{"/", "/connect", "/databases/x", "/nowhere", "/livez", "/readyz", "/api/v1/none", "/robots.txt"}

	for _, route := range p.App.Handler().(harness.Routed).Routes() {
		if route.Method == http.MethodGet {
			paths = append(paths, strings.NewReplacer(":id", database, ":code", "internal").Replace(route.Path))
		}
	}

	dist, err := web.Dist()
	if err != nil {
		t.Fatal(err)
	}

	assets, _ := fs.Glob(dist, "assets/*.js")
	if len(assets) > 0 {
		paths = append(paths, "/"+assets[0])
	}

	return paths
}

// stable is a response's header without fields that change between responses.
func stable(header http.Header) http.Header {
	header = maps.Clone(header)
	for _, name := range []string{"Date", "X-Request-Id", "Ratelimit"} {
		header.Del(name)
	}

	return header
}

func TestHEADIsGETWithoutTheBody(t *testing.T) {
	m := harness.StartWithMember(t)
	id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
	next := "GET /livez HTTP/1.1\r\nHost: " + m.Host() + "\r\nX-Request-Id: next\r\nConnection: close\r\n\r\n"

	for _, path := range readable(t, m.Product, id) {
		t.Run(path, func(t *testing.T) {
			for _, header := range []http.Header{{}, m.Header} {
				get := m.Do(t, "GET", path, header, "")
				// The next response follows the header directly, without a body.
				lines := "Host: " + m.Host() + "\r\n"
				for name := range header {
					lines += name + ": " + header.Get(name) + "\r\n"
				}
				head, _ := m.RawExchange(t, "HEAD "+path+" HTTP/1.1\r\n"+lines+"\r\n"+next)

				if len(head) != 2 || head[1].Header.Get("X-Request-Id") != "next" {
					t.Fatalf("got %+v, want a response without a body and the next response", head)
				}

				if head[0].Status != get.Status {
					t.Errorf("HEAD returns %d, GET %d", head[0].Status, get.Status)
				}

				if diff := cmp.Diff(stable(get.Header), stable(head[0].Header)); diff != "" {
					t.Errorf("the header of HEAD differs from that of GET:\n%s", diff)
				}
			}
		})
	}
}

func TestHEADOverHTTP2(t *testing.T) {
	roots := x509.NewCertPool()
	p := harness.StartProduct(t, harness.WithTLS(t, roots))
	client := harness.SecureClient(t, roots)

	ask := func(method, path string) (status int, header http.Header, body string) {
		request, err := http.NewRequest(method, "https://"+p.Host()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept-Encoding", "identity") // the client would unpack, and leave out how long it was

		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()

		content, err := io.ReadAll(response.Body)
		if err != nil || response.ProtoMajor != 2 {
			t.Errorf("%s %s: got %s, %v", method, path, response.Proto, err)
		}

		return response.StatusCode, stable(response.Header), string(content)
	}

	for _, path := range []string{"/", "/livez", "/api/v1/config", "/api/v1/openapi.json", "/api/v1/databases"} {
		want, get, _ := ask(http.MethodGet, path)

		status, head, body := ask(http.MethodHead, path)
		if body != "" || status != want {
			t.Errorf("%s: got %d with body %q, want %d without", path, status, body, want)
		}

		if diff := cmp.Diff(get, head); diff != "" {
			t.Errorf("%s: the header of HEAD differs from that of GET:\n%s", path, diff)
		}
	}
}

func TestHEADOfTheAdminListener(t *testing.T) {
	p := harness.StartProduct(t, harness.WithAdmin())
	for _, path := range []string{"/metrics", "/livez", "/readyz", "/debug/pprof/"} {
		get := p.Admin(t, "GET", path, nil).Is(t, 200)

		head := p.Admin(t, "HEAD", path, nil).Is(t, 200)
		if head.Body != "" || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("%s: got body %q and header %v, want that of GET", path, head.Body, head.Header)
		}
	}
}

func TestHEADIsLoggedAsHEAD(t *testing.T) {
	m := harness.StartWithMember(t)
	m.Do(t, "HEAD", harness.DatabasesPath, harness.Merged(m.Header, http.Header{"X-Request-Id": {"headed"}}), "").Is(t, 200)

	if entry := m.Logged(t, "headed"); entry["method"] != "HEAD" || entry["bytes"] != 0.0 ||
		entry["route"] != harness.DatabasesPath {
		t.Errorf("got %v, want HEAD of the route, and no bytes", entry)
	}

	refused := m.Do(t, "POST", "/api/v1/catalog", m.Header, "").Is(t, 405)
	if allowed := strings.Split(refused.Header.Get("Allow"), ", "); !slices.Equal(allowed, []string{"GET", "HEAD"}) {
		t.Errorf("got Allow %v, want GET and HEAD", allowed)
	}
}
