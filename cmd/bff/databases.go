package main

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/operation"
)

func (p program) databases() *cobra.Command {
	command := &cobra.Command{
		Use:   "databases",
		Short: "List, create and change databases of the connected account",
		Long: `Works on the Upstash account that bff connect connected on this machine. The calls go directly to Upstash's
Developer API, with the saved key.`,
		Example: `  bff databases list
  bff databases create --name orders --region eu-west-1 --read-region us-east-1
  bff databases get orders
  bff databases credentials orders --env >> .env`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(p.listDatabases(), p.createDatabase(), p.getDatabase(), p.databaseCredentials())
	p.addOperations(command, operation.Redis)

	return command
}

func (p program) listDatabases() *cobra.Command {
	var flags nativeFlags
	command := &cobra.Command{
		Use:   "list",
		Short: "List the account's databases, without their credentials",
		Long:  `With --json it prints the response body of the API's GET /databases, on one line.`,
		Example: `  bff databases list
  bff databases list --json | jq -r '.databases[].endpoint'`,
		Args: terminal.NoArgs,
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

func (p program) printDatabases(answer api.DatabasesResponse, flags nativeFlags) error {
	if flags.json {
		return terminal.WriteJSON(p.stdout, answer)
	}

	if len(answer.Databases) == 0 {
		return terminal.Print(p.stdout, "No databases yet. Create one:\n\n  "+
			flags.command("databases create")+" --name NAME --region REGION")
	}

	rows := [][]string{{"NAME", "STATE", "PLAN", "REGION", "READ REGIONS", "ENDPOINT", "CREATED", "ID"}}
	for _, d := range answer.Databases {
		rows = append(rows, []string{
			d.Name, d.State, d.Plan, d.PrimaryRegion, orDash(strings.Join(d.ReadRegions, ",")), endpointOf(d),
			createdAt(d), d.ID,
		})
	}

	return terminal.Table(p.stdout, rows)
}

func (p program) getDatabase() *cobra.Command {
	var flags nativeFlags
	command := &cobra.Command{
		Use:   "get NAME|ID",
		Short: "Show one database, without its credentials",
		Long:  `With --json it prints the response body of the API's GET /databases/ID, on one line.`,
		Example: `  bff databases get orders
  bff databases get orders --json | jq -r .state`,
		Args:              terminal.Args("NAME|ID"),
		ValidArgsFunction: p.completeDatabase(&flags),
		RunE: func(command *cobra.Command, arguments []string) error {
			return p.withDesktop(command.Context(), flags, func(ctx context.Context, d *desktop.Desktop) error {
				return withDatabase(ctx, d, arguments[0], func(id string) error {
					database, err := d.Databases.Database(ctx, d.Account, id)
					if err != nil {
						return err
					}

					return p.printDatabase(api.DatabaseOf(database), flags.json)
				})
			})
		},
	}
	flags.add(command)

	return command
}

func (p program) printDatabase(answer api.DatabaseResponse, asJSON bool) error {
	if asJSON {
		return terminal.WriteJSON(p.stdout, answer)
	}

	return terminal.Fields(p.stdout, append([][]string{{"name", answer.Name}}, databaseFields(answer)...))
}

// databaseFields returns the printed fields of a database, except its name.
func databaseFields(d api.DatabaseResponse) [][]string {
	return [][]string{
		{"id", d.ID},
		{"state", d.State},
		{"plan", d.Plan},
		{"region", d.PrimaryRegion},
		{"read regions", orDash(strings.Join(d.ReadRegions, ", "))},
		{"endpoint", endpointOf(d)},
		{"tls", strconv.FormatBool(d.TLS)},
		{"rest_url", orDash(d.RestURL)},
		{"created", createdAt(d)},
	}
}

// endpointOf returns the host and port to which clients connect.
func endpointOf(d api.DatabaseResponse) string {
	if d.Endpoint == "" {
		return "-"
	}

	return net.JoinHostPort(strings.Trim(d.Endpoint, "[]"), strconv.Itoa(d.Port))
}

func createdAt(d api.DatabaseResponse) string {
	if d.CreatedAt == nil {
		return "-"
	}

	return d.CreatedAt.UTC().Format(time.RFC3339)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}

	return text
}
