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
	return terminal.Group("token", "Manage the tokens of services",
		p.tokenGenerate(), p.tokenCreate(), p.tokenList(), p.tokenRotate(), p.tokenRevoke())
}

// printToken prints only the token on standard output, and a note about it on standard error.
func (p Program) printToken(text secret.Text, words string, values ...any) error {
	noteErr := terminal.Printf(p.Stderr, words, values...)
	_, err := fmt.Fprintln(p.Stdout, text.Reveal())

	return errors.Join(noteErr, err)
}

func (p Program) tokenGenerate() *cobra.Command {
	var flags operatorFlags
	command := &cobra.Command{
		Use:   "generate",
		Short: "Generate a token for your own backend",
		Long: `Prints a new token and stores nothing. A server accepts the token if it is in BFF_SERVICE_TOKEN, or in the file
that BFF_SERVICE_TOKEN_FILE names; BFF_RETURN_URLS must be set too. To replace a token, append a new one to the
file on its own line, restart the server, update your backend, and remove the old line.`,
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

			return p.printToken(text, "Store the token in a file that only the server and your backend can read (BFF_SERVICE_TOKEN_FILE).")
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
		Short: "Create a token for a registered service",
		Long: `Prints the token once, with nothing else on standard output: bff stores only its hash. Every server accepts the
token immediately.`,
		Example: `  bff token create shop --ttl 90d
  bff token create shop --ttl 24h \
    --scope redis.list,connect-sessions > shop-token`,
		Args: terminal.Args("SERVICE"),
	}
	command.Flags().Var(&ttl, "ttl", "how long the token is valid, 1h to 366d (required)")
	command.Flags().StringSliceVar(&scopes, "scope", nil,
		"what the token may be used for: operations, "+partner.ScopeConnectSessions+", "+partner.ScopeGrants+
			" (default: all that the service may do)")
	flags.addEnvironment(command.Flags())

	return p.onRegistry(command, &flags, false,
		func(ctx context.Context, registry partner.Registry, args []string) error {
			text, token, err := registry.CreateToken(ctx, args[0], scopes, ttl.Duration)
			if err != nil {
				return err
			}

			return p.printToken(text, "Created token %s of %s, valid until %s. It is not shown again.",
				token.ID, token.ServiceID, moment{token.ExpiresAt})
		})
}

// tokenLine is one token in --json output.
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
		Short: "Replace a token; both are valid during an overlap",
		Long: `Creates a token with the scopes of an existing one, and prints it once, with nothing else on standard output. The
old token is valid until the overlap ends: update your backend before that.`,
		Example: "  bff token rotate 3F7QKX2MZP4A --ttl 90d --overlap 1h > shop-token",
		Args:    terminal.Args("ID"),
	}
	command.Flags().Var(&ttl, "ttl", "how long the new token is valid, 1h to 366d (required)")
	command.Flags().Var(&overlap, "overlap", "how long the old token remains valid")
	flags.addEnvironment(command.Flags())

	return p.onRegistry(command, &flags, false,
		func(ctx context.Context, registry partner.Registry, args []string) error {
			text, fresh, old, err := registry.RotateToken(ctx, args[0], ttl.Duration, overlap.Duration)
			if err != nil {
				return err
			}

			return p.printToken(text, "Created token %s of %s, valid until %s. It is not shown again. Token %s expires at %s.",
				fresh.ID, fresh.ServiceID, moment{fresh.ExpiresAt}, old.ID, moment{old.ExpiresAt})
		})
}

func (p Program) tokenRevoke() *cobra.Command {
	var flags operatorFlags

	return p.onRegistry(&cobra.Command{
		Use:     "revoke ID",
		Short:   "Revoke a token",
		Long:    "Every server rejects the token within 5 seconds.",
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
