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
		Short: "Back up the SQLite database, even while the server runs",
		Long: `Copies the SQLite database to FILE, which only you can read. FILE is complete and checked, or does not exist.

A backup does not know what happened after it was made. A server started on it therefore checks every
key at Upstash before using it, and everybody has to log in again.

Keys in the backup are encrypted: back up the keyset too, and store it elsewhere. For Postgres use pg_dump
and bff finish-restore.`,
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
		"replace FILE if it is a SQLite database, such as an earlier backup")

	return command
}

func (p program) writeBackup(ctx context.Context, address secret.Text, path string, force bool) error {
	report, err := db.Backup(ctx, address.Reveal(), path, force, time.Now())
	switch {
	case errors.Is(err, db.ErrNotSQLite):
		return errors.New(
			"bff backup supports only SQLite; copy Postgres with pg_dump, and run `bff finish-restore` after restoring it (docs/operate/backups.md)",
		)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s exists; use --force to replace it", path)
	case err != nil:
		return err
	}

	return terminal.Printf(
		p.stdout,
		"Wrote and checked %s: %s, %s, %s.\nA server started on it first checks %s at Upstash, and everybody has to log in again.",
		path,
		counted(report.Bytes, "byte"),
		counted(report.Connections, "connection"),
		counted(report.Events, "audit event"),
		counted(report.SuspectReport.Connections, "key"),
	)
}

const finishRestoreName, finishRestoreOldName = "finish-restore", "restored"

func (p program) finishRestore() *cobra.Command {
	command := &cobra.Command{
		Use:     finishRestoreName,
		Aliases: []string{finishRestoreOldName},
		Short:   "Prepare a restored database for use",
		Long: `Prepares a restored database, SQLite or Postgres. Run it before you start a server on the database. The
backup does not contain what happened after it was made: keys may have been replaced or deleted, accounts
disconnected, sessions ended. This command ends every session, and makes servers check every key at
Upstash before they use it.

Copies made by bff backup are already prepared. Running this again does no harm.`,
		Example: "  pg_restore --clean --if-exists -d bff bff.dump && bff finish-restore",
		Args:    terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if command.CalledAs() == finishRestoreOldName {
				if err := terminal.Print(p.stderr, "bff: `bff restored` was renamed to `bff finish-restore`."); err != nil {
					return err
				}
			}

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

	return terminal.Printf(
		p.stdout,
		"Ready: %d connections have their keys checked at Upstash before use; %d sessions ended.",
		done.Connections,
		done.Sessions,
	)
}

// counted returns a number with its noun, such as "1 key" or "2 keys".
func counted(number int64, noun string) string {
	if number != 1 {
		noun += "s"
	}

	return fmt.Sprintf("%d %s", number, noun)
}
