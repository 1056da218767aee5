package server

import (
	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/telemetry"
	"github.com/upstash-connect/bff/internal/vault"
)

// Checks are those of the configuration that take knowledge of other packages. They read files and reach for nothing
// else, so that every fault is named before anything listens.
func Checks() []config.Check {
	return []config.Check{
		usableKeyset, usableDatabase, usableTLS, broker.KnownPolicy, broker.UsableService(partner.Live),
		usableTracing,
	}
}

// SandboxChecks are those of a configuration that a sandbox makes: its keyset, database and listeners are its own.
func SandboxChecks() []config.Check {
	return []config.Check{broker.KnownPolicy, broker.UsableService(partner.Test), usableTracing}
}

// usableTLS reads the certificate as the server will.
func usableTLS(c *config.Config) []string {
	if c.TLSCertFile == "" || c.TLSKeyFile == "" {
		return nil // not asked for, or one is named as missing
	}

	if _, err := newTLSConfig(c.TLSCertFile, c.TLSKeyFile); err != nil {
		return []string{"BFF_TLS_CERT_FILE, BFF_TLS_KEY_FILE: " + err.Error()}
	}

	return nil
}

// usableTracing finds what OpenTelemetry's own variables ask for and is not offered.
func usableTracing(*config.Config) []string { return telemetry.TracingFaults() }

// usableKeyset opens the sealing keyset, so that a bad one is named beside the other faults.
func usableKeyset(c *config.Config) []string {
	if c.Keyset.IsZero() || (c.KeysetKEK != (vault.Address{}) && c.VaultToken.IsZero()) {
		return nil // already named as missing
	}

	if _, err := ReadKeyset(c); err != nil {
		return []string{err.Error()}
	}

	return nil
}

// usableDatabase reads the database's URL as the driver will. It does not reach for the database.
func usableDatabase(c *config.Config) []string {
	if c.DatabaseURL.IsZero() {
		return nil // already named
	}

	if err := db.CheckURL(c.DatabaseURL.Reveal()); err != nil {
		return []string{"BFF_DATABASE_URL: " + err.Error()}
	}

	return nil
}
