package egress_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/egress"
)

// far is the target server: example.com, the name in httptest's certificate.
func far(tb testing.TB) (*httptest.Server, *x509.CertPool) {
	tb.Helper()

	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto+" "+r.Header.Get("Proxy-Authorization"))
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the tests provoke errors
	server.StartTLS()
	tb.Cleanup(server.Close)

	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())

	return server, roots
}

// proxy listens and calls does for every connection.
func proxy(tb testing.TB, does func(net.Conn)) string {
	tb.Helper()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })

	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}

			go func() {
				defer func() { _ = connection.Close() }()

				does(connection)
			}()
		}
	}()

	return listener.Addr().String()
}

// answers reads a CONNECT request and writes text as the response.
func answers(text string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.WriteString(c, text)
		}
	}
}

// tunnel is a proxy that connects clients with the right password to the address.
func tunnel(address string) func(net.Conn) {
	return func(c net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}

		if request.Header.Get("Proxy-Authorization") != "Basic bWU6c2VjcmV0" { // me:secret
			_, _ = io.WriteString(c, "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
			return
		}

		pass(c, address, "HTTP/1.1 200 Connection established\r\n\r\n")
	}
}

func pass(c net.Conn, address, greeting string) {
	other, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer func() { _ = other.Close() }()
	_, _ = io.WriteString(c, greeting)

	go func() { _, _ = io.Copy(other, c) }()

	_, _ = io.Copy(c, other)
}

// get calls example.com through the proxies of the environment.
func get(ctx context.Context, tb testing.TB, roots *x509.CertPool, environ ...string) (string, error) {
	tb.Helper()

	proxies, faults := egress.Parse(environ)
	if len(faults) != 0 {
		tb.Fatal(faults)
	}

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://example.com/", nil)
	if err != nil {
		tb.Fatal(err)
	}

	response, err := proxies.Transport(transport).RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)

	return string(body), err
}

// If a proxy fails, the error names the proxy without its password.
func TestProxyThatFailsIsNamed(t *testing.T) {
	server, _ := far(t)
	address := server.Listener.Addr().String()

	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close()

	silent := make(chan struct{})
	t.Cleanup(func() { close(silent) })

	for name, tc := range map[string]struct {
		proxy string
		want  string
	}{
		"a wrong password": {"http://me:hunter2@" + proxy(t, tunnel(address)), "rejected the user name or the password (407)"},
		"no password":      {"http://" + proxy(t, tunnel(address)), "requires a user name and a password (407)"},
		"another scheme": {
			"http://me:hunter2@" + proxy(t, answers("HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n")),
			"requires an authentication scheme other than Basic, which is not supported (407)",
		},
		"forbidden":        {"http://" + proxy(t, answers("HTTP/1.1 403 hunter2\r\n\r\n")), "refused the connection (403)"},
		"nobody behind it": {"http://" + proxy(t, answers("HTTP/1.1 502 Bad\r\n\r\n")), "refused the connection (502)"},
		"dead":             {"http://me:hunter2@" + dead.Addr().String(), "cannot be reached: no connection"},
		"without a name":   {"http://me:hunter2@proxy.invalid:3128", "cannot be reached: its name does not resolve"},
		"hanging up":       {"http://me:hunter2@" + proxy(t, answers("")), "closed the connection"},
		"no proxy":         {"http://me:hunter2@" + proxy(t, answers("220 hunter2 ESMTP\r\n")), "does not respond like a proxy"},
		"silent":           {"http://me:hunter2@" + proxy(t, func(net.Conn) { <-silent }), "did not respond in time"},
		"its certificate":  {"https://me:hunter2@" + address, "cannot be used: its certificate is invalid"},
		"not of TLS":       {"https://me:hunter2@" + proxy(t, func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-hunter2\r\n") }), "does not respond like a proxy"},
		"a dead SOCKS":     {"socks5://me:hunter2@" + dead.Addr().String(), "cannot be reached: no connection"},
		"SOCKS, refused": {
			"socks5://me:hunter2@" + proxy(t, func(c net.Conn) {
				_, _ = io.ReadFull(c, make([]byte, 4))
				_, _ = c.Write([]byte{5, 0xff})
			}),
			"refused the connection (no acceptable authentication methods)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()

			if name == "silent" {
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
			}

			_, err := get(ctx, t, x509.NewCertPool(), "HTTPS_PROXY="+tc.proxy)
			scheme, rest, _ := strings.Cut(tc.proxy, "://")

			var failed *egress.ProxyError
			if want := "the proxy " + scheme + "://" + rest[strings.Index(rest, "@")+1:] + " " + tc.want; !errors.As(err, &failed) ||
				err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// An error of the target is not attributed to the proxy.
func TestFarEndBehindAProxyIsNotTheProxy(t *testing.T) {
	server, roots := far(t)
	through := "HTTPS_PROXY=http://me:secret@" + proxy(t, tunnel(server.Listener.Addr().String()))

	if got, err := get(t.Context(), t, roots, through); err != nil || got != "HTTP/2.0 " {
		t.Errorf("got %q, %v, want an answer over HTTP/2, and the proxy's password kept from the far end", got, err)
	}

	if got, err := get(t.Context(), t, roots, "ALL_PROXY=socks5://"+proxy(t, socks(server.Listener.Addr().String()))); err != nil || got != "HTTP/2.0 " {
		t.Errorf("SOCKS: got %q, %v", got, err)
	}

	behind := map[string]string{
		"an unknown certificate": server.Listener.Addr().String(),
		"no TLS":                 proxy(t, func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-x\r\n") }),
		"a cut":                  proxy(t, func(net.Conn) {}),
	}
	for name, address := range behind {
		for _, environ := range []string{
			"HTTPS_PROXY=http://me:secret@" + proxy(t, tunnel(address)), "ALL_PROXY=socks5://" + proxy(t, socks(address)),
		} {
			var failed *egress.ProxyError
			if _, err := get(t.Context(), t, x509.NewCertPool(), environ); err == nil || errors.As(err, &failed) {
				t.Errorf("%s: got %v, want an error of the far end", name, err)
			}
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	if _, err := get(ctx, t, roots, through); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v for a caller who left", err)
	}
}

// socks is a SOCKS5 proxy without a password that connects to the address (RFC 1928).
func socks(address string) func(net.Conn) {
	return func(c net.Conn) {
		greeting := make([]byte, 3)
		if _, err := io.ReadFull(c, greeting); err != nil {
			return
		}
		_, _ = c.Write([]byte{5, 0})

		request := make([]byte, 5) // 5, connect, 0, a name, its length
		if _, err := io.ReadFull(c, request); err != nil {
			return
		}

		if _, err := io.ReadFull(c, make([]byte, int(request[4])+2)); err != nil {
			return
		}

		pass(c, address, string(bytes.Join([][]byte{{5, 0, 0, 1}, {127, 0, 0, 1}, {0, 80}}, nil)))
	}
}

// Without proxies, Transport returns the transport itself, and does not read the process's environment.
func TestWithoutAProxyTheTransportIsItself(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://proxy.invalid:1")

	proxies, _ := egress.Parse(nil)
	for _, p := range []*egress.Proxies{nil, proxies} {
		transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
		if p.Transport(transport) != http.RoundTripper(transport) || transport.Proxy != nil {
			t.Error("the transport is wrapped, or reads the environment")
		}
	}
}
