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
	return terminal.Group("grant", "See and revoke what users allowed backends", p.grantList(), p.grantRevoke())
}

func addGrantFlags(command *cobra.Command, of *partner.GrantSelection) {
	command.Flags().StringVar(&of.User, "user", "", "only of this user: e-mail at Upstash, or connection id")
	command.Flags().StringVar(&of.ServiceID, "service", "", "only of this service")
}

// grantLine is one grant as --json writes it.
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
		flags operatorFlags
		of    partner.GrantSelection
	)
	command := &cobra.Command{
		Use: "list", Short: "List what users allowed backends, newest first", Args: terminal.NoArgs,
		Example: "  bff grant list --service shop\n  bff grant list --user demo@example.com --json | jq -r .id",
	}
	addGrantFlags(command, &of)
	flags.addJSON(command.Flags())

	return p.onRegistry(command, &flags, true,
		func(ctx context.Context, registry partner.Registry, _ []string) error {
			grants, err := registry.ListGrants(ctx, of)
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
		flags operatorFlags
		of    = partner.GrantSelection{Standing: true}
		yes   bool
	)
	command := &cobra.Command{
		Use:   "revoke",
		Short: "Revoke the grants of a user, of a service or of both",
		Long: `Revoke the grants of a user, of a service or of both, for good. Every server rejects them within 5 seconds.
Databases stay, and so does the user's connection. Without --yes it says how many there are, and revokes none.`,
		Example: `  bff grant revoke --service shop --yes
  bff grant revoke --user demo@example.com`,
		Args: terminal.NoArgs,
	}
	addGrantFlags(command, &of)
	command.Flags().BoolVar(&yes, "yes", false, "revoke them")

	return p.onRegistry(command, &flags, false,
		func(ctx context.Context, registry partner.Registry, _ []string) error {
			if of.User == "" && of.ServiceID == "" {
				return terminal.NewUsageError(errors.New("name the grants: --user, --service or both"))
			}

			if !yes {
				grants, err := registry.ListGrants(ctx, of)
				if err != nil {
					return err
				}

				return terminal.NewUsageError(fmt.Errorf("%d grants would be revoked; --yes revokes them", len(grants)))
			}

			count, err := registry.RevokeGrants(ctx, of)
			if err != nil {
				return errors.Join(fmt.Errorf("%d grants were revoked before it failed", count), err)
			}
			_, err = fmt.Fprintf(p.Stdout, "Revoked %d grants. Every server rejects them within 5 seconds.\n", count)

			return err
		})
}

func (p Program) user() *cobra.Command { return terminal.Group("user", "Erase users", p.userErase()) }

func (p Program) userErase() *cobra.Command {
	var (
		flags operatorFlags
		yes   bool
	)
	command := &cobra.Command{
		Use:   "erase EMAIL|CONNECTION_ID",
		Short: "Delete all that is kept of a user",
		Long: `Delete the connections of an e-mail, or the one with an id, with their sealed keys, grants, sessions and all else
that hangs on them. The audit log keeps what was done and when, and nothing about whom.

Databases stay at Upstash, and so do developer keys until their owner deletes them in the Upstash console: the
command names the keys, because nobody can look them up afterwards.`,
		Example: "  bff user erase demo@example.com --yes",
		Args:    terminal.Args("EMAIL|CONNECTION_ID"),
	}
	command.Flags().BoolVar(&yes, "yes", false, "erase the user; it cannot be undone (required)")

	return p.onRegistry(command, &flags, false,
		func(ctx context.Context, registry partner.Registry, args []string) error {
			if !yes {
				return terminal.NewUsageError(errors.New("this cannot be undone; --yes erases the user"))
			}

			erased, err := registry.EraseUser(ctx, args[0])
			for _, connection := range erased {
				_, _ = fmt.Fprintf(p.Stdout, "Erased connection %s.\n", connection.ID)

				for _, name := range keysLeft(connection) {
					_, _ = fmt.Fprintf(p.Stdout, "%s may exist at Upstash until its owner deletes it\n", terminal.Plain(name))
				}
			}

			return err
		})
}

// keysLeft names what an erased connection leaves at Upstash: the key in use, and those that were left before.
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
