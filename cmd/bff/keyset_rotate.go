package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/server"
)

type rotateFlags struct {
	retire, noServers, print bool
	out                      string
	timeout                  time.Duration
}

func (p program) keysetRotate() *cobra.Command {
	var flags rotateFlags
	command := &cobra.Command{
		Use:   "rotate",
		Short: "Replace the encryption key while servers run",
		Long: `Adds a new key to the keyset, waits until every server has it, makes it the primary key, and encrypts every row
with it again. If the command stops for any reason, run it again: it continues where it stopped. --retire
finally removes the old keys. While an old key remains, the command adds no further key.

With BFF_KEYSET_FILE the command changes the file, and servers that read it reload it within 5 seconds. With
BFF_KEYSET you deploy the keysets yourself, in three runs: the first two write one keyset each to the directory
--out (or, with --print, to standard output: they are secrets). Deploy each before the next run. The third run,
with the second keyset, encrypts the rows.

The command reports its steps on standard error. The exit code is 1 unless everything is done.`,
		Example: `  bff keyset rotate --keyset-file keyset.json
  bff keyset rotate --keyset-file keyset.json --retire
  BFF_KEYSET="$(cat keyset.json)" bff keyset rotate --out /run/keysets`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.rotateKeyset(command.Context(), command.Flags(), flags)
		},
	}
	config.AddFlags(command.Flags(), sealingSettings()...)
	set := command.Flags()
	set.BoolVar(&flags.retire, "retire", false, "finally remove the old keys")
	set.BoolVar(&flags.noServers, "no-servers", false,
		"with --retire: confirm that no server uses this database, and that it is not a copy of one in use")
	set.DurationVar(&flags.timeout, "timeout", 5*time.Minute, "stop after this duration; run again to continue")
	set.StringVar(&flags.out, "out", "", "directory for the keysets to deploy, if you use BFF_KEYSET")
	set.BoolVar(&flags.print, "print", false,
		"print the keysets to deploy instead; they are secrets")

	return command
}

func (p program) rotateKeyset(ctx context.Context, set *pflag.FlagSet, flags rotateFlags) (err error) {
	c, err := p.loadSealing(set)
	if err != nil {
		return err
	}

	holder, release, err := p.keyholder(c, flags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()

	database, err := db.OpenExisting(ctx, db.Options{URL: c.DatabaseURL.Reveal()})
	if err != nil {
		return err
	}

	defer func() { err = errors.Join(err, database.Close()) }()

	ctx, cancel := context.WithTimeoutCause(ctx, flags.timeout, errRotateTimeout{flags.timeout})
	defer cancel()

	progress := newProgress(p.stderr)
	defer progress.end()

	return rotation.Rotate(
		ctx,
		rotation.Options{
			Keys:      holder,
			Store:     database,
			Report:    progress,
			Retire:    flags.retire,
			NoServers: flags.noServers,
		},
	)
}

// errRotateTimeout is a deadline error that names --timeout.
type errRotateTimeout struct{ after time.Duration }

func (e errRotateTimeout) Error() string {
	return fmt.Sprintf("not finished within %s (--timeout); run the command again to continue", e.after)
}
func (errRotateTimeout) Unwrap() error { return context.DeadlineExceeded }

// keyholder returns the locked keyset file or, with BFF_KEYSET, a writer of keysets to deploy.
func (p program) keyholder(c *config.Config, flags rotateFlags) (rotation.Keyholder, func() error, error) {
	kek, err := server.KeysetKEK(c)
	if err != nil {
		return nil, nil, err
	}

	if c.KeysetFile == "" {
		holder, err := p.deployments(c, kek, flags)
		return holder, func() error { return nil }, err
	}

	if flags.out != "" || flags.print {
		return nil, nil, terminal.NewUsageError(errors.New(
			"--out and --print apply only to BFF_KEYSET; with a keyset file, the command changes the file",
		))
	}

	file, err := rotation.OpenKeysetFile(c.KeysetFile, kek)
	if err != nil {
		return nil, nil, err
	}

	return file, file.Close, nil
}

func (p program) deployments(c *config.Config, kek seal.KEK, flags rotateFlags) (*rotation.Deployments, error) {
	if (flags.out == "") == !flags.print {
		return nil, terminal.NewUsageError(errors.New(
			"you deploy the new keysets yourself, because BFF_KEYSET holds the keyset: pass --out DIR to write them to files, or --print to print them",
		))
	}

	keyset, err := server.ReadKeyset(c)

	return &rotation.Deployments{Keyset: keyset, KEK: kek, Dir: flags.out, Out: p.stdout}, err
}
