package standin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const maxBody = 64 << 10

// upstream is the Developer API: lists are encoded beforehand, and sent in one write.
type upstream struct {
	lists   map[int][][]byte // by length and variant, whole responses
	created atomic.Uint64
}

func newUpstream() *upstream {
	u := &upstream{lists: map[int][][]byte{}}
	for _, length := range Lengths() {
		for variant := range variants(length) {
			u.lists[length] = append(u.lists[length], response("200 OK", list(length, variant)))
		}
	}

	return u
}

func response(status string, body []byte) []byte {
	head := fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"+
		"Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: stand-in\r\n\r\n", status, len(body))

	return append([]byte(head), body...)
}

// Serve serves both listeners until the context ends.
func Serve(ctx context.Context, api, issuer net.Listener, issuerURL string, keySet []byte) error {
	mux := http.NewServeMux()
	answer := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		}
	}
	mux.HandleFunc("GET /.well-known/jwks.json", answer(keySet))
	mux.HandleFunc("GET /.well-known/openid-configuration", answer(
		fmt.Appendf(nil, `{"issuer":%q,"jwks_uri":%q}`, issuerURL, issuerURL+".well-known/jwks.json"),
	))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	go func() { _ = server.Serve(issuer) }()
	go newUpstream().serve(api)
	<-ctx.Done()

	return errors.Join(server.Close(), api.Close())
}

func (u *upstream) serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}

		go func() {
			defer func() { _ = conn.Close() }()
			u.talk(conn)
		}()
	}
}

// asked is the part of a request that is read.
type asked struct {
	line  []byte // the first
	key   string
	body  []byte
	close bool
}

func (u *upstream) talk(conn net.Conn) {
	reader := bufio.NewReaderSize(conn, 8<<10)
	for {
		request, err := readRequest(reader)
		if err != nil {
			return
		}

		if _, err := conn.Write(u.answer(request)); err != nil || request.close {
			return
		}
	}
}

func readRequest(r *bufio.Reader) (asked, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return asked{}, err
	}
	request := asked{line: bytes.Clone(line)}
	length := 0

	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return asked{}, err
		}

		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)

		switch {
		case bytes.EqualFold(name, []byte("authorization")):
			request.key = keyOf(value)
		case bytes.EqualFold(name, []byte("content-length")):
			length, err = strconv.Atoi(string(value))
			if err != nil || length < 0 || length > maxBody {
				return asked{}, errors.New("a body of this length is not read")
			}
		case bytes.EqualFold(name, []byte("connection")):
			request.close = bytes.EqualFold(value, []byte("close"))
		}
	}

	if length > 0 {
		request.body = make([]byte, length)
		if _, err := io.ReadFull(r, request.body); err != nil {
			return asked{}, err
		}
	}

	return request, nil
}

func keyOf(authorization []byte) string {
	encoded, basic := bytes.CutPrefix(authorization, []byte("Basic "))
	if !basic {
		return ""
	}

	pair, err := base64.StdEncoding.DecodeString(string(encoded))
	if err != nil {
		return ""
	}
	_, key, _ := strings.Cut(string(pair), ":")

	return key
}

func (u *upstream) answer(request asked) []byte {
	databases, variant, ok := answerOf(request.key)

	lists := u.lists[databases]
	if !ok || lists == nil {
		return response("401 Unauthorized", []byte(`{"error":"Unauthorized"}`))
	}

	switch {
	case bytes.HasPrefix(request.line, []byte("GET /v2/redis/databases")):
		return lists[variant]
	case bytes.HasPrefix(request.line, []byte("POST /v2/redis/database ")):
		return u.create(request.body)
	}

	return response("404 Not Found", []byte(`"database not found"`))
}

// create returns the requested database; it stores none.
func (u *upstream) create(body []byte) []byte {
	_, rest, found := bytes.Cut(body, []byte(`"database_name":"`))

	name, _, ended := bytes.Cut(rest, []byte(`"`))
	if !found || !ended {
		return response("400 Bad Request", []byte(`"database_name is required"`))
	}

	var out bytes.Buffer
	draw := rand.New(rand.NewPCG(rand.Uint64(), u.created.Add(1))) //nolint:gosec // no secret
	writeDatabase(&out, draw, string(name))

	return response("200 OK", out.Bytes())
}
