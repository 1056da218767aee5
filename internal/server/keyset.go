package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/vault"
)

// environmentSource is the keyset from the environment, which does not change.
type environmentSource struct{ keyset secret.Text }

func (s environmentSource) Read() ([]byte, error) { return []byte(s.keyset.Reveal()), nil }

func keysetSource(c *config.Config) seal.Source {
	if c.KeysetFile != "" {
		return seal.File{Path: c.KeysetFile}
	}

	return environmentSource{c.Keyset}
}

// KeysetKEK returns the key that encrypts the keyset, or nil if the keyset is not encrypted.
func KeysetKEK(c *config.Config) (seal.KEK, error) {
	if c.KeysetKEK == (vault.Address{}) {
		return nil, nil //nolint:nilnil // the keyset may be unencrypted
	}

	if c.VaultToken.IsZero() {
		return nil, errors.New("BFF_VAULT_TOKEN or BFF_VAULT_TOKEN_FILE is required with a key in Vault")
	}

	return vault.NewKey(vault.Options{Address: c.KeysetKEK, Proxies: c.Proxies, Token: func() (secret.Text, error) {
		if c.VaultTokenFile == "" {
			return c.VaultToken, nil
		}
		content, err := os.ReadFile(c.VaultTokenFile)

		return secret.New(strings.TrimSpace(string(content))), err
	}})
}

// ReadKeyset reads the current keyset from the configured source.
func ReadKeyset(c *config.Config) (*seal.Keyset, error) {
	kek, err := KeysetKEK(c)
	if err != nil {
		return nil, err
	}

	text, err := keysetSource(c).Read()
	if err != nil {
		return nil, fmt.Errorf("read the sealing keyset: %w", err)
	}

	return seal.ParseKeyset(text, kek)
}

// acceptTimeout limits the queries that check a changed keyset against the database.
const acceptTimeout = 10 * time.Second

// openBox reads the keyset, checks that it belongs to this database, and creates the member that reloads it.
func (s *Server) openBox(ctx context.Context, c *config.Config) error {
	kek, err := KeysetKEK(c)
	if err != nil {
		return err
	}

	check := func(ctx context.Context, keyset *seal.Keyset) error {
		if err := keys.CheckKeyset(ctx, s.database, seal.KeysetBox(keyset)); err != nil {
			return err
		}

		return rotation.CheckKeyset(ctx, s.database, keyset)
	}
	if s.box, err = seal.OpenBox(
		seal.BoxOptions{Source: keysetSource(c), KEK: kek, Accept: func(keyset *seal.Keyset) error {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
			defer cancel()
			return check(ctx, keyset)
		}},
	); err != nil {
		return err
	}

	if err := check(ctx, s.box.Keyset()); err != nil {
		return err
	}
	s.member, err = rotation.NewMember(rotation.MemberOptions{Registry: s.database, Box: s.box, Logger: s.logger})

	return err
}
