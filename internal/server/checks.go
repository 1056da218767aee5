package server

import (
	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/telemetry"
	"github.com/upstash-connect/bff/internal/vault"
)

// Checks are the checks of the configuration that need other packages. They read files but open no connections, so
// that every error is reported before the server listens.
func Checks() []config.Check {
	return []config.Check{
		usableKeyset, usableDatabase, usableTLS, broker.KnownPolicy, broker.UsableService(partner.Live),
		usableTracing,
	}
}

// SandboxChecks are the checks of a sandbox's configuration. The sandbox creates its keyset, database and listeners
// itself, so these need no check.
func SandboxChecks() []config.Check {
	return []config.Check{broker.KnownPolicy, broker.UsableService(partner.Test), usableTracing}
}

// usableTLS loads the certificate as the server does.
func usableTLS(c *config.Config) []string {
	if c.TLSCertFile == "" || c.TLSKeyFile == "" {
		return nil // TLS is off, or the missing setting is already reported
	}

	if _, err := newTLSConfig(c.TLSCertFile, c.TLSKeyFile); err != nil {
		return []string{"BFF_TLS_CERT_FILE, BFF_TLS_KEY_FILE: " + err.Error()}
	}

	return nil
}

// usableTracing reports unsupported values of OpenTelemetry's variables.
func usableTracing(*config.Config) []string { return telemetry.TracingErrors() }

// usableKeyset reads the sealing keyset, so that an invalid keyset is reported together with the other errors.
func usableKeyset(c *config.Config) []string {
	if c.Keyset.IsZero() || (c.KeysetKEK != (vault.Address{}) && c.VaultToken.IsZero()) {
		return nil // already reported as missing
	}

	if _, err := ReadKeyset(c); err != nil {
		return []string{err.Error()}
	}

	return nil
}

// usableDatabase parses the database's URL as the driver does. It does not connect to the database.
func usableDatabase(c *config.Config) []string {
	if c.DatabaseURL.IsZero() {
		return nil // already reported
	}

	if err := db.CheckURL(c.DatabaseURL.Reveal()); err != nil {
		return []string{"BFF_DATABASE_URL: " + err.Error()}
	}

	return nil
}
