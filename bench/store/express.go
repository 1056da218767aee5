package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"os"
)

// FillExpress makes the database of the Express peer, and the file with its sealing key.
func FillExpress(ctx context.Context, path, keyPath, issuer string, accounts []Account) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails

	if err := os.WriteFile(keyPath, []byte(hex.EncodeToString(key)), 0o600); err != nil {
		return err
	}

	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}

	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err
	}

	database, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		return err
	}
	database.SetMaxOpenConns(1)

	_, err = database.ExecContext(ctx, "CREATE TABLE accounts (issuer TEXT NOT NULL, subject TEXT NOT NULL,"+
		" email TEXT NOT NULL, sealed_key BLOB NOT NULL, PRIMARY KEY (issuer, subject)) STRICT, WITHOUT ROWID")
	if err == nil {
		err = table{
			name: "accounts", columns: []string{"issuer", "subject", "email", "sealed_key"},
			rows: func(yield func([]any, error) bool) {
				for _, a := range accounts {
					sealed := aead.Seal(nil, nil, []byte(a.Key()), []byte(a.Subject())) //nolint:gosec // its nonce is drawn
					if !yield([]any{issuer, a.Subject(), a.Email(), sealed}, nil) {
						return
					}
				}
			},
		}.insert(ctx, database)
	}

	return errors.Join(err, database.Close())
}
