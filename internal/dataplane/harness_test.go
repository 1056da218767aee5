package dataplane_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/upstash-connect/bff/internal/dataplane"
	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/secret"
)

const (
	host  = "eager-owl-1.upstash.io"
	token = "canary-read-only-token"
)

// certificate is self-signed for a name, until a time.
func certificate(t *testing.T, name string, until time.Time) tls.Certificate {
	t.Helper()

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}

	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}

	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}

	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// database is an HTTPS server for host. It returns its port and its authority.
func database(t *testing.T, shown tls.Certificate, handler http.Handler) (port string, roots *x509.CertPool) {
	t.Helper()

	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{shown}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the tests provoke errors
	server.StartTLS()
	t.Cleanup(server.Close)

	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	roots = x509.NewCertPool()
	roots.AddCert(shown.Leaf)

	return port, roots
}

// nameServer resolves names to addresses, and no other name.
func nameServer(t *testing.T, names map[string]string) *net.Resolver {
	t.Helper()

	connection, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })

	go func() {
		buffer := make([]byte, 1500)

		for {
			n, from, err := connection.ReadFrom(buffer)
			if err != nil {
				return
			}

			if reply, err := answerQuestion(buffer[:n], names); err == nil {
				_, _ = connection.WriteTo(reply, from)
			}
		}
	}()

	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", connection.LocalAddr().String())
	}}
}

func answerQuestion(query []byte, names map[string]string) ([]byte, error) {
	var message dnsmessage.Message
	if err := message.Unpack(query); err != nil || len(message.Questions) != 1 {
		return nil, errors.New("not a question")
	}
	message.Response, message.Additionals = true, nil

	question := message.Questions[0]
	address, known := names[strings.TrimSuffix(question.Name.String(), ".")]

	switch {
	case !known:
		message.RCode = dnsmessage.RCodeNameError
	case question.Type == dnsmessage.TypeA:
		message.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET},
			Body:   &dnsmessage.AResource{A: netip.MustParseAddr(address).As4()},
		}}
	}

	return message.Pack()
}

// loopback lets the client connect to servers of the test, as if they were public.
var loopback = egress.Guard{Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

// newClient returns a client that finds host on this machine.
func newClient(t *testing.T, port string, roots *x509.CertPool, change func(*dataplane.Options)) *dataplane.Client {
	t.Helper()

	options := dataplane.Options{
		RestURL: "https://{endpoint}:" + port, RootCAs: roots, Guard: loopback,
		Resolver: nameServer(t, map[string]string{host: "127.0.0.1"}),
	}
	if change != nil {
		change(&options)
	}

	client, err := dataplane.New(options)
	if err != nil {
		t.Fatal(err)
	}

	return client
}

// ping sends one ping and returns the reason of its failure; empty: it succeeded. No error contains the token.
func ping(t *testing.T, client *dataplane.Client, endpoint string) (time.Duration, dataplane.Reason) {
	t.Helper()

	took, err := client.Ping(t.Context(), endpoint, secret.New(token))
	if err == nil {
		return took, ""
	}

	failure, ok := errors.AsType[*dataplane.Error](err)
	if !ok {
		t.Fatalf("%s: got %v, want a reason", endpoint, err)
	}

	if strings.Contains(err.Error(), token) || took != 0 {
		t.Errorf("%s: got %s after %s; want neither the token nor a time", endpoint, err, took)
	}

	return took, failure.Reason
}
