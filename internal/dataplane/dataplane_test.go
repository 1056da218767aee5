package dataplane_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/dataplane"
	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/secret"
)

func pong(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"result":"PONG"}`) }

func year() time.Time { return time.Now().Add(365 * 24 * time.Hour) }

func TestPingIsOneAuthenticatedRequest(t *testing.T) {
	t.Parallel()

	var calls atomic.Int64

	var connections sync.Map

	port, roots := database(t, certificate(t, host, year()), http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)

			if _, reused := connections.LoadOrStore(r.RemoteAddr, true); reused {
				t.Error("a connection is used again, which proves less than a new one")
			}

			if r.Method != http.MethodGet || r.URL.String() != "/ping" || r.Header.Get("Authorization") != "Bearer "+token ||
				r.Header.Get("Cookie") != "" {
				t.Errorf("got %s %s with %v", r.Method, r.URL, r.Header)
			}
			time.Sleep(30 * time.Millisecond)
			pong(w, r)
		}))
	client := newClient(t, port, roots, nil)

	for range 2 {
		took, reason := ping(t, client, host)
		if reason != "" || took < 30*time.Millisecond || took > 3*time.Second {
			t.Errorf("got %s after %s, want an answer after 30 ms", reason, took)
		}
	}

	if calls.Load() != 2 {
		t.Errorf("got %d requests for 2 pings", calls.Load())
	}
}

// The time counts from the moment at which the connection is ready: a slow handshake is no slow database.
func TestTimeExcludesTheConnection(t *testing.T) {
	t.Parallel()
	port, roots := database(t, certificate(t, host, year()), http.HandlerFunc(pong))

	slow, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slow.Close() })

	go func() { // forwards each connection, after a second
		for {
			from, err := slow.Accept()
			if err != nil {
				return
			}
			time.Sleep(time.Second)

			to, err := net.Dial("tcp", "127.0.0.1:"+port)
			if err != nil {
				return
			}

			go func() { _, _ = io.Copy(to, from) }()
			go func() { _, _ = io.Copy(from, to); _ = from.Close() }()
		}
	}()

	_, slowPort, err := net.SplitHostPort(slow.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	if took, reason := ping(t, newClient(t, slowPort, roots, nil), host); reason != "" || took > 900*time.Millisecond {
		t.Errorf("got %q after %s, want less than the second of the handshake", reason, took)
	}
}

// Threat model: D02.
func TestOddAnswersAreNoProof(t *testing.T) {
	t.Parallel()

	var followed atomic.Int64

	otherPort, _ := database(t, certificate(t, host, year()), http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			followed.Add(1)
			pong(w, r)
		}))

	answers := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}

	for name, row := range map[string]struct {
		respond http.HandlerFunc
		want    dataplane.Reason
	}{
		"the token is rejected": {
			answers(401, `{"error":"WRONGPASS invalid or missing auth token"}`), dataplane.TokenRejected,
		},
		"a limit is reached": {answers(400, `{"error":"ERR max requests limit exceeded"}`), dataplane.CommandRejected},
		"the token may not ping": {
			answers(400, `{"error":"NOPERM this user has no permissions to run the 'ping' command"}`), "",
		},
		"another result": {answers(200, `{"result":"pong"}`), dataplane.UnexpectedAnswer},
		"a list":         {answers(200, `[{"result":"PONG"}]`), dataplane.UnexpectedAnswer},
		"a page":         {answers(200, `<html>PONG</html>`), dataplane.UnexpectedAnswer},
		"nothing":        {answers(200, ``), dataplane.UnexpectedAnswer},
		"500":            {answers(500, `{"error":"x"}`), dataplane.UnexpectedAnswer},
		"a PONG with 404": {
			answers(404, `{"result":"PONG"}`), dataplane.UnexpectedAnswer,
		},
		"a PONG in 5 KiB": {
			answers(200, `{"result":"PONG"}`+strings.Repeat(" ", 5<<10)), dataplane.UnexpectedAnswer,
		},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+host+":"+otherPort+"/ping", http.StatusTemporaryRedirect)
		}, dataplane.UnexpectedAnswer},
		"an endless body": {func(w http.ResponseWriter, _ *http.Request) {
			for err := error(nil); err == nil; {
				_, err = w.Write(make([]byte, 1<<10))
			}
		}, dataplane.UnexpectedAnswer},
		"a huge header": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Big", strings.Repeat("x", 1<<20))
			pong(w, r)
		}, dataplane.ConnectionFailed},
		"a cut connection": {func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, dataplane.ConnectionFailed},
		"a cut body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "17")
			_, _ = io.WriteString(w, `{"result":`)
		}, dataplane.ConnectionFailed},
		"silence": {func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}, dataplane.Timeout},
		"a slow body": {func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, dataplane.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port, roots := database(t, certificate(t, host, year()), row.respond)
			begin := time.Now()

			client := newClient(t, port, roots, nil)

			_, err := client.Ping(t.Context(), host, secret.New(token))
			failure, _ := errors.AsType[*dataplane.Error](err)

			if (row.want == "") != (err == nil) || failure != nil && failure.Reason != row.want {
				t.Errorf("got %v, want %q", err, row.want)
			}

			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}

	t.Cleanup(func() {
		if followed.Load() != 0 {
			t.Error("a redirect was followed")
		}
	})
}

// net/http waits for a handshake longer than the request does.
//
// Threat model: D05.
func TestSilentPeersKeepNoConnection(t *testing.T) {
	t.Parallel()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })

	ended := make(chan error, 1)

	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_, err = io.Copy(io.Discard, conn) // accepts, never answers
			_ = conn.Close()
		}
		ended <- err
	}()

	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	if _, reason := ping(t, newClient(t, port, nil, nil), host); reason != dataplane.Timeout {
		t.Errorf("got %q, want a timeout", reason)
	}

	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the connection ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the connection is still open")
	}
}

// Threat model: D02.
func TestInvalidCertificatesGetNoToken(t *testing.T) {
	t.Parallel()

	var reached atomic.Int64

	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	good := certificate(t, host, year())

	for name, newPeer := range map[string]func() *dataplane.Client{
		"an unknown authority": func() *dataplane.Client {
			port, _ := database(t, good, handler)
			_, others := database(t, certificate(t, host, year()), handler)

			return newClient(t, port, others, nil)
		},
		"another name": func() *dataplane.Client {
			port, roots := database(t, certificate(t, "other-owl-2.upstash.io", year()), handler)
			return newClient(t, port, roots, nil)
		},
		"an expired one": func() *dataplane.Client {
			port, roots := database(t, certificate(t, host, time.Now().Add(-time.Hour)), handler)
			return newClient(t, port, roots, nil)
		},
	} {
		if _, reason := ping(t, newPeer(), host); reason != dataplane.TLSFailed {
			t.Errorf("%s: got %q", name, reason)
		}
	}

	if reached.Load() != 0 {
		t.Errorf("%d requests arrived", reached.Load())
	}
}

// Threat model: D02.
func TestServersWithoutTLSGetNoToken(t *testing.T) {
	t.Parallel()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })

	received := make(chan string, 1)

	go func() {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = connection.Close() }()

		buffer := make([]byte, 4<<10)
		n, _ := connection.Read(buffer)
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"result\":\"PONG\"}")
		received <- string(buffer[:n])
	}()

	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	_, reason := ping(t, newClient(t, port, nil, nil), host)
	if got := <-received; reason != dataplane.TLSFailed || strings.Contains(got, token) {
		t.Errorf("got %q; the server received %q", reason, got)
	}
}

func TestClosedPortAndUnknownName(t *testing.T) {
	t.Parallel()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()

	client := newClient(t, port, nil, nil)
	if _, reason := ping(t, client, host); reason != dataplane.ConnectionFailed {
		t.Errorf("a closed port: got %q", reason)
	}

	if _, reason := ping(t, client, "gone-owl-9.upstash.io"); reason != dataplane.NameNotResolved {
		t.Errorf("an unknown name: got %q", reason)
	}
}

// A caller that leaves ends the ping, and learns nothing false about the database.
func TestCallerThatLeavesGetsNoReason(t *testing.T) {
	t.Parallel()

	ctx, leave := context.WithCancel(t.Context())
	port, roots := database(t, certificate(t, host, year()), http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) {
			leave()
			<-r.Context().Done()
		}))

	if _, err := newClient(t, port, roots, nil).Ping(ctx, host, secret.New(token)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the caller left", err)
	}
}

// Threat model: D03.
func TestUnusableTokensAreNotSent(t *testing.T) {
	t.Parallel()

	var reached atomic.Int64

	port, roots := database(t, certificate(t, host, year()), http.HandlerFunc(
		func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	client := newClient(t, port, roots, nil)

	for _, text := range []string{"", "canary\r\nHost: evil.example", "canary\n", "canary\x00"} {
		_, err := client.Ping(t.Context(), host, secret.New(text))
		if !errors.Is(err, dataplane.ErrNoToken) || text != "" && strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: got %v", text, err)
		}
	}

	if reached.Load() != 0 {
		t.Errorf("%d requests arrived", reached.Load())
	}
}

func TestFailingProxyIsNamed(t *testing.T) {
	t.Parallel()

	proxies, invalid := egress.Parse([]string{"HTTPS_PROXY=http://user:password@127.0.0.1:1"})
	if len(invalid) > 0 {
		t.Fatal(invalid)
	}

	client := newClient(t, "443", nil, func(options *dataplane.Options) { options.Proxies = proxies })
	if _, reason := ping(t, client, host); reason != dataplane.ProxyFailed {
		t.Errorf("got %q", reason)
	}
}

// A sandbox names an authority of its own, and is on loopback.
func TestOperatorsAddressAndAuthority(t *testing.T) {
	t.Parallel()

	shown := certificate(t, "localhost", year())
	port, _ := database(t, shown, http.HandlerFunc(pong))
	file := filepath.Join(t.TempDir(), "ca.pem")

	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: shown.Certificate[0]})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}

	client, err := dataplane.New(dataplane.Options{RestURL: "https://localhost:" + port + "/", CAFile: file})
	if err != nil {
		t.Fatal(err)
	}

	if _, reason := ping(t, client, "127.0.0.1"); reason != "" {
		t.Errorf("got %q", reason)
	}
}

func TestNewRejectsUnusableOptions(t *testing.T) {
	t.Parallel()

	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}

	for _, options := range []dataplane.Options{
		{},
		{RestURL: "{endpoint}"},
		{RestURL: "ftp://{endpoint}"},
		{RestURL: "https://"},
		{RestURL: "https://{endpoint}", CAFile: empty},
		{RestURL: "https://{endpoint}", CAFile: empty + ".missing"},
	} {
		if _, err := dataplane.New(options); err == nil {
			t.Errorf("%+v is accepted", options)
		}
	}
}
