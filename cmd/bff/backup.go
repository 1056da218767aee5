package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/secret"
)

func (p program) backup() *cobra.Command {
	var force bool
	command := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the SQLite database, also while the server runs",
		Long: `Copy the SQLite database to FILE, readable by you alone, also while the server runs. The copy is checked,
and is there whole or not at all. It does not know what happens later, so it is made ready for that: used
in the database's place, it has every key tried at Upstash before it serves, and nobody is logged in.

Keys in it are sealed: back up the keyset too, and keep it elsewhere. Postgres is copied with pg_dump.`,
		Example: `  bff backup /backups/bff-$(date +%F).db
  bff backup --force /backups/bff.db`,
		Args: terminal.Args("FILE"),
		RunE: func(command *cobra.Command, args []string) error {
			address, err := config.Database(command.Flags(), p.environ)
			if err != nil {
				return err
			}

			return p.writeBackup(command.Context(), address, args[0], force)
		},
	}
	config.AddDatabaseFlags(command.Flags())
	command.Flags().BoolVar(&force, "force", false,
		"replace FILE when it is a SQLite database, as an earlier backup is")

	return command
}

func (p program) writeBackup(ctx context.Context, address secret.Text, path string, force bool) error {
	report, err := db.Backup(ctx, address.Reveal(), path, force, time.Now())
	switch {
	case errors.Is(err, db.ErrNotSQLite):
		return errors.New(
			"bff backup copies SQLite alone; Postgres is copied with pg_dump, and made ready with `bff restored` (docs/operate/backups.md)",
		)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s exists; --force replaces it", path)
	case err != nil:
		return err
	}

	return terminal.Sayf(
		p.stdout,
		"%s: %d bytes, checked: %d connections, %d audit events.\nUsed in the database's place, it has %d keys tried at Upstash before they serve, and nobody is logged in.",
		path,
		report.Bytes,
		report.Connections,
		report.Events,
		report.SuspectReport.Connections,
	)
}

func (p program) restored() *cobra.Command {
	command := &cobra.Command{
		Use:   "restored",
		Short: "Make a restored database ready for use",
		Long: `Make a database that was restored ready for use, SQLite or Postgres, before a server is started on it.
What happened after its copy was made is not in it: keys may have been replaced or deleted, accounts
disconnected, sessions ended. So every key is tried at Upstash before it is used, and every session ends.

Copies that were made by bff backup are ready already. To do it again does no harm.`,
		Example: "  pg_restore --clean --if-exists -d bff bff.dump && bff restored",
		Args:    terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			address, err := config.Database(command.Flags(), p.environ)
			if err != nil {
				return err
			}

			return p.markRestored(command.Context(), address)
		},
	}
	config.AddDatabaseFlags(command.Flags())

	return command
}

func (p program) markRestored(ctx context.Context, address secret.Text) (err error) {
	database, err := db.OpenExisting(ctx, db.Options{URL: address.Reveal(), Exclusive: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()

	done, err := database.MarkSuspect(ctx, keys.ActionRestored, time.Now())
	if err != nil {
		return err
	}

	return terminal.Sayf(
		p.stdout,
		"Ready: %d connections have their keys tried at Upstash before use, %d sessions have ended.",
		done.Connections,
		done.Sessions,
	)
}
