package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

const certificateCheck = 10 * time.Second

// certificate reloads the certificate when its file changes, so that a renewal needs no restart.
type certificate struct {
	certFile, keyFile string

	mu      sync.Mutex
	checked time.Time
	changed time.Time
	loaded  *tls.Certificate
}

// newTLSConfig loads the certificate, so that an invalid one is an error at the start.
func newTLSConfig(certFile, keyFile string) (*tls.Config, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile}
	if _, err := c.get(nil); err != nil {
		return nil, fmt.Errorf("read the TLS certificate: %w", err)
	}

	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}, nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()

	if c.loaded != nil && time.Since(c.checked) < certificateCheck {
		return c.loaded, nil
	}

	c.checked = time.Now()
	if err := c.reload(); err != nil && c.loaded == nil {
		return nil, err // if the new certificate is invalid, the old one stays in use
	}

	return c.loaded, nil
}

func (c *certificate) reload() error {
	info, err := os.Stat(c.certFile)
	if err != nil {
		return err
	}

	if c.loaded != nil && info.ModTime().Equal(c.changed) {
		return nil
	}

	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return errors.New("the files do not contain a matching certificate and key")
	}
	c.loaded, c.changed = &pair, info.ModTime()

	return nil
}
