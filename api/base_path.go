package api

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
)

// basePath is the path of the public URL without a trailing slash: empty at the root of an origin, or for example
// /connect. The server prefixes it to every path that it sends: in documents, headers, response bodies and cookies. It
// strips it from the paths that it receives.
type basePath string

func baseOf(public *url.URL) basePath { return basePath(strings.TrimSuffix(public.Path, "/")) }

// strip removes the base path from a request's path. A path without the prefix comes from a proxy that already removed
// it, and stays unchanged. The rule is unambiguous for both kinds of proxies, because the configuration rejects a base
// path that begins like one of the server's own paths.
func (b basePath) strip(r *http.Request) *http.Request {
	if b == "" {
		return r
	}

	rest, found := b.cut(r.URL.Path)
	if !found {
		return r
	}
	raw := r.URL.RawPath

	if raw != "" {
		// The prefix must not contain percent-escapes: the router matches RawPath and would not find the route.
		if raw, found = b.cut(raw); !found {
			return r
		}
	}
	stripped, target := *r, *r.URL
	target.Path, target.RawPath = rest, raw
	stripped.URL = &target

	return &stripped
}

func (b basePath) cut(path string) (rest string, found bool) {
	rest, found = strings.CutPrefix(path, string(b))
	if rest == "" {
		return "/", found
	}

	return rest, found && rest[0] == '/'
}

// prefixLinks adds the base path to the links of a built HTML document, which start at the root of the origin. Every
// link is in a double-quoted attribute, and so is the attribute from which the page's script learns the base path.
func (b basePath) prefixLinks(document []byte) []byte {
	return bytes.ReplaceAll(document, []byte(`="/`), []byte(`="`+string(b)+`/`))
}
