package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
)

func (p program) databases() *cobra.Command {
	command := &cobra.Command{
		Use:   "databases",
		Short: "List and create databases of the account that is connected here",
		Long: `List and create databases of the Upstash account that bff connect has connected on this machine. The calls go
straight to Upstash's Developer API with the saved key.`,
		Example: `  bff databases list
  bff databases create --name orders --region eu-west-1 --read-region us-east-1
  bff databases credentials 96ad0856-03b1-4ee7-9666-e81abd0349e1 --json | jq -r .rest_url`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(p.listDatabases(), p.createDatabase(), p.databaseCredentials())

	return command
}

func (p program) listDatabases() *cobra.Command {
	var flags nativeFlags
	command := &cobra.Command{
		Use:   "list",
		Short: "List the account's databases, without credentials",
		Long:  `List the account's databases, without credentials. With --json it is the answer of the API's GET /databases, in one line.`,
		Example: `  bff databases list
  bff databases list --json | jq -r '.databases[] | select(.state == "active") | .endpoint'`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.withDesktop(command.Context(), flags, func(ctx context.Context, d *desktop.Desktop) error {
				listing, err := d.Databases.List(ctx, d.Account)
				if err != nil {
					return err
				}

				return p.printDatabases(api.DatabasesOf(listing.Databases), flags)
			})
		},
	}
	flags.add(command)

	return command
}

func (p program) printDatabases(answer api.DatabasesAnswer, flags nativeFlags) error {
	if flags.json {
		return terminal.WriteJSON(p.stdout, answer)
	}

	if len(answer.Databases) == 0 {
		_, err := fmt.Fprintf(
			p.stdout,
			"No databases yet. %s --name NAME --region REGION makes one.\n",
			flags.command("databases create"),
		)

		return err
	}

	rows := [][]string{{"NAME", "STATE", "PLAN", "REGION", "READ REGIONS", "ENDPOINT", "ID"}}
	for _, d := range answer.Databases {
		rows = append(
			rows,
			[]string{
				d.Name,
				d.State,
				d.Plan,
				d.PrimaryRegion,
				orDash(strings.Join(d.ReadRegions, ",")),
				orDash(d.Endpoint),
				d.ID,
			},
		)
	}

	return terminal.Table(p.stdout, rows)
}

func (p program) databaseCredentials() *cobra.Command {
	var flags nativeFlags
	command := &cobra.Command{
		Use:   "credentials ID",
		Short: "Reveal what a client needs to use one database",
		Long: `Reveal what a client needs to use one database: host, password and REST tokens. They are printed and kept nowhere.
That they were revealed is written to the audit log in the state directory. With --json it is the answer of the API's
GET /databases/ID/credentials, in one line.`,
		Example: `  bff databases credentials 96ad0856-03b1-4ee7-9666-e81abd0349e1
  bff databases credentials 96ad0856-03b1-4ee7-9666-e81abd0349e1 --json | jq -r .password`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: p.completeDatabaseID(&flags),
		RunE: func(command *cobra.Command, arguments []string) error {
			return p.withDesktop(command.Context(), flags, func(ctx context.Context, d *desktop.Desktop) error {
				revealed, err := d.Databases.Credentials(ctx, d.Account, arguments[0])
				if err != nil {
					return err
				}

				return p.printCredentials(api.CredentialsOf(revealed), d.Config.RedisCAFile, flags.json)
			})
		},
	}
	flags.add(command)

	return command
}

// printCredentials names caFile for people alone: programs get what GET /databases/ID/credentials answers.
func (p program) printCredentials(answer api.CredentialsAnswer, caFile string, asJSON bool) error {
	if asJSON {
		return terminal.WriteJSON(p.stdout, answer)
	}

	rows := [][]string{
		{"endpoint", answer.Endpoint},
		{"port", strconv.Itoa(answer.Port)},
		{"tls", strconv.FormatBool(answer.TLS)},
		{"password", answer.Password},
		{"rest_url", answer.RestURL},
		{"rest_token", answer.RestToken},
		{"read_only_rest_token", answer.ReadOnlyRestToken},
	}
	if answer.TLS && caFile != "" {
		rows = append(rows, []string{"signed by", caFile})
	}

	return terminal.Table(p.stdout, rows)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}

	return text
}
