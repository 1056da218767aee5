package faultproxy_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/faultproxy"
)

// echoServer returns the received bytes, after the client has closed its side or a number of bytes has arrived.
func echoServer(t *testing.T) string {
	t.Helper()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })

	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}

			go func() {
				defer func() { _ = connection.Close() }()
				_, _ = io.Copy(connection, connection)
			}()
		}
	}()

	return listener.Addr().String()
}

func exchange(t *testing.T, p *faultproxy.Proxy, message string, wait time.Duration) (string, error) {
	t.Helper()

	connection, err := net.Dial("tcp", p.Address)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = connection.Close() }()

	_ = connection.SetDeadline(time.Now().Add(wait))
	if _, err := io.WriteString(connection, message); err != nil {
		return "", err
	}
	_ = connection.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(connection)

	return string(answer), err
}

func TestProxyInjectsTheFaultsOfItsPlan(t *testing.T) {
	message := strings.Repeat("0123456789", 10)
	rows := map[string]struct {
		plan    faultproxy.Plan
		answer  string
		reached int
		failure error
	}{
		"everything passes":         {faultproxy.Through(), message, 100, nil},
		"cut before the first byte": {faultproxy.Plan{ToClient: faultproxy.Open()}, "", 0, nil},
		"request cut at byte 37": {
			faultproxy.Plan{ToServer: faultproxy.Direction{Cut: 37}, ToClient: faultproxy.Open()},
			"",
			37,
			nil,
		},
		"answer cut at byte 42": {
			faultproxy.Plan{ToServer: faultproxy.Open(), ToClient: faultproxy.Direction{Cut: 42}},
			message[:42],
			100,
			nil,
		},
		"answer reset before its first": {
			faultproxy.Plan{ToServer: faultproxy.Open(), ToClient: faultproxy.Direction{Reset: true}},
			"",
			100,
			syscall.ECONNRESET,
		},
		"answer stalls at byte 5": {
			faultproxy.Plan{ToServer: faultproxy.Open(), ToClient: faultproxy.Direction{Cut: 5, Stall: true}},
			message[:5],
			100,
			errTimeout,
		},
		"answer trickles and is whole": {
			faultproxy.Plan{
				ToServer: faultproxy.Open(),
				ToClient: faultproxy.Direction{Cut: faultproxy.Never, Pace: 100 * time.Microsecond},
			},
			message,
			100,
			nil,
		},
		"answer is late and whole": {
			faultproxy.Plan{
				ToServer: faultproxy.Open(),
				ToClient: faultproxy.Direction{Cut: faultproxy.Never, Delay: 50 * time.Millisecond},
			},
			message,
			100,
			nil,
		},
		"answer too late for the client": {
			faultproxy.Plan{
				ToServer: faultproxy.Open(),
				ToClient: faultproxy.Direction{Cut: faultproxy.Never, Delay: time.Second},
			},
			"",
			100,
			errTimeout,
		},
	}

	target := echoServer(t)
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			p := faultproxy.Start(t, target)
			p.Always(row.plan)

			patience := 30 * time.Second
			if errors.Is(row.failure, errTimeout) {
				patience = 300 * time.Millisecond
			}
			got, err := exchange(t, p, message, patience)

			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				err = errTimeout
			}

			if got != row.answer && row.reached == 100 { // of a cut request, the echo may or may not come back in time
				t.Errorf("got answer %q, want %q", got, row.answer)
			}

			if row.reached == 100 && !errors.Is(err, row.failure) {
				t.Errorf("got error %v, want %v", err, row.failure)
			}

			if got := p.Forwarded(); got != row.reached {
				t.Errorf("got %d bytes at the server, want %d", got, row.reached)
			}
		})
	}
}

var errTimeout = errors.New("timed out")

func TestProxyChoosesByTheFirstBytes(t *testing.T) {
	p := faultproxy.Start(t, echoServer(t))
	p.Choose(func(first []byte) faultproxy.Plan {
		if strings.HasPrefix(string(first), "POST") {
			return faultproxy.Plan{ToClient: faultproxy.Open()}
		}

		return faultproxy.Through()
	})

	if got, _ := exchange(t, p, "POST x", time.Second); got != "" {
		t.Errorf("POST: got %q, want nothing", got)
	}

	if got, err := exchange(t, p, "GET x", time.Second); got != "GET x" || err != nil {
		t.Errorf("GET: got %q, %v; want it back", got, err)
	}

	if got := p.Accepted(); got != 2 {
		t.Errorf("got %d connections, want 2", got)
	}
}
