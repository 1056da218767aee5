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

// The headers that are kept. Of the two with credentials no more than the scheme and the names of the cookies.
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

// exchange gathers what a request and its answer say. One goroutine serves a request; it needs no lock.
type exchange struct {
	mask  *mask
	quiet bool // the payload is keys and values: none of it is recorded

	asked        *http.Request
	known        []string // credentials of this request, wherever they come up
	question     sample
	answer       sample
	answerHeader http.Header
}

// sample is the beginning of a body, and how long the whole is.
type sample struct {
	kept  []byte
	bytes int64
}

func (s *sample) add(body []byte) {
	s.bytes += int64(len(body))
	if room := maxBody - len(s.kept); room > 0 {
		s.kept = append(s.kept, body[:min(room, len(body))]...)
	}
}

// request looks at what is known before the body is read, and makes the body pass by.
func (x *exchange) request(r *http.Request) *Message {
	x.asked, x.known = r, credentials(r)
	if !x.quiet {
		r.Body = &tee{r.Body, &x.question}
	}

	message := &Message{Header: x.headers(r.Header, requestHeaders)}
	if !x.quiet {
		message.Query = cut(x.mask.query(r.URL.RawQuery), maxBody)
	}

	return message
}

// answered remembers the headers of the answer, the first time.
func (x *exchange) answered(header http.Header) {
	if x.answerHeader == nil {
		x.answerHeader = header.Clone()
	}
}

// messages are the request and the response, once the exchange has ended.
func (x *exchange) messages(answered bool) (request, response *Message) {
	request = &Message{
		Header: x.headers(x.asked.Header, requestHeaders), Bytes: x.question.bytes,
		Body: x.body(x.asked.Header, x.question),
	}
	if answered {
		response = &Message{
			Header: x.headers(x.answerHeader, responseHeaders),
			Bytes:  x.answer.bytes,
			Body:   x.body(x.answerHeader, x.answer),
		}
	}

	return request, response
}

func (x *exchange) body(header http.Header, body sample) string {
	if x.quiet || len(body.kept) == 0 || header.Get("Content-Encoding") != "" {
		return ""
	}

	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case kind == "application/x-www-form-urlencoded" && startsObject(body.kept):
		return x.mask.json(body.kept, x.known) // curl sends this type for every body
	case kind == "application/x-www-form-urlencoded":
		return x.mask.plain(x.mask.query(string(body.kept)), x.known)
	case strings.HasSuffix(kind, "json"), kind == "":
		return x.mask.json(body.kept, x.known)
	case kind == "text/plain":
		return x.mask.plain(string(body.kept), x.known)
	default:
		return "" // a page holds codes and tokens where no mask finds them
	}
}

func startsObject(body []byte) bool { return strings.HasPrefix(strings.TrimSpace(string(body)), "{") }

func (x *exchange) headers(header http.Header, names []string) map[string]string {
	kept := map[string]string{}
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
		kept[name] = cut(x.mask.plain(value, x.known), 512)
	}

	return kept
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

// credentials are the secrets in a request's head.
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

// pathOf is the path as it was sent; of a Redis command the command alone, for what follows it are keys and values.
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

// tee is a body that is sampled as it is read.
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
