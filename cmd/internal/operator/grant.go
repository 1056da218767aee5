package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

func (p Program) grant() *cobra.Command {
	return terminal.Group("grant", "List and revoke what users allowed services to do", p.grantList(), p.grantRevoke())
}

func addGrantFlags(command *cobra.Command, filter *partner.GrantSelection) {
	command.Flags().StringVar(&filter.User, "user", "", "only of this user: e-mail at Upstash, or connection ID")
	command.Flags().StringVar(&filter.ServiceID, "service", "", "only of this service")
}

// grantLine is one grant in --json output.
type grantLine struct {
	ID         string `json:"id"`
	ServiceID  string `json:"service_id"`
	ExternalID string `json:"external_id"`
	State      string `json:"state"`
	partner.Policy
	DatabaseIDs  []string `json:"database_ids"`
	Email        string   `json:"email"`
	ConnectionID string   `json:"connection_id"`
	CreatedAt    moment   `json:"created_at"`
	RevokedAt    moment   `json:"revoked_at"`
	RevokedBy    string   `json:"revoked_by"`
	LastUsedAt   moment   `json:"last_used_at"`
	LastUsedFor  string   `json:"last_used_for"`
}

func grantLineOf(grant partner.Grant) grantLine {
	return grantLine{
		ID: grant.ID, ServiceID: grant.ServiceID, ExternalID: grant.ExternalID, State: string(grant.State()),
		Policy: partner.Permitted(grant.Asked, grant.Consent), DatabaseIDs: grant.DatabaseIDs,
		Email: grant.Email, ConnectionID: grant.ConnectionID, CreatedAt: moment{grant.CreatedAt},
		RevokedAt: moment{grant.RevokedAt}, RevokedBy: grant.RevokedBy,
		LastUsedAt: moment{grant.LastUsedAt}, LastUsedFor: grant.LastUsedFor,
	}
}

func (p Program) grantList() *cobra.Command {
	var (
		flags  operatorFlags
		filter partner.GrantSelection
	)
	command := &cobra.Command{
		Use: "list", Short: "List grants, newest first", Args: terminal.NoArgs,
		Example: "  bff grant list --service shop\n  bff grant list --user demo@example.com --json | jq -r .id",
	}
	addGrantFlags(command, &filter)
	flags.addJSON(command.Flags())

	return p.onRegistry(command, &flags, true,
		func(ctx context.Context, registry partner.Registry, _ []string) error {
			grants, err := registry.ListGrants(ctx, filter)
			if err != nil {
				return err
			}

			lines := make([]grantLine, 0, len(grants))
			for _, grant := range grants {
				lines = append(lines, grantLineOf(grant))
			}

			heading := []string{"ID", "SERVICE", "EXTERNAL ID", "ACCOUNT", "STATE", "LAST USED", "SCOPES"}

			return printRows(p, flags.json, lines, heading, func(g grantLine) []string {
				return []string{
					g.ID, g.ServiceID, g.ExternalID, g.Email, g.State, g.LastUsedAt.String(),
					strings.Join(g.Scopes, ","),
				}
			})
		})
}

func (p Program) grantRevoke() *cobra.Command {
	var (
		flags  operatorFlags
		filter = partner.GrantSelection{Active: true}
		yes    bool
	)
	command := &cobra.Command{
		Use:   "revoke",
		Short: "Revoke the grants of a user, a service, or both",
		Long: `Revokes grants permanently. Every server rejects them within 5 seconds. Databases and the user's connection
remain. Without --yes the command only reports how many grants it would revoke.`,
		Example: `  bff grant revoke --service shop --yes
  bff grant revoke --user demo@example.com`,
		Args: terminal.NoArgs,
	}
	addGrantFlags(command, &filter)
	command.Flags().BoolVar(&yes, "yes", false, "revoke the grants")

	return p.onRegistry(command, &flags, false,
		func(ctx context.Context, registry partner.Registry, _ []string) error {
			if filter.User == "" && filter.ServiceID == "" {
				return terminal.NewUsageError(errors.New("select the grants with --user, --service or both"))
			}

			if !yes {
				grants, err := registry.ListGrants(ctx, filter)
				if err != nil {
					return err
				}

				return terminal.NewUsageError(fmt.Errorf("this would revoke %d grants; add --yes to revoke them", len(grants)))
			}

			count, err := registry.RevokeGrants(ctx, filter)
			if err != nil {
				return errors.Join(fmt.Errorf("revoked %d grants before the error", count), err)
			}
			_, err = fmt.Fprintf(p.Stdout, "Revoked %d grants. Every server rejects them within 5 seconds.\n", count)

			return err
		})
}

func (p Program) user() *cobra.Command {
	return terminal.Group("user", "Erase a user's data", p.userErase())
}

func (p Program) userErase() *cobra.Command {
	var (
		flags operatorFlags
		yes   bool
	)
	command := &cobra.Command{
		Use:   "erase EMAIL|CONNECTION_ID",
		Short: "Delete all data of a user",
		Long: `Deletes the connection with an ID, or all connections of an e-mail, with their encrypted keys, grants, sessions and
all other data. The audit log keeps what was done and when, but not by whom.

Databases remain at Upstash. So do developer keys, until their owner deletes them in the Upstash console. The
command lists these keys, because nobody can look them up later.`,
		Example: "  bff user erase demo@example.com --yes",
		Args:    terminal.Args("EMAIL|CONNECTION_ID"),
	}
	command.Flags().BoolVar(&yes, "yes", false, "erase the user; this cannot be undone (required)")

	return p.onRegistry(command, &flags, false,
		func(ctx context.Context, registry partner.Registry, args []string) error {
			if !yes {
				return terminal.NewUsageError(errors.New("this cannot be undone; add --yes to erase the user"))
			}

			erased, err := registry.EraseUser(ctx, args[0])
			for _, connection := range erased {
				_, _ = fmt.Fprintf(p.Stdout, "Erased connection %s.\n", connection.ID)

				for _, name := range keysLeft(connection) {
					_, _ = fmt.Fprintf(p.Stdout, "Key %s may remain at Upstash until its owner deletes it.\n", terminal.Sanitize(name))
				}
			}

			return err
		})
}

// keysLeft names the keys that an erased connection leaves at Upstash: the current one, and earlier leftovers.
func keysLeft(connection keys.Connection) []string {
	var names []string
	if connection.KeyName != "" {
		names = append(names, connection.KeyName)
	}

	for _, leftover := range connection.Leftovers() {
		if leftover.Name != connection.KeyName {
			names = append(names, leftover.Name)
		}
	}

	return names
}
