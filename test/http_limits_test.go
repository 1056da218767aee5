package test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/server"
	"github.com/upstash-connect/bff/test/harness"
)

// shortBounds are bounds that a test can wait out.
func shortBounds() server.Bounds {
	return server.Bounds{
		Header: 400 * time.Millisecond,
		Read:   800 * time.Millisecond,
		Write:  1500 * time.Millisecond,
		Idle:   500 * time.Millisecond,
		Bytes:  32 << 10,
	}
}

// closedWithin reports whether the server closes the connection in time, whatever it sends first.
func closedWithin(connection net.Conn, limit time.Duration) bool {
	_ = connection.SetReadDeadline(time.Now().Add(limit))
	_, err := io.Copy(io.Discard, connection)
	return err == nil || !isDeadline(err)
}

func isDeadline(err error) bool {
	timeout, ok := err.(net.Error) //nolint:errorlint // a net.Conn returns it bare
	return ok && timeout.Timeout()
}

// trickle writes a byte now and then until the other side has closed.
func trickle(ctx context.Context, connection net.Conn, content string) {
	for i := range len(content) {
		if _, err := connection.Write([]byte{content[i]}); err != nil || ctx.Err() != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Threat model: H05.
func TestSlowAndIdlePeersAreClosed(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithBounds(shortBounds()), harness.WithFront(t, &f))
	m.Client.CloseIdleConnections()
	f.CloseClientConnections()
	before := runtime.NumGoroutine()
	host := "Host: " + m.Host() + "\r\n"

	post := "POST " + harness.DatabasesPath + " HTTP/1.1\r\n" + host + "Authorization: " + m.Header.Get(
		"Authorization",
	) + "\r\nContent-Type: application/json\r\n"
	for name, play := range map[string]func(*testing.T, net.Conn){
		"nothing is ever sent": func(*testing.T, net.Conn) {},
		"a header byte now and then": func(t *testing.T, c net.Conn) {
			t.Helper()
			go trickle(t.Context(), c, "GET /livez HTTP/1.1\r\nX: "+strings.Repeat("x", 1000))
		},
		"half of an HTTP/2 preface": func(_ *testing.T, c net.Conn) { _, _ = io.WriteString(c, "PRI * HTTP/2.0\r\n") },
		"a body byte now and then": func(t *testing.T, c net.Conn) {
			t.Helper()

			_, _ = io.WriteString(c, post+"Content-Length: 1000\r\n\r\n")
			go trickle(t.Context(), c, strings.Repeat(" ", 1000))
		},
		"a chunk now and then": func(t *testing.T, c net.Conn) {
			t.Helper()

			_, _ = io.WriteString(c, post+"Transfer-Encoding: chunked\r\n\r\n")
			go trickle(t.Context(), c, strings.Repeat("1\r\n \r\n", 200))
		},
		"a body that never comes": func(_ *testing.T, c net.Conn) { _, _ = io.WriteString(c, post+"Content-Length: 1000\r\n\r\n") },
		"idle after a request":    func(_ *testing.T, c net.Conn) { _, _ = io.WriteString(c, "GET /livez HTTP/1.1\r\n"+host+"\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			connection := m.Dial(t)
			play(t, connection)

			if !closedWithin(connection, 5*time.Second) {
				t.Error("the connection is still open")
			}
		})
	}
	t.Run("an answer that is not read", func(t *testing.T) {
		element := `{"database_id":"a1","database_name":"` + strings.Repeat("x", 2000) + `"},`

		f.RespondsWith("GET", harness.UpstreamList, 200, nil, "["+strings.Repeat(element, 3500)+`null]`)
		defer f.Intercept(nil)

		connection := m.Dial(t)
		if err := connection.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(
			connection,
			"GET "+harness.DatabasesPath+" HTTP/1.1\r\n"+host+"X-Request-ID: never-read\r\nAuthorization: "+m.Header.Get(
				"Authorization",
			)+"\r\n\r\n",
		)
		start := time.Now()

		if !harness.Eventually(func() bool { return strings.Contains(m.Log.String(), "never-read") }) {
			t.Error("the server still tries to write")
		}

		if took := time.Since(start); took < shortBounds().Write/2 {
			t.Errorf("the response was written in %s: the test proves nothing", took)
		}
	})
	t.Run("many idle connections, and others are served meanwhile", func(t *testing.T) {
		count := 400
		if harness.Soak() {
			count = 10_000
		}

		var connections []net.Conn
		for range count {
			connection := m.Dial(t)
			_, _ = io.WriteString(connection, "GET /livez HTTP/1.1\r\n"+host+"\r\n")
			connections = append(connections, connection)
		}
		m.Do(t, "GET", "/livez", nil, "").Is(t, 200)

		for n, connection := range connections {
			if !closedWithin(connection, 5*time.Second) {
				t.Fatalf("connection %d is still open", n)
			}
		}
	})
	m.Client.CloseIdleConnections()
	f.CloseClientConnections()

	if !harness.Eventually(func() bool { return runtime.NumGoroutine() <= before+5 }) {
		t.Errorf("got %d goroutines, want about %d as before", runtime.NumGoroutine(), before)
	}
}

func TestSlowBodiesAreClientErrors(t *testing.T) {
	m := harness.StartWithMember(t, harness.WithBounds(shortBounds()))
	m.HasNoEffect(t, func() {
		got := m.Raw(
			t,
			"POST "+harness.DatabasesPath+" HTTP/1.1\r\nHost: "+m.Host()+"\r\nAuthorization: "+m.Header.Get(
				"Authorization",
			)+"\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
		)
		got.IsProblem(t, 408, "invalid_request")
	})
}

// Threat model: H06.
func TestOversizedAndCompressedBodiesAreRejected(t *testing.T) {
	m := harness.StartWithMember(t)
	large := `{"name":"` + strings.Repeat("x", 1<<20-10) + `"}` // 1 MiB + 1
	packed := func(content string) string {
		var out bytes.Buffer
		writer := gzip.NewWriter(&out)
		_, _ = io.WriteString(writer, content)
		_ = writer.Close()

		return out.String()
	}

	if len(large) != 1<<20+1 {
		t.Fatalf("the large body has %d bytes", len(large))
	}
	rows := map[string]struct {
		lines, body string
	}{
		"with a length": {fmt.Sprintf("Content-Length: %d\r\n", len(large)), large},
		"in chunks": {
			"Transfer-Encoding: chunked\r\n",
			fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(large), large),
		},
		"in many chunks": {
			"Transfer-Encoding: chunked\r\n",
			strings.Repeat("400\r\n"+strings.Repeat(" ", 1024)+"\r\n", 1025) + "0\r\n\r\n",
		},
		"a length that is a lie": {"Content-Length: 1099511627776\r\n", "{}"},
		"gzip": {
			fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n", len(packed(harness.CreateBody("x")))),
			packed(harness.CreateBody("x")),
		},
		"a gzip bomb": {
			fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n", len(packed(large))),
			packed(large),
		},
		"br":                      {"Content-Encoding: br\r\nContent-Length: 2\r\n", "{}"},
		"zstd":                    {"Content-Encoding: zstd\r\nContent-Length: 2\r\n", "{}"},
		"encodings in each other": {"Content-Encoding: gzip, gzip, gzip\r\nContent-Length: 2\r\n", "{}"},
		"two encodings":           {"Content-Encoding: gzip\r\nContent-Encoding: br\r\nContent-Length: 2\r\n", "{}"},
	}
	m.HasNoEffect(t, func() {
		for _, route := range []string{"POST " + harness.DatabasesPath, "POST /api/v1/session", "PUT /api/v1/connection"} {
			for name, row := range rows {
				t.Run(route+" "+name, func(t *testing.T) {
					got := m.Raw(
						t,
						route+" HTTP/1.1\r\nHost: "+m.Host()+"\r\nAuthorization: "+m.Header.Get(
							"Authorization",
						)+"\r\nContent-Type: application/json\r\nConnection: close\r\n"+row.lines+"\r\n"+row.body,
					)
					if got.Status == 413 {
						got.IsProblem(t, 413, "body_too_large")
					} else {
						got.IsProblem(t, 415, "unsupported_media_type")
					}
				})
			}
		}

		for _, route := range []string{"GET " + harness.DatabasesPath, "DELETE /api/v1/session", "POST /api/v1/none", "GET /livez"} {
			t.Run(route, func(t *testing.T) {
				got := m.Raw(
					t,
					route+" HTTP/1.1\r\nHost: "+m.Host()+"\r\nAuthorization: "+m.Header.Get(
						"Authorization",
					)+fmt.Sprintf(
						"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(large),
					)+large,
				)
				got.IsProblem(t, 413, "body_too_large")
			})
		}
	})
	// 64 KiB are accepted
	m.Create(t, "", harness.CreateBody("x")+strings.Repeat(" ", 64<<10-len(harness.CreateBody("x")))).Is(t, 201)
	// one more is not
	m.Create(
		t, "", harness.CreateBody("y")+strings.Repeat(" ", 64<<10-len(harness.CreateBody("y"))+1),
	).IsProblem(t, 413,
		"body_too_large")
}
