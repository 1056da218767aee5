package native

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/upstash-connect/bff/internal/secret"
)

// UpstashCLI is the file from which the official Upstash CLI reads its login.
type UpstashCLI struct{ Path string }

// UpstashCLIFile returns $XDG_CONFIG_HOME/upstash/config.json, or ~/.config/upstash/config.json if that variable is not
// set.
func UpstashCLIFile(configHome, home string) UpstashCLI {
	if configHome == "" {
		configHome = filepath.Join(home, ".config")
	}

	return UpstashCLI{Path: filepath.Join(configHome, "upstash", "config.json")}
}

// AnotherAccountError means that the file contains another account's login.
type AnotherAccountError struct{ Path, Email string }

func (e *AnotherAccountError) Error() string {
	return fmt.Sprintf("%s contains the login of %s", e.Path, e.Email)
}

// read returns all fields of the file, so that replace keeps the others.
func (u UpstashCLI) read() (map[string]json.RawMessage, error) {
	text, err := os.ReadFile(u.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]json.RawMessage{}, nil
	}

	if err != nil {
		return nil, err
	}

	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		return nil, fmt.Errorf("%s is not a JSON object; move or delete it first", u.Path)
	}

	return fields, nil
}

// Check returns an *AnotherAccountError if Write would overwrite another account's login.
func (u UpstashCLI) Check(email string) error {
	fields, err := u.read()
	if err != nil {
		return err
	}

	if other := stringOf(fields["email"]); other != "" && other != email && stringOf(fields["api_key"]) != "" {
		return &AnotherAccountError{Path: u.Path, Email: other}
	}

	return nil
}

// Write logs the CLI in, without the check of Check.
func (u UpstashCLI) Write(email string, key secret.Text) error {
	fields, err := u.read()
	if err != nil {
		return err
	}

	if fields["email"], err = json.Marshal(email); err != nil {
		return err
	}

	if fields["api_key"], err = json.Marshal(key.Reveal()); err != nil {
		return err
	}

	return u.replace(fields)
}

// Forget removes the login if it has this key.
func (u UpstashCLI) Forget(email string, key secret.Text) error {
	fields, err := u.read()
	if err != nil || key.IsZero() || stringOf(fields["api_key"]) != key.Reveal() || stringOf(fields["email"]) != email {
		return nil //nolint:nilerr // an unreadable file has no login of ours
	}
	delete(fields, "email")
	delete(fields, "api_key")

	if len(fields) == 0 {
		return removeFile(u.Path)
	}

	return u.replace(fields)
}

func (u UpstashCLI) replace(fields map[string]json.RawMessage) error {
	text, err := json.MarshalIndent(fields, "", "  ")
	if err != nil {
		return err
	}

	if err := replaceFile(u.Path, append(text, '\n')); err != nil {
		return fmt.Errorf("write the Upstash CLI's file: %w", err)
	}

	return sweep(u.Path)
}

func stringOf(value json.RawMessage) string {
	var text string
	_ = json.Unmarshal(value, &text) // anything but a string is no login
	return text
}
