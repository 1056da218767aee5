package load

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadResponse(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct {
		text string
		want Response
	}{
		"length":        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Response{Status: 200, Body: 5}},
		"lower case":    {"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}", Response{Status: 201, Body: 2}},
		"closes":        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", Response{Status: 200, Close: true}},
		"chunks":        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", Response{Status: 200, Body: 13}},
		"nothing new":   {"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", Response{Status: 304}},
		"no reason":     {"HTTP/1.1 401 \r\nContent-Length: 1\r\n\r\nx", Response{Status: 401, Body: 1}},
		"same length a": {"HTTP/1.1 200 OK\r\nX-Frame-Value: 9\r\nContent-Length: 1\r\n\r\nx", Response{Status: 200, Body: 1}},
	} {
		// the bytes that follow belong to the next response and must not be read
		reader := bufio.NewReader(strings.NewReader(tc.text + "HTTP/1.1 204 No Content\r\n\r\n"))
		if got, err := ReadResponse(reader); err != nil || got != tc.want {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, tc.want)
		}

		if next, err := ReadResponse(reader); err != nil || next.Status != 204 {
			t.Errorf("%s: behind it: got %+v, %v", name, next, err)
		}
	}
}

func TestReadResponseRejects(t *testing.T) {
	t.Parallel()

	for name, text := range map[string]string{
		"nothing":         "",
		"another":         "SSH-2.0-OpenSSH_9.2\r\n\r\n",
		"a status":        "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
		"no length":       "HTTP/1.1 200 OK\r\n\r\nhello",
		"a bad length":    "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
		"a cut body":      "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
		"a cut chunk":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30\r\nabc",
		"no last chunk":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		"a bad chunk":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
		"a broken header": "HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n",
	} {
		if got, err := ReadResponse(bufio.NewReader(strings.NewReader(text))); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}

	cut := bufio.NewReader(strings.NewReader("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"))
	if _, err := ReadResponse(cut); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a cut body: got %v", err)
	}
}
