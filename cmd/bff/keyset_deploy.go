package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/server"
)

const addedFile = "keyset-1-added.json"

// deployments is the rotation.Keyholder of a keyset in the environment: it writes down what to deploy, and ends the
// rotation there. The next call finds in its own environment how far that has come.
type deployments struct {
	program
	keyset *seal.Keyset
	kek    seal.KEK
	dir    string // empty: standard output
}

func (p program) newDeployments(c *config.Config, kek seal.KEK, flags rotateFlags) (*deployments, error) {
	if (flags.out == "") == !flags.print {
		return nil, errors.New("BFF_KEYSET holds the keyset, so you deploy the new ones: say where to write them with --out DIR, or --print to have them on standard output")
	}
	keyset, err := server.ReadKeyset(c)
	return &deployments{program: p, keyset: keyset, kek: kek, dir: flags.out}, err
}

func (d *deployments) Read() (*seal.Keyset, error) { return d.keyset, nil }

func (d *deployments) Replace(keyset *seal.Keyset) error {
	switch {
	case len(keyset.Keys()) < len(d.keyset.Keys()):
		path, err := d.write("keyset-3-retired.json", keyset)
		return deploy(err, "give every server "+path+" as BFF_KEYSET: it has the new key alone, and nothing needs the old ones any more")
	case keyset.Newest() == keyset.Primary():
		path, err := d.write("keyset-2-promoted.json", keyset)
		return deploy(err, "give every server "+path+" as BFF_KEYSET. Then run this again, with it as BFF_KEYSET: it seals the rows")
	}
	if begun := d.begun(); begun != nil {
		keyset = begun
	}
	promoted, err := keyset.WithPrimary(keyset.Newest())
	if err != nil {
		return err
	}
	first, err := d.write(addedFile, keyset)
	if err != nil {
		return err
	}
	second, err := d.write("keyset-2-promoted.json", promoted)
	return deploy(err, "give every server "+first+" as BFF_KEYSET. Then run this again, with it as BFF_KEYSET: it sees that every server has it before "+
		second+" may be deployed")
}

// begun is the keyset that an earlier call added a key to, if it was this one: what it wrote may be on its way to servers.
func (d *deployments) begun() *seal.Keyset {
	if d.dir == "" {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(d.dir, addedFile))
	if err != nil {
		return nil
	}
	earlier, err := seal.ParseKeyset(text, d.kek)
	if err != nil || len(earlier.Keys()) != len(d.keyset.Keys())+1 || earlier.Newest() == earlier.Primary() {
		return nil
	}
	alone, err := earlier.PrimaryAlone()
	if err != nil || alone.Fingerprint() != d.keyset.Fingerprint() {
		return nil
	}
	return earlier
}

func deploy(err error, instruction string) error {
	if err != nil {
		return err
	}
	return &rotation.DeployError{Instruction: "the next step is yours: " + instruction}
}

// write puts a keyset where only its owner reads it. One that an earlier call wrote there is left, if it is the same.
func (d *deployments) write(name string, keyset *seal.Keyset) (string, error) {
	text, err := keyset.Encode(d.kek)
	if err != nil {
		return "", err
	}
	if d.dir == "" {
		_, err := fmt.Fprintf(d.stdout, "%s %s\n", name, strings.Join(strings.Fields(string(text)), ""))
		return name, err
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(d.dir, name)
	if before, err := os.ReadFile(path); err == nil {
		same, err := seal.ParseKeyset(before, d.kek)
		if err == nil && same.Fingerprint() == keyset.Fingerprint() {
			return path, nil
		}
		return "", fmt.Errorf("%s is there already and is another keyset; move it away first", path)
	}
	return path, newKeysetFile(path, text)
}
