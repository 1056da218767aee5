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

// The keysets to deploy, in their order.
const (
	addedFile    = "keyset-1-added.json"
	promotedFile = "keyset-2-promoted.json"
	retiredFile  = "keyset-3-retired.json"
)

// Deployments is the Keyholder of a keyset that operators give to servers: it writes down what to deploy, and ends the
// rotation there with a *DeployError. The next call finds in the keyset it is given how far that has come.
type Deployments struct {
	Keyset *seal.Keyset // that servers have now
	KEK    seal.KEK     // seals what is written; nil: it is in the clear
	Dir    string       // where keysets are written; empty: to Out
	Out    io.Writer
}

// Read returns the keyset that servers have now.
func (d *Deployments) Read() (*seal.Keyset, error) { return d.Keyset, nil }

// Replace writes the keyset down and says in a *DeployError what to do with it.
func (d *Deployments) Replace(keyset *seal.Keyset) error {
	switch {
	case len(keyset.Keys()) < len(d.Keyset.Keys()):
		path, err := d.write(retiredFile, keyset)
		return deployError(err, "give every server "+path+
			" as BFF_KEYSET: it has the new key alone, and nothing needs the old ones any more")
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
		" as BFF_KEYSET. Then run this again, with it as BFF_KEYSET: it sees that every server has it before "+
		second+" may be deployed")
}

// startedRotation is the keyset that an earlier call added a key to, if it was this one: what it wrote may be on its way to
// servers.
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

	return &DeployError{Instruction: "the next step is yours: " + instruction}
}

// write puts a keyset where only its owner reads it. One that an earlier call wrote there is left, if it is the same.
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

		return "", fmt.Errorf("%s is there already and is another keyset; move it away first", path)
	}

	return path, CreateKeyset(path, keyset, d.KEK)
}
