package rotation

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/sharing"
)

// The keysets to deploy, in this order.
const (
	addedFile    = "keyset-1-added.json"
	promotedFile = "keyset-2-promoted.json"
	retiredFile  = "keyset-3-retired.json"
)

// Deployments is the Keyholder of a keyset that operators deploy to servers. It writes the keysets to deploy and stops
// the rotation with a *DeployError. The next run finds out from its keyset how far the deployment has come.
type Deployments struct {
	Keyset *seal.Keyset // the keyset that servers have now
	KEK    seal.KEK     // encrypts written keysets; nil: they are in the clear
	Dir    string       // directory for written keysets; empty: they go to Out
	Out    io.Writer
}

// Read returns the keyset that servers have now.
func (d *Deployments) Read() (*seal.Keyset, error) { return d.Keyset, nil }

// Replace writes the keyset and returns a *DeployError with the instruction.
func (d *Deployments) Replace(keyset *seal.Keyset) error {
	switch {
	case len(keyset.Keys()) < len(d.Keyset.Keys()):
		path, err := d.write(retiredFile, keyset)
		return deployError(err, "give every server "+path+
			" as BFF_KEYSET: it has only the new key, and nothing needs the old ones any more")
	case keyset.Newest() == keyset.Primary():
		path, err := d.write(promotedFile, keyset)

		return deployError(err,
			"give every server "+path+" as BFF_KEYSET. Then run this again, with it as BFF_KEYSET: it seals the rows")
	}

	if started := d.startedRotation(); started != nil {
		keyset = started
	}

	promoted, err := keyset.WithPrimary(keyset.Newest())
	if err != nil {
		return err
	}

	first, err := d.write(addedFile, keyset)
	if err != nil {
		return err
	}
	second, err := d.write(promotedFile, promoted)

	return deployError(err, "give every server "+first+
		" as BFF_KEYSET. Then run this again, with it as BFF_KEYSET: it checks that every server has it before "+
		second+" may be deployed")
}

// startedRotation returns the keyset that an earlier run wrote for this rotation, or nil: servers may already be
// getting it.
func (d *Deployments) startedRotation() *seal.Keyset {
	if d.Dir == "" {
		return nil
	}

	text, err := os.ReadFile(filepath.Join(d.Dir, addedFile))
	if err != nil {
		return nil
	}

	earlier, err := seal.ParseKeyset(text, d.KEK)
	if err != nil || len(earlier.Keys()) != len(d.Keyset.Keys())+1 || earlier.Newest() == earlier.Primary() {
		return nil
	}

	alone, err := earlier.PrimaryAlone()
	if err != nil || alone.Fingerprint() != d.Keyset.Fingerprint() {
		return nil
	}

	return earlier
}

func deployError(err error, instruction string) error {
	if err != nil {
		return err
	}

	return &DeployError{Instruction: "your next step: " + instruction}
}

// write writes a keyset readable only by its owner. It keeps an existing file with the same keyset.
func (d *Deployments) write(name string, keyset *seal.Keyset) (string, error) {
	if d.Dir == "" {
		text, err := keyset.Encode(d.KEK)
		if err != nil {
			return "", err
		}
		_, err = fmt.Fprintf(d.Out, "%s %s\n", name, strings.Join(strings.Fields(string(text)), ""))

		return name, err
	}

	if err := sharing.MkdirAll(d.Dir); err != nil {
		return "", err
	}

	path := filepath.Join(d.Dir, name)
	if before, err := os.ReadFile(path); err == nil {
		same, err := seal.ParseKeyset(before, d.KEK)
		if err == nil && same.Fingerprint() == keyset.Fingerprint() {
			return path, nil
		}

		return "", fmt.Errorf("%s exists and has another keyset; move it away first", path)
	}

	return path, CreateKeyset(path, keyset, d.KEK)
}
