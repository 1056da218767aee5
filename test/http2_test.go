package test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/upstash-connect/bff/test/harness"
)

func TestTLSAndHTTP2WithCertificateFiles(t *testing.T) {
	roots := x509.NewCertPool()
	p := harness.StartProduct(t, harness.WithTLS(t, roots))
	client := harness.SecureClient(t, roots)
	secure := "https://" + p.Host()

	response, err := client.Get(secure + "/livez")
	if err != nil {
		t.Fatal(err)
	}

	_ = response.Body.Close()
	if response.ProtoMajor != 2 || response.StatusCode != 200 ||
		response.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("got %s %d %v, want HTTP/2 200, and no HSTS for localhost", response.Proto, response.StatusCode, response.Header)
	}

	old := &tls.Dialer{Config: &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}}
	if _, err := old.DialContext(t.Context(), "tcp", p.Host()); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
	// A body without a declared length is read like any other: HTTP/2 needs no chunks.
	token := p.TokenOf(t, "someone@example.com")
	for body, want := range map[string]int{`{"replace":true}`: 201, `{"nonsense":true}`: 400, ``: 201} {
		request, err := http.NewRequest(
			"POST", secure+"/api/v1/session", struct{ *strings.Reader }{strings.NewReader(body)},
		)
		if err != nil {
			t.Fatal(err)
		}
		request.ContentLength = -1
		request.Header = harness.Bearer(token)
		request.Header.Set("Content-Type", "application/json")

		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}

		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("body %q: got %d, want %d", body, response.StatusCode, want)
		}

		for _, cookie := range response.Cookies() {
			p.NoteSecret(cookie.Value, "session cookie")

			if cookie.Name != "__Host-session" || !cookie.Secure {
				t.Errorf("got cookie %s, secure %t; want __Host-session, secure", cookie.Name, cookie.Secure)
			}
		}
	}
	// Plain HTTP on the same port is rejected.
	plain, err := p.Client.Get("http://" + p.Host() + "/livez")
	if err == nil {
		_ = plain.Body.Close()
		if plain.StatusCode != 400 {
			t.Errorf("plain HTTP: got %d, want 400", plain.StatusCode)
		}
	}
}

// Threat model: H03.
func TestMalformedHTTP2IsRejected(t *testing.T) {
	roots := x509.NewCertPool()
	p := harness.StartProduct(t, harness.WithTLS(t, roots))
	authority := func(c *harness.H2, name string) []hpack.HeaderField {
		fields := c.Get("/api/v1/config")
		fields[2].Value = name
		return fields
	}

	rows := map[string]func(c *harness.H2) []hpack.HeaderField{
		"a line feed in a value":       func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("x", "a\nb: c")) },
		"a carriage return in a value": func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("x", "a\r\nb: c")) },
		"a zero in a value":            func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("x", "a\x00b")) },
		"a line feed in a name":        func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("x\ny", "z")) },
		"a colon in a name":            func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("x: y\r\nz", "z")) },
		"a capital in a name":          func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("X-Upper", "z")) },
		"transfer-encoding": func(c *harness.H2) []hpack.HeaderField {
			return c.Get("/livez", harness.Field("transfer-encoding", "chunked"))
		},
		"connection": func(c *harness.H2) []hpack.HeaderField {
			return c.Get("/livez", harness.Field("connection", "close, x"))
		},
		"upgrade":                 func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("upgrade", "h2c")) },
		"te that is not trailers": func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("te", "chunked")) },
		"a pseudo-header twice": func(c *harness.H2) []hpack.HeaderField {
			return append(c.Get("/livez")[:4:4], harness.Field(":path", "/readyz"))
		},
		"a method twice": func(c *harness.H2) []hpack.HeaderField {
			return append([]hpack.HeaderField{harness.Field(":method", "POST")}, c.Get("/livez")...)
		},
		"a pseudo-header nobody knows": func(c *harness.H2) []hpack.HeaderField {
			return append([]hpack.HeaderField{harness.Field(":evil", "x")}, c.Get("/livez")...)
		},
		"a pseudo-header behind a header": func(c *harness.H2) []hpack.HeaderField {
			return append([]hpack.HeaderField{harness.Field("x", "y")}, c.Get("/livez")...)
		},
		"a status in a request": func(c *harness.H2) []hpack.HeaderField {
			return append([]hpack.HeaderField{harness.Field(":status", "200")}, c.Get("/livez")...)
		},
		"no path":                  func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez")[:3] },
		"an empty path":            func(c *harness.H2) []hpack.HeaderField { return c.Get("") },
		"a path without a slash":   func(c *harness.H2) []hpack.HeaderField { return c.Get("livez") },
		"no method":                func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez")[1:] },
		"a space in the method":    func(c *harness.H2) []hpack.HeaderField { f := c.Get("/livez"); f[0].Value = "GET /x"; return f },
		"a foreign authority":      func(c *harness.H2) []hpack.HeaderField { return authority(c, "evil.example") },
		"an authority with a user": func(c *harness.H2) []hpack.HeaderField { return authority(c, "evil.example@"+c.Host) },
		"no authority": func(c *harness.H2) []hpack.HeaderField {
			return append(c.Get("/api/v1/config")[:2:2], harness.Field(":path", "/api/v1/config"))
		},
		"a host that is not the authority": func(c *harness.H2) []hpack.HeaderField {
			return c.Get("/api/v1/config", harness.Field("host", "evil.example"))
		},
		"a foreign authority, and our host": func(c *harness.H2) []hpack.HeaderField {
			return append(authority(c, "evil.example"), harness.Field("host", c.Host))
		},
		"a whole URL for a path": func(c *harness.H2) []hpack.HeaderField {
			return c.Get("https://evil.example/api/v1/config")
		},
		"our own URL for a path": func(c *harness.H2) []hpack.HeaderField {
			return c.Get("https://" + c.Host + "/api/v1/config")
		},
		"a foreign URL for the path of a health check": func(c *harness.H2) []hpack.HeaderField {
			return c.Get("https://evil.example/livez")
		},
		"a URL of another kind":       func(c *harness.H2) []hpack.HeaderField { return c.Get("mailto:a@b") },
		"a path with a fragment":      func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez#x") },
		"a star for a path":           func(c *harness.H2) []hpack.HeaderField { return c.Get("*") },
		"a length and no body":        func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("content-length", "5")) },
		"a length that is no number":  func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("content-length", "x")) },
		"a length that is below zero": func(c *harness.H2) []hpack.HeaderField { return c.Get("/livez", harness.Field("content-length", "-0")) },
		"CONNECT": func(c *harness.H2) []hpack.HeaderField {
			return []hpack.HeaderField{harness.Field(":method", "CONNECT"), harness.Field(":authority", c.Host)}
		},
		"CONNECT to elsewhere": func(*harness.H2) []hpack.HeaderField {
			return []hpack.HeaderField{harness.Field(":method", "CONNECT"), harness.Field(":authority", "evil.example:443")}
		},
		"two hosts, the second one not ours": func(c *harness.H2) []hpack.HeaderField {
			return c.Get("/api/v1/config", harness.Field("host", c.Host), harness.Field("host", "evil.example"))
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			c := p.DialH2(t, roots)

			status, refused := c.Ask(t, row(c))
			if !refused && status != "400" && status != "405" && status != "421" {
				t.Errorf("got status %s, want 400, 405, 421 or a reset", status)
			}
		})
	}
	t.Run("a well-formed request", func(t *testing.T) {
		c := p.DialH2(t, roots)
		if status, refused := c.Ask(
			t, c.Get("/api/v1/config", harness.Field("te", "trailers"), harness.Field("host", c.Host)),
		); refused ||
			status != "200" {
			t.Errorf("got %q, rejected %t; want 200", status, refused)
		}
	})
}

// A proxy that translates HTTP/2 would use one length, and we another.
//
// Threat model: H03.
func TestHTTP2BodyLengthsMustMatch(t *testing.T) {
	roots := x509.NewCertPool()
	p := harness.StartProduct(t, harness.WithTLS(t, roots))

	rows := map[string]struct {
		lengths []string
		taken   bool
	}{
		"none":                       {nil, true},
		"the right one":              {[]string{"2"}, true},
		"the right one twice":        {[]string{"2", "2"}, true},
		"two, the first one right":   {[]string{"2", "40"}, false},
		"two, the second one right":  {[]string{"40", "2"}, false},
		"a list":                     {[]string{"2, 2"}, false},
		"with a plus":                {[]string{"+2"}, false},
		"in hexadecimal":             {[]string{"0x2"}, false},
		"nothing":                    {[]string{""}, false},
		"a right one and nonsense":   {[]string{"2", "x"}, false},
		"beyond every number":        {[]string{"99999999999999999999"}, false},
		"a right one and beyond all": {[]string{"2", "99999999999999999999"}, false},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			c := p.DialH2(t, roots)
			fields := c.Get("/api/v1/session", harness.Field("content-type", "application/json"))
			fields[0].Value = "POST"

			for _, length := range row.lengths {
				fields = append(fields, harness.Field("content-length", length))
			}
			status, refused := c.Post(t, fields, "{}")

			if taken := status == "401"; taken != row.taken || !taken && !refused && status != "400" {
				t.Errorf("got status %q, rejected %t; want it accepted (401): %t", status, refused, row.taken)
			}
		})
	}
}

// Threat model: H04.
func TestHTTP2FrameFloodsCloseTheConnection(t *testing.T) {
	roots := x509.NewCertPool()
	p := harness.StartProduct(t, harness.WithTLS(t, roots))
	serves := func(t *testing.T) {
		t.Helper()
		start := time.Now()

		response, err := harness.SecureClient(t, roots).Get("https://" + p.Host() + "/readyz")
		if err != nil {
			t.Fatalf("the service does not respond: %v", err)
		}

		_ = response.Body.Close()
		if response.StatusCode != 200 || time.Since(start) > 5*time.Second {
			t.Errorf("got %d after %s, want 200 immediately", response.StatusCode, time.Since(start))
		}
	}
	serves(t)
	before := runtime.NumGoroutine()
	floods := map[string]struct {
		// whether the connection must be closed; else it is enough that others are served and nothing piles up
		closes bool
		frame  func(c *harness.H2, n int) error
	}{
		"rapid reset": {false, func(c *harness.H2, n int) error {
			stream := uint32(2*n + 1)
			if err := c.WriteHeaders(
				http2.HeadersFrameParam{
					StreamID:      stream,
					BlockFragment: harness.Block(c.Get("/api/v1/databases")...),
					EndStream:     true,
					EndHeaders:    true,
				},
			); err != nil {
				return err
			}

			return c.WriteRSTStream(stream, http2.ErrCodeCancel)
		}},
		"CONTINUATION without end": {true, func(c *harness.H2, n int) error {
			if n == 0 {
				return c.WriteHeaders(
					http2.HeadersFrameParam{StreamID: 1, BlockFragment: harness.Block(c.Get("/livez")...)},
				)
			}

			return c.WriteContinuation(
				1, false, harness.Block(harness.Field(fmt.Sprintf("x-%d", n), strings.Repeat("x", 4000))),
			)
		}},
		"empty CONTINUATION": {false, func(c *harness.H2, n int) error {
			if n == 0 {
				return c.WriteHeaders(
					http2.HeadersFrameParam{StreamID: 1, BlockFragment: harness.Block(c.Get("/livez")...)},
				)
			}

			return c.WriteContinuation(1, false, nil)
		}},
		"SETTINGS, and their acknowledgement is not read": {false, func(c *harness.H2, _ int) error {
			return c.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 65535})
		}},
		"PING, and its answer is not read": {
			false,
			func(c *harness.H2, n int) error { return c.WritePing(false, [8]byte{byte(n)}) },
		},
		"requests that the server resets": {false, func(c *harness.H2, n int) error {
			return c.WriteHeaders(
				http2.HeadersFrameParam{
					StreamID:      uint32(2*n + 1),
					BlockFragment: harness.Block(c.Get("/livez", harness.Field("connection", "x"))...),
					EndStream:     true,
					EndHeaders:    true,
				},
			)
		}},
		"streams beyond the limit": {false, func(c *harness.H2, n int) error { // each waits for its body
			return c.WriteHeaders(
				http2.HeadersFrameParam{
					StreamID: uint32(2*n + 1),
					BlockFragment: harness.Block(
						append(c.Get("/api/v1/session"), harness.Field("content-length", "10"))...),
					EndHeaders: true,
				},
			)
		}},
	}
	t.Run("floods", func(t *testing.T) {
		for name, flood := range floods {
			t.Run(name, func(t *testing.T) {
				t.Parallel()

				c := p.DialH2(t, roots)
				if err := c.Connection.(*tls.Conn).NetConn().(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
					t.Fatal(err)
				}

				limit := time.Now().Add(time.Second)
				if flood.closes {
					limit = limit.Add(20 * time.Second)
				}
				_ = c.Connection.SetDeadline(limit.Add(time.Second))
				var ended error

				sent := 0
				for ; time.Now().Before(limit) && ended == nil; sent++ {
					ended = flood.frame(c, sent)
				}
				t.Logf("%d frames, then %v", sent, ended)

				if flood.closes && (ended == nil || isDeadline(ended)) {
					t.Errorf("the connection was not closed: %v", ended)
				}
				serves(t) // while the others still flood
				_ = c.Connection.Close()
			})
		}
	})

	if !harness.Eventually(func() bool { return runtime.NumGoroutine() <= before+5 }) {
		t.Errorf("got %d goroutines, want about %d as before", runtime.NumGoroutine(), before)
	}
	var ready struct{ Ready bool }

	response, err := harness.SecureClient(t, roots).Get("https://" + p.Host() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = response.Body.Close() }()

	if err := json.NewDecoder(response.Body).Decode(&ready); err != nil || !ready.Ready {
		t.Errorf("the service is not ready after the floods: %v", err)
	}
}
