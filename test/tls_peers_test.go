package test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/test/harness"
)

// authority signs certificates for tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// TestBadTLSCertificatesAreRejected runs itself again in a process that trusts only its own certificate authority: Go
// reads SSL_CERT_FILE once per process. This is the only way to make the server's own transports, configured as in
// production, trust a test certificate.
//
// Threat model: J10.
func TestBadTLSCertificatesAreRejected(t *testing.T) {
	if directory := os.Getenv("TEST_AUTHORITY"); directory != "" {
		badTLSPeers(t, readAuthority(t, directory))
		return
	}
	directory := t.TempDir()
	trusted := newAuthority(t)
	trusted.write(t, directory)
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBadTLSCertificatesAreRejected$", "-test.v")
	again.Env = append(os.Environ(), "TEST_AUTHORITY="+directory, "SSL_CERT_FILE="+filepath.Join(directory, "ca.pem"),
		"SSL_CERT_DIR="+directory+"/none")

	output, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "PASS: TestBadTLSCertificatesAreRejected/upstream/good_certificate") {
		t.Errorf("in a process that trusts our authority: %v\n%s", err, output)
	}
}

func badTLSPeers(t *testing.T, trusted authority) {
	t.Helper()
	stranger := newAuthority(t)

	valid := time.Now().Add(time.Hour)
	for name, peer := range map[string]struct {
		config *tls.Config
		good   bool
	}{
		"good certificate":          {trusted.serve(t, "127.0.0.1", valid), true},
		"expired":                   {trusted.serve(t, "127.0.0.1", time.Now().Add(-time.Minute)), false},
		"for another host":          {trusted.serve(t, "auth.example.com", valid), false},
		"of an unknown authority":   {stranger.serve(t, "127.0.0.1", valid), false},
		"self-signed":               {selfSigned(t, valid), false},
		"good, but TLS 1.0 at most": {atMost(trusted.serve(t, "127.0.0.1", valid), tls.VersionTLS10), false},
		"good, but TLS 1.1 at most": {atMost(trusted.serve(t, "127.0.0.1", valid), tls.VersionTLS11), false},
	} {
		listen := func(handler http.Handler) *httptest.Server {
			server := httptest.NewUnstartedServer(handler)
			server.TLS, server.Config.ErrorLog = peer.config, log.New(io.Discard, "", 0)
			server.StartTLS()

			return server
		}
		t.Run("issuer/"+name, func(t *testing.T) {
			t.Parallel()

			i := harness.NewIssuerOn(t, listen)
			if peer.good {
				harness.StartProduct(t, harness.WithIssuer(i)).AcceptsToken(t, i.Token(t, nil, nil))
				return
			}

			p := harness.StartProduct(t, harness.WithIssuer(i), harness.WithoutKeys())
			if !harness.Eventually(func() bool {
				return strings.Contains(p.Log.String(), "could not read the issuer's keys")
			}) {
				t.Fatal("the log does not say that the keys could not be read")
			}
			p.HasNoEffect(t, func() {
				for _, endpoint := range harness.TokenEndpoints {
					p.Do(
						t, endpoint.Method, endpoint.Path, harness.Bearer(i.Token(t, nil, nil)), "",
					).IsProblem(t, 503,
						"issuer_unavailable")
				}
			})

			if got := i.Fetches.Load(); got != 0 {
				t.Errorf("got %d requests through, want none", got)
			}
		})
		t.Run("upstream/"+name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			server := listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				_, _ = io.WriteString(w, `{"api_key":"5b0c1f9e-9a0e-4f2e-8d7c-3a1f0e2d4c6b"}`)
			}))
			t.Cleanup(server.Close)
			p := harness.StartProduct(t, harness.WithConfig(func(c *config.Config) { c.UpstashAPIURL = server.URL }))
			p.NoteSecret("5b0c1f9e-9a0e-4f2e-8d7c-3a1f0e2d4c6b", "developer key")

			got := p.Do(t, "PUT", "/api/v1/connection", harness.Bearer(p.TokenOf(t, "someone@example.com")), "")
			if peer.good {
				got.Is(t, 201)
				return
			}
			got.IsProblem(t, 503, "upstream_unavailable")

			if calls := calls.Load(); calls != 0 {
				t.Errorf("got %d requests through, want none: the login would have gone with them", calls)
			}
		})
	}
}

func newAuthority(t *testing.T) authority {
	t.Helper()

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(
			1,
		),
		Subject:   pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(
			24 * time.Hour,
		),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}

	return authority{certify(t, template, template, key, key), key}
}

func certify(t *testing.T, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()

	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}

	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}

	return certificate
}

// serve makes a server's configuration with a certificate for the host, valid until then.
func (a authority) serve(t *testing.T, host string, until time.Time) *tls.Config {
	t.Helper()

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}

	template := &x509.Certificate{
		SerialNumber: big.NewInt(
			2,
		),
		Subject:     pkix.Name{CommonName: host},
		NotBefore:   time.Now().Add(-2 * time.Hour),
		NotAfter:    until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	certificate := certify(t, template, a.certificate, key, a.key)

	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{certificate.Raw}, PrivateKey: key}},
	}
}

// selfSigned is a certificate that vouches for itself.
func selfSigned(t *testing.T, until time.Time) *tls.Config {
	t.Helper()
	own := newAuthority(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(
			3,
		),
		Subject:     pkix.Name{CommonName: "127.0.0.1"},
		NotBefore:   time.Now().Add(-time.Hour),
		NotAfter:    until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate := certify(t, template, template, own.key, own.key)

	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{certificate.Raw}, PrivateKey: own.key}},
	}
}

func atMost(config *tls.Config, version uint16) *tls.Config {
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, version
	return config
}

func (a authority) write(t *testing.T, directory string) {
	t.Helper()

	key, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		t.Fatal(err)
	}

	for name, block := range map[string]*pem.Block{
		"ca.pem": {Type: "CERTIFICATE", Bytes: a.certificate.Raw}, "ca.key": {Type: "EC PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(directory, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func readAuthority(t *testing.T, directory string) authority {
	t.Helper()

	pair, err := tls.LoadX509KeyPair(filepath.Join(directory, "ca.pem"), filepath.Join(directory, "ca.key"))
	if err != nil {
		t.Fatal(err)
	}

	return authority{pair.Leaf, pair.PrivateKey.(*ecdsa.PrivateKey)}
}
