package harness

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/upstash-connect/bff/internal/config"
)

// WithTLS makes the server speak TLS, and HTTP/2 with it, as BFF_TLS_CERT_FILE and BFF_TLS_KEY_FILE do.
func WithTLS(t *testing.T, roots *x509.CertPool) Option {
	t.Helper()
	certFile, keyFile := CertificateFiles(t)

	encoded, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	roots.AppendCertsFromPEM(encoded)

	return WithConfig(func(c *config.Config) {
		c.TLSCertFile, c.TLSKeyFile = certFile, keyFile
		secure := *c.PublicURL
		secure.Scheme = "https"
		c.PublicURL = &secure
	})
}

// CertificateFiles creates a self-signed certificate for localhost, and its key.
func CertificateFiles(t *testing.T) (certFile, keyFile string) {
	t.Helper()

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(
			1,
		),
		DNSNames:              []string{"localhost"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}

	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}

	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")

	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := errors.Join(
		os.WriteFile(certFile, encoded, 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	); err != nil {
		t.Fatal(err)
	}

	return certFile, keyFile
}

// H2 is a connection on which a test writes arbitrary HTTP/2 frames.
type H2 struct {
	*http2.Framer
	Connection net.Conn
	Host       string
}

// DialH2 opens an H2 connection and exchanges the preface and first settings.
func (p *Product) DialH2(t *testing.T, roots *x509.CertPool) *H2 {
	t.Helper()
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "localhost", NextProtos: []string{"h2"}}}

	connection, err := dialer.DialContext(t.Context(), "tcp", p.Host())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })

	if got := connection.(*tls.Conn).ConnectionState().NegotiatedProtocol; got != "h2" {
		t.Fatalf("got protocol %q, want h2", got)
	}
	_, _ = io.WriteString(connection, http2.ClientPreface)
	c := &H2{http2.NewFramer(connection, connection), connection, p.Host()}

	c.AllowIllegalWrites = true
	if err := errors.Join(c.WriteSettings(), c.WriteSettingsAck()); err != nil {
		t.Fatal(err)
	}
	_ = connection.SetDeadline(time.Now().Add(20 * time.Second))

	return c
}

// Block encodes header fields in the order given.
func Block(fields ...hpack.HeaderField) []byte {
	var out bytes.Buffer

	encoder := hpack.NewEncoder(&out)
	for _, field := range fields {
		_ = encoder.WriteField(field)
	}

	return out.Bytes()
}

// Field is a header field of HTTP/2.
func Field(name, value string) hpack.HeaderField { return hpack.HeaderField{Name: name, Value: value} }

// Get returns the fields of a GET request, plus more.
func (c *H2) Get(path string, more ...hpack.HeaderField) []hpack.HeaderField {
	return append(
		[]hpack.HeaderField{
			Field(":method", "GET"),
			Field(":scheme", "https"),
			Field(":authority", c.Host),
			Field(":path", path),
		},
		more...)
}

// Ask sends one request with these fields on stream 1 and returns how it ended: with a status, a stream reset, or the
// end of the connection.
func (c *H2) Ask(t *testing.T, fields []hpack.HeaderField) (status string, refused bool) {
	t.Helper()

	err := c.WriteHeaders(
		http2.HeadersFrameParam{StreamID: 1, BlockFragment: Block(fields...), EndStream: true, EndHeaders: true},
	)
	if err != nil {
		t.Fatal(err)
	}

	return c.outcome()
}

// Post is Ask with a body.
func (c *H2) Post(t *testing.T, fields []hpack.HeaderField, body string) (status string, refused bool) {
	t.Helper()

	err := c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: Block(fields...), EndHeaders: true})
	if err == nil {
		err = c.WriteData(1, true, []byte(body))
	}

	if err != nil {
		t.Fatal(err)
	}

	return c.outcome()
}

func (c *H2) outcome() (status string, refused bool) {
	c.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	for {
		frame, err := c.ReadFrame()
		if err != nil {
			return "", true
		}

		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			return frame.PseudoValue("status"), false
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return "", true
		}
	}
}

// SecureClient returns an ordinary HTTPS client for the server.
func SecureClient(t *testing.T, roots *x509.CertPool) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)

	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}
