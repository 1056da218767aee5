package journal

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// maxBody is how much of a body is stored.
const maxBody = 4 << 10

// The recorded headers. Of the two with credentials, only the scheme and the names of the cookies are recorded.
var (
	requestHeaders = []string{
		"Accept",
		"Auth0-Client",
		"Authorization",
		"Content-Type",
		"Cookie",
		"Idempotency-Key",
		"Origin",
		"Sec-Fetch-Site",
		"Upstash-Encoding",
		"Upstash-Sync-Token",
		"User-Agent",
		"X-Sandbox-Fault",
	}
	responseHeaders = []string{
		"Access-Control-Allow-Origin", "Cache-Control", "Content-Encoding", "Content-Type", "Location", "Retry-After",
		"Set-Cookie", "Upstash-Sync-Token", "Www-Authenticate",
	}
)

// recordedCall collects a request and its response. One goroutine serves a request, so it needs no lock.
type recordedCall struct {
	mask  *mask
	quiet bool // the payload is keys and values and is not recorded

	asked          *http.Request
	known          []string // credentials of this request, masked wherever they appear
	requestBody    sample
	responseBody   sample
	responseHeader http.Header
}

// sample is the beginning of a body, and the length of the complete body.
type sample struct {
	data  []byte
	bytes int64
}

func (s *sample) add(body []byte) {
	s.bytes += int64(len(body))
	if room := maxBody - len(s.data); room > 0 {
		s.data = append(s.data, body[:min(room, len(body))]...)
	}
}

// request records the request's head, and wraps the body to sample it.
func (x *recordedCall) request(r *http.Request) *Message {
	x.asked, x.known = r, credentials(r)
	if !x.quiet {
		r.Body = &tee{r.Body, &x.requestBody}
	}

	message := &Message{Header: x.headers(r.Header, requestHeaders)}
	if !x.quiet {
		message.Query = cut(x.mask.query(r.URL.RawQuery), maxBody)
	}

	return message
}

// answered records the response headers, the first time only.
func (x *recordedCall) answered(header http.Header) {
	if x.responseHeader == nil {
		x.responseHeader = header.Clone()
	}
}

// messages returns the request and the response after the call has ended.
func (x *recordedCall) messages(answered bool) (request, response *Message) {
	request = &Message{
		Header: x.headers(x.asked.Header, requestHeaders), Bytes: x.requestBody.bytes,
		Body: x.body(x.asked.Header, x.requestBody),
	}
	if answered {
		response = &Message{
			Header: x.headers(x.responseHeader, responseHeaders),
			Bytes:  x.responseBody.bytes,
			Body:   x.body(x.responseHeader, x.responseBody),
		}
	}

	return request, response
}

func (x *recordedCall) body(header http.Header, body sample) string {
	if x.quiet || len(body.data) == 0 || header.Get("Content-Encoding") != "" {
		return ""
	}

	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case kind == "application/x-www-form-urlencoded" && startsObject(body.data):
		return x.mask.json(body.data, x.known) // curl sends this type for every body
	case kind == "application/x-www-form-urlencoded":
		return x.mask.plain(x.mask.query(string(body.data)), x.known)
	case strings.HasSuffix(kind, "json"), kind == "":
		return x.mask.json(body.data, x.known)
	case kind == "text/plain":
		return x.mask.plain(string(body.data), x.known)
	default:
		return "" // a page has codes and tokens where the mask cannot find them
	}
}

func startsObject(body []byte) bool { return strings.HasPrefix(strings.TrimSpace(string(body)), "{") }

func (x *recordedCall) headers(header http.Header, names []string) map[string]string {
	shown := map[string]string{}
	for _, name := range names {
		values := header.Values(name)
		if len(values) == 0 {
			continue
		}

		value := strings.Join(values, ", ")
		switch name {
		case "Authorization":
			scheme, _, found := strings.Cut(value, " ")
			if value = Masked; found && len(scheme) <= 16 {
				value = scheme + " " + Masked
			}
		case "Cookie", "Set-Cookie":
			value = cookieNames(values, name == "Cookie")
		case "Location":
			value = x.mask.address(value)
		}
		shown[name] = cut(x.mask.plain(value, x.known), 512)
	}

	return shown
}

func cookieNames(values []string, all bool) string {
	var names []string
	for _, value := range values {
		parts := []string{value}
		if all {
			parts = strings.Split(value, ";")
		}

		for _, part := range parts {
			name, _, _ := strings.Cut(strings.TrimSpace(part), "=")
			names = append(names, name+"="+Masked)
		}
	}

	return strings.Join(names, "; ")
}

// credentials returns the secrets in a request's head.
func credentials(r *http.Request) []string {
	var known []string
	if header := r.Header.Get("Authorization"); header != "" {
		_, value, found := strings.Cut(header, " ")
		if !found {
			value = header
		}

		known = append(known, value)
		if _, password, ok := r.BasicAuth(); ok {
			known = append(known, password)
		}
	}

	for _, cookie := range r.Cookies() {
		known = append(known, cookie.Value)
	}

	return known
}

// pathOf returns the path as it was sent. For a Redis command it returns the command only: keys and values follow it.
func pathOf(target string, r *http.Request) string {
	path := r.URL.EscapedPath()
	if target != Redis {
		return path
	}

	command, rest, more := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if more && rest != "" {
		return "/" + command + "/…"
	}

	return "/" + command
}

// tee is a body that is sampled while it is read.
type tee struct {
	io.ReadCloser
	into *sample
}

func (t *tee) Read(into []byte) (int, error) {
	n, err := t.ReadCloser.Read(into)
	t.into.add(into[:n])
	return n, err
}

// address masks the query and the fragment of an address.
func (m *mask) address(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return Masked
	}
	base, _, _ := strings.Cut(text, "?")

	base, _, _ = strings.Cut(base, "#")
	if parsed.RawQuery != "" {
		base += "?" + m.query(parsed.RawQuery)
	}

	if parsed.Fragment != "" {
		base += "#" + m.query(parsed.EscapedFragment())
	}

	return base
}
