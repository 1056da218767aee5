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
		Short: "Change the sealing key while servers run",
		Long: `Change the sealing key while servers run: add a new key to the keyset, wait until every server has it,
make it the one that seals, and seal every row with it. Whatever stops this command, run it again:
it goes on from where it was. With --retire the old keys are dropped in the end; until they are, no
further key is made.

With BFF_KEYSET_FILE the file is changed, and servers that read it take the change within 5 seconds.
With BFF_KEYSET only you can change what servers are given: this writes the two keysets to deploy,
one after the other, into the directory --out (or, with --print, to standard output: they are
secrets), and seals the rows when it is run a third time, with the second of them.

What it did and did not do is on standard error. The exit code is 1 unless all of it is done.`,
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
	set.BoolVar(&flags.retire, "retire", false, "drop the old keys in the end")
	set.BoolVar(&flags.noServers, "no-servers", false,
		"with --retire: no server runs on this database, on purpose, and it is no copy of one that is in use")
	set.DurationVar(&flags.timeout, "timeout", 5*time.Minute, "give up after this long; run again to go on")
	set.StringVar(&flags.out, "out", "", "directory for the keysets to deploy, where BFF_KEYSET is used")
	set.BoolVar(&flags.print, "print", false,
		"write the keysets to deploy to standard output instead: they are secrets")

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

// errRotateTimeout is a deadline that says whose.
type errRotateTimeout struct{ after time.Duration }

func (e errRotateTimeout) Error() string {
	return fmt.Sprintf("not done within %s (--timeout); run this again, it goes on from here", e.after)
}
func (errRotateTimeout) Unwrap() error { return context.DeadlineExceeded }

// keyholder is the keyset's file, locked, or what writes down keysets to deploy.
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
			"--out and --print are for a keyset in BFF_KEYSET; this one is in a file, which is changed",
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
			"BFF_KEYSET holds the keyset, so you deploy the new ones: say where to write them with --out DIR, or --print to have them on standard output",
		))
	}

	keyset, err := server.ReadKeyset(c)

	return &rotation.Deployments{Keyset: keyset, KEK: kek, Dir: flags.out, Out: p.stdout}, err
}
