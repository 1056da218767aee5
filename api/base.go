package api

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
)

// base is the path of the public URL, without a slash at its end: empty at the root of an origin, else as in /connect.
// What this server writes for others to follow begins with it: addresses in documents, headers and answers, and the
// path of cookies. What it reads has lost it: see take.
type base string

func baseOf(public *url.URL) base { return base(strings.TrimSuffix(public.Path, "/")) }

// take takes the base from the front of a request's path. A path that does not begin with it comes from a proxy that
// has taken it already, and stays as it is. That is one rule for both kinds of proxies, because the configuration
// refuses every path with which a request could mean two things.
func (b base) take(r *http.Request) *http.Request {
	if b == "" {
		return r
	}

	rest, found := b.cut(r.URL.Path)
	if !found {
		return r
	}
	raw := r.URL.RawPath

	if raw != "" {
		// A base that is spelt with escapes is not ours: the router, which reads the escapes, would not find it.
		if raw, found = b.cut(raw); !found {
			return r
		}
	}
	taken, target := *r, *r.URL
	target.Path, target.RawPath = rest, raw
	taken.URL = &target

	return &taken
}

func (b base) cut(path string) (rest string, found bool) {
	rest, found = strings.CutPrefix(path, string(b))
	if rest == "" {
		return "/", found
	}

	return rest, found && rest[0] == '/'
}

// write puts the base into a document of the build, whose addresses begin at the root of the origin. They are all in
// attributes, in double quotes; so is the one that tells the page's script where it is.
func (b base) write(document []byte) []byte {
	return bytes.ReplaceAll(document, []byte(`="/`), []byte(`="`+string(b)+`/`))
}
