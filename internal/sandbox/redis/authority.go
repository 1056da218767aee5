package redis

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"time"
)

const (
	// authorityLife is the lifetime of the authority; certificateLife that of its certificates, which every start
	// renews.
	authorityLife   = 5 * 365 * 24 * time.Hour
	certificateLife = 397 * 24 * time.Hour
	// renewBefore is how long before its expiry an authority is replaced: no authority may expire before its
	// certificates.
	renewBefore = certificateLife + 24*time.Hour
	clockSkew   = time.Hour
)

// TLSConfig returns the configuration for databases on loopback. The authority's certificate is stored in caFile, and
// its key in the .key file next to it. Both are made when they are missing, unusable or about to expire. Clients of the
// old file must then read the new one.
func TLSConfig(caFile string, host net.IP, now func() time.Time) (*tls.Config, error) {
	keyFile := strings.TrimSuffix(caFile, filepath.Ext(caFile)) + ".key"

	authority, err := readAuthority(caFile, keyFile, now())
	if err != nil {
		authority, err = makeAuthority(caFile, keyFile, now())
	}

	if err != nil {
		return nil, fmt.Errorf("the databases' authority: %w", err)
	}

	certificate, err := authority.sign(host, now())
	if err != nil {
		return nil, fmt.Errorf("the databases' certificate: %w", err)
	}

	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{certificate},
		NextProtos:   []string{"http/1.1"},
	}, nil
}

type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

var errAuthority = errors.New("is missing, unusable or near its end")

func readAuthority(caFile, keyFile string, now time.Time) (authority, error) {
	pair, err := tls.LoadX509KeyPair(caFile, keyFile)
	if err != nil {
		return authority{}, errors.Join(errAuthority, err)
	}

	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok || pair.Leaf == nil || !pair.Leaf.IsCA || now.Before(pair.Leaf.NotBefore) ||
		now.Add(renewBefore).After(pair.Leaf.NotAfter) {
		return authority{}, errAuthority
	}

	return authority{pair.Leaf, key}, nil
}

func makeAuthority(caFile, keyFile string, now time.Time) (authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "bff sandbox databases (this machine only)"},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		// Restrict the authority to this machine (RFC 5280, 4.2.1.10).
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"localhost"},
		PermittedIPRanges: []*net.IPNet{
			{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
			{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
		},
	}

	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return authority{}, err
	}

	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return authority{}, err
	}

	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return authority{}, err
	}
	// Write the key first: a certificate without its key, or with another key, would be replaced.
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
	if err := replaceFile(keyFile, 0o600, true, keyText); err != nil {
		return authority{}, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})

	return authority{certificate, key}, replaceFile(caFile, 0o644, true, text)
}

func (a authority) sign(host net.IP, now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, host},
	}

	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, err
	}

	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

func serial() *big.Int {
	var drawn [16]byte
	rand.Read(drawn[:])
	return new(big.Int).SetBytes(drawn[:])
}
