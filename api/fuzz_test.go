package api

import (
	"bufio"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
)

// FuzzBearer parses arbitrary Authorization headers. An accepted token follows "Bearer" and spaces in the only header,
// and contains nothing that could end a header or start another token.
func FuzzBearer(f *testing.F) {
	for _, seed := range [][2]string{
		{"Bearer a.b.c", ""},
		{"bearer a.b.c", ""},
		{"BEARER   a.b.c", ""},
		{"Bearer a.b.c", "Bearer a.b.c"},
		{"Bearer\ta.b.c", ""},
		{"Bearer \ta.b.c", ""},
		{"Bearer a, Bearer b", ""},
		{"Bearer", ""},
		{"Bearer ", ""},
		{"", ""},
		{" ", ""},
		{"Basic YTpi", ""},
		{"DPoP a.b.c", ""},
		{"Bearer a b", ""},
		{"Be\u0430rer a", ""},
		{"Bearer \xff\x00", ""},
		{"Bearer\u00a0a", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		r := &http.Request{Header: http.Header{"Authorization": {first}}}
		if second != "" {
			r.Header.Add("Authorization", second)
		}
		token, present, err := bearer(r)

		var refused *problem.Error
		switch {
		case second != "":
			if !errors.As(err, &refused) || refused.Code != problem.InvalidRequest || token != "" {
				t.Fatalf("two headers: got %q, %v", token, err)
			}
		case !present:
			t.Fatal("a present header is treated as absent, so that the cookie would authenticate")
		case err != nil:
			if !errors.Is(err, auth.ErrInvalidToken) || token != "" {
				t.Fatalf("got %q, %v", token, err)
			}
		default:
			scheme := first[:len("Bearer")]

			between := strings.TrimSuffix(first[len(scheme):], token)
			if !strings.EqualFold(scheme, "Bearer") || between == "" || strings.Trim(between, " ") != "" {
				t.Errorf("accepted %q from %q", token, first)
			}

			if token == "" || strings.ContainsAny(token, " \t,") {
				t.Errorf("accepted the token %q", token)
			}
		}
	})
}

// FuzzCookie parses arbitrary Cookie headers. An accepted value was sent exactly once under the cookie's name.
func FuzzCookie(f *testing.F) {
	for _, seed := range []string{
		"session=abc", "session=abc; session=def", "session=", `session="abc"`, "session", "SESSION=abc", " session=abc ;x", "session =abc",
		"a=b; session=abc", "session=abc\r\nCookie: session=def", "session=a b", "session=a,b", "session=a\x00b", "; ; ;session=abc;",
		strings.Repeat("a=b; ", 4000) + "session=abc", "__Host-session=abc", "session==", "session=abc;session",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r, err := http.ReadRequest(
			bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + header + "\r\n\r\n")),
		)
		if err != nil {
			return // net/http rejects it
		}

		for _, k := range []cookie{newCookie("session", false, ""), newCookie("session", true, "")} {
			value, present := k.read(r)
			if !present {
				if value != "" {
					t.Errorf("no cookie, and the value %q", value)
				}
				continue
			}

			named := 0
			for _, sent := range r.Header.Values("Cookie") {
				for part := range strings.SplitSeq(sent, ";") {
					name, rest, _ := strings.Cut(part, "=")
					if strings.Trim(name, " \t") == k.name && strings.Trim(rest, " \t") == strings.Trim(value, " \t") {
						named++
					}
				}
			}

			if named != 1 || value == "" || strings.ContainsAny(value, "\"\r\n\x00;\\") {
				t.Errorf("read %q as %s from %q, which contains it %d times", value, k.name, header, named)
			}
		}
	})
}

// FuzzSetCookie sets a session cookie and reads it back. It must be one cookie on one line.
func FuzzSetCookie(f *testing.F) {
	f.Add("abcDEF123_-", int64(3600))
	f.Add("", int64(-1))
	f.Add("a;b\r\nSet-Cookie: x=y", int64(0))
	f.Fuzz(func(t *testing.T, value string, seconds int64) {
		header := headerWriter{}
		ends := time.Now().Add(time.Duration(seconds%1e6) * time.Second)
		newCookie("session", true, "").set(header, secret.New(value), ends)

		lines := http.Header(header)["Set-Cookie"]
		if len(lines) > 1 || (len(lines) == 1 && strings.ContainsAny(lines[0], "\r\n")) {
			t.Errorf("got %q, want one line", lines)
		}

		for _, line := range lines {
			if !strings.HasPrefix(line, "__Host-session=") ||
				!strings.HasSuffix(line, "; HttpOnly; Secure; SameSite=Strict") {
				t.Errorf("got %q", line)
			}
		}
	})
}

// headerWriter is a ResponseWriter that stores only headers.
type headerWriter http.Header

func (h headerWriter) Header() http.Header          { return http.Header(h) }
func (headerWriter) Write(body []byte) (int, error) { return len(body), nil }
func (headerWriter) WriteHeader(int)                {}
