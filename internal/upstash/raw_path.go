package upstash

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// RawPath is a checked path of the Developer API, with its query. It cannot lead to another origin, and no server or
// proxy on the way can read it as another path. The zero value is not a path.
type RawPath struct {
	encoded string // as sent
	decoded string
	query   string
}

// shortKinds are the first segments that may be written without /v2.
var shortKinds = []string{"redis", "vector", "search", "qstash", "team", "teams"}

// ParseRawPath checks a path that a user wrote: /v2/redis/databases, or without /v2 or the first slash. Git's shell on
// Windows rewrites arguments that begin with a slash.
func ParseRawPath(text string) (RawPath, error) {
	path, query, _ := strings.Cut(text, "?")

	switch {
	case text == "" || path == "":
		return RawPath{}, errors.New("it is empty")
	case strings.Contains(path, "://"):
		return RawPath{}, errors.New("it is a URL: give only the path, because the key is sent to no other host")
	case strings.Contains(text, "#"):
		return RawPath{}, errors.New("it has a fragment")
	}

	path = "/" + strings.TrimPrefix(path, "/")
	for _, kind := range shortKinds {
		if path == "/"+kind || strings.HasPrefix(path, "/"+kind+"/") {
			path = "/v2" + path
		}
	}

	decoded, err := decodeSegments(path)
	if err != nil {
		return RawPath{}, err
	}

	if _, err := decodePart(query, querySymbols); err != nil {
		return RawPath{}, fmt.Errorf("its query %w", err)
	}

	return RawPath{encoded: path, decoded: decoded, query: query}, nil
}

// decodeSegments rejects what a server or proxy may resolve to another path: empty and dot segments, also encoded.
func decodeSegments(path string) (string, error) {
	parts := strings.Split(path[1:], "/")
	for n, part := range parts {
		decoded, err := decodePart(part, pathSymbols)

		switch {
		case err != nil:
			return "", err
		case strings.ContainsAny(decoded, `/\%`):
			return "", errors.New("it has an encoded slash, backslash or percent sign")
		case decoded == "." || decoded == "..":
			return "", errors.New("it has a . or .. segment")
		case decoded == "" && (n < len(parts)-1 || n == 0):
			return "", errors.New("it has an empty segment")
		}
		parts[n] = decoded
	}

	return "/" + strings.Join(parts, "/"), nil
}

// The characters of a segment and of a query, besides letters, digits and percent-encoding (RFC 3986 section 3.3).
const (
	pathSymbols  = "-._~!$&'()*+,=:@"
	querySymbols = pathSymbols + "/?[];"
)

// decodePart percent-decodes a segment or query, and rejects other characters than those that need no encoding.
func decodePart(part, symbols string) (string, error) {
	for _, r := range part {
		if !isAlphanumeric(r) && r != '%' && !strings.ContainsRune(symbols, r) {
			return "", fmt.Errorf("has the character %q: percent-encode it", r)
		}
	}

	decoded, err := url.PathUnescape(part)
	if err != nil {
		return "", errors.New("has an invalid percent-encoding")
	}

	for _, r := range decoded {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return "", errors.New("has an encoded control character")
		}
	}

	return decoded, nil
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// WithQuery returns the path with further parameters.
func (p RawPath) WithQuery(parameters url.Values) RawPath {
	more := parameters.Encode()
	if p.query != "" && more != "" {
		more = p.query + "&" + more
	}

	if more != "" {
		p.query = more
	}

	return p
}

// String returns the path as it is sent, without the query, which may hold data.
func (p RawPath) String() string { return p.encoded }

// Segments returns the decoded segments of the path.
func (p RawPath) Segments() []string { return strings.Split(strings.Trim(p.decoded, "/"), "/") }
