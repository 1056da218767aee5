package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/secret"
)

func (p Program) token() *cobra.Command {
	return terminal.Group("token", "Manage the tokens of backends",
		p.tokenGenerate(), p.tokenCreate(), p.tokenList(), p.tokenRotate(), p.tokenRevoke())
}

// tellToken writes a token on standard output, alone, and what to know of it on standard error.
func (p Program) tellToken(text secret.Text, words string, values ...any) error {
	told := terminal.Sayf(p.Stderr, words, values...)
	_, err := fmt.Fprintln(p.Stdout, text.Reveal())

	return errors.Join(told, err)
}

func (p Program) tokenGenerate() *cobra.Command {
	var flags operatorFlags
	command := &cobra.Command{
		Use:   "generate",
		Short: "Make a token for your own backend, to be set as BFF_SERVICE_TOKEN_FILE",
		Long: `Make a token for your own backend and print it. Nothing is stored: a server accepts it that finds it in
BFF_SERVICE_TOKEN or in the file that BFF_SERVICE_TOKEN_FILE names, beside BFF_RETURN_URLS. To change it,
append a new one to the file as a line of its own, restart, change your backend, and remove the old line.`,
		Example: `  (umask 077; bff token generate >> service-token)
  export BFF_SERVICE_TOKEN_FILE=service-token
  export BFF_RETURN_URLS=https://app.example.com/upstash/return`,
		Args: terminal.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			environment, err := flags.tokenEnvironment()
			if err != nil {
				return err
			}
			text, _ := partner.NewToken(environment, partner.BuiltInID)

			return p.tellToken(text, "Keep it in a file that only server and backend read: BFF_SERVICE_TOKEN_FILE.")
		},
	}
	flags.addEnvironment(command.Flags())

	return command
}

func (p Program) tokenCreate() *cobra.Command {
	var (
		flags  operatorFlags
		scopes []string
		ttl    span
	)
	command := &cobra.Command{
		Use:   "create SERVICE",
		Short: "Make a token for a registered backend",
		Long: `Make a token for a registered backend and print it once, alone on standard output: only its hash is
stored. Every server accepts it at once.`,
		Example: `  bff token create shop --ttl 90d
  bff token create shop --ttl 24h \
    --scope redis.list,connect-sessions > shop-token`,
		Args: terminal.Args("SERVICE"),
	}
	command.Flags().Var(&ttl, "ttl", "how long it is accepted, from 1h to 366d (required)")
	command.Flags().StringSliceVar(&scopes, "scope", nil,
		"what it may be used for: "+strings.Join(partner.Scopes(), ", ")+" (default: all that the service may do)")
	flags.addEnvironment(command.Flags())

	return p.onRegistry(command, &flags, false,
		func(ctx context.Context, registry partner.Registry, args []string) error {
			text, token, err := registry.CreateToken(ctx, args[0], scopes, ttl.Duration)
			if err != nil {
				return err
			}

			return p.tellToken(text, "Made token %s of %s, until %s. It is not shown again.",
				token.ID, token.ServiceID, moment{token.ExpiresAt})
		})
}

// tokenLine is one token as --json writes it.
type tokenLine struct {
	ID         string   `json:"id"`
	ServiceID  string   `json:"service_id"`
	Scopes     []string `json:"scopes"`
	CreatedAt  moment   `json:"created_at"`
	ExpiresAt  moment   `json:"expires_at"`
	LastUsedAt moment   `json:"last_used_at"`
	RevokedAt  moment   `json:"revoked_at"`
}

func (t tokenLine) state(now time.Time) string {
	switch {
	case !t.RevokedAt.IsZero():
		return "revoked"
	case !now.Before(t.ExpiresAt.Time):
		return "expired"
	default:
		return "active"
	}
}

func (p Program) tokenList() *cobra.Command {
	var flags operatorFlags
	command := &cobra.Command{
		Use: "list [SERVICE]", Short: "List tokens, without their secrets", Args: terminal.OptionalArg("SERVICE"),
		Example: "  bff token list\n  bff token list shop --json",
	}
	flags.addJSON(command.Flags())

	return p.onRegistry(command, &flags, true,
		func(ctx context.Context, registry partner.Registry, args []string) error {
			tokens, err := registry.ListTokens(ctx, strings.Join(args, ""))
			if err != nil {
				return err
			}

			lines := make([]tokenLine, 0, len(tokens))
			for _, t := range tokens {
				lines = append(lines, tokenLine{
					t.ID, t.ServiceID, t.Scopes,
					moment{t.CreatedAt},
					moment{t.ExpiresAt},
					moment{t.LastUsedAt},
					moment{t.RevokedAt},
				})
			}

			now := time.Now()
			heading := []string{"ID", "SERVICE", "STATE", "EXPIRES", "LAST USED", "SCOPES"}

			return printRows(p, flags.json, lines, heading, func(t tokenLine) []string {
				return []string{
					t.ID, t.ServiceID, t.state(now), t.ExpiresAt.String(), t.LastUsedAt.String(),
					strings.Join(t.Scopes, ","),
				}
			})
		})
}

func (p Program) tokenRotate() *cobra.Command {
	var flags operatorFlags
	ttl, overlap := span{}, span{partner.DefaultOverlap}
	command := &cobra.Command{
		Use:   "rotate ID",
		Short: "Make a token in place of another, which ends after an overlap",
		Long: `Make a token with the scopes of another and print it once, alone on standard output. The other one is
accepted until the overlap ends: change your backend meanwhile.`,
		Example: "  bff token rotate 3F7QKX2MZP4A --ttl 90d --overlap 1h > shop-token",
		Args:    terminal.Args("ID"),
	}
	command.Flags().Var(&ttl, "ttl", "how long the new one is accepted, from 1h to 366d (required)")
	command.Flags().Var(&overlap, "overlap", "how long the old one is still accepted")
	flags.addEnvironment(command.Flags())

	return p.onRegistry(command, &flags, false,
		func(ctx context.Context, registry partner.Registry, args []string) error {
			text, fresh, old, err := registry.RotateToken(ctx, args[0], ttl.Duration, overlap.Duration)
			if err != nil {
				return err
			}

			return p.tellToken(text, "Made token %s of %s, until %s. It is not shown again. Token %s ends at %s.",
				fresh.ID, fresh.ServiceID, moment{fresh.ExpiresAt}, old.ID, moment{old.ExpiresAt})
		})
}

func (p Program) tokenRevoke() *cobra.Command {
	var flags operatorFlags

	return p.onRegistry(&cobra.Command{
		Use:     "revoke ID",
		Short:   "End a token at once",
		Long:    "End a token at once. Every server rejects it within 5 seconds.",
		Example: "  bff token revoke 3F7QKX2MZP4A",
		Args:    terminal.Args("ID"),
	}, &flags, false, func(ctx context.Context, registry partner.Registry, args []string) error {
		if err := registry.RevokeToken(ctx, args[0]); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.Stdout, "Revoked %s. Every server rejects it within 5 seconds.\n", args[0])

		return err
	})
}
