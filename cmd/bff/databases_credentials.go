package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
)

func (p program) databaseCredentials() *cobra.Command {
	var (
		flags nativeFlags
		env   bool
	)
	command := &cobra.Command{
		Use:   "credentials NAME|ID",
		Short: "Print the credentials of one database",
		Long: `Prints the host, password and REST tokens of a database. bff does not store them. It records in the audit log of
the state directory that they were revealed.

With --env it prints lines for a .env file: UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN for
@upstash/redis, and REDIS_URL for other clients. With --json it prints the response body of the API's
GET /databases/ID/credentials, on one line.`,
		Example: `  bff databases credentials orders
  bff databases credentials orders --env >> .env
  bff databases credentials orders --json | jq -r .password`,
		Args:              terminal.Args("NAME|ID"),
		ValidArgsFunction: p.completeDatabase(&flags),
		RunE: func(command *cobra.Command, arguments []string) error {
			if env && flags.json {
				return terminal.NewUsageError(errors.New("--env and --json cannot be combined"))
			}

			return p.withDesktop(command.Context(), flags, func(ctx context.Context, d *desktop.Desktop) error {
				return withDatabase(ctx, d, arguments[0], func(id string) error {
					revealed, err := d.Databases.Credentials(ctx, d.Account, id)
					if err != nil {
						return err
					}

					if env {
						return p.printEnvironment(api.CredentialsOf(revealed), d.Config.RedisCAFile)
					}

					return p.printCredentials(api.CredentialsOf(revealed), d.Config.RedisCAFile, flags.json)
				})
			})
		},
	}
	flags.add(command)
	command.Flags().BoolVar(&env, "env", false, "print lines for a .env file")

	return command
}

// printCredentials prints caFile only for people: --json prints exactly what the API returns.
func (p program) printCredentials(answer api.CredentialsResponse, caFile string, asJSON bool) error {
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

	return terminal.Fields(p.stdout, rows)
}

// printEnvironment writes the variables that clients read, with the names in the page's snippet. It avoids quotes if it
// can, because docker --env-file treats them as part of the value.
func (p program) printEnvironment(answer api.CredentialsResponse, caFile string) error {
	var text strings.Builder
	if answer.TLS && caFile != "" {
		_, _ = fmt.Fprintf(&text, "# For Node.js to trust the certificate, set NODE_EXTRA_CA_CERTS=%s\n",
			shellWord(terminal.Sanitize(caFile)))
	}

	err := writeVariables(&text, []variable{
		{"UPSTASH_REDIS_REST_URL", answer.RestURL},
		{"UPSTASH_REDIS_REST_TOKEN", answer.RestToken},
		{"REDIS_URL", redisURL(answer)},
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.stdout, text.String())

	return err
}

// variable is a line of a .env file.
type variable struct{ name, value string }

// writeVariables writes nothing that some reader of a .env file would misread: such a value is an error.
func writeVariables(text *strings.Builder, variables []variable) error {
	for _, variable := range variables {
		value, err := environmentValue(variable.value)
		if err != nil {
			return fmt.Errorf("%s: %w", variable.name, err)
		}
		text.WriteString(variable.name + "=" + value + "\n")
	}

	return nil
}

// redisURL returns the URL for Redis clients (https://www.iana.org/assignments/uri-schemes/prov/redis). It
// percent-encodes every reserved character of the password, so that shells, .env readers and clients all read the same
// value.
func redisURL(answer api.CredentialsResponse) string {
	if answer.Endpoint == "" {
		return ""
	}

	scheme := "redis"
	if answer.TLS {
		scheme = "rediss"
	}
	password := strings.ReplaceAll(url.QueryEscape(answer.Password), "+", "%20")
	host := net.JoinHostPort(strings.Trim(answer.Endpoint, "[]"), strconv.Itoa(answer.Port))

	return scheme + "://default:" + password + "@" + host
}

// environmentValue quotes a value for shells and readers of .env files. It returns an error for a value that no quoting
// keeps on one line; Upstash returns no such value.
func environmentValue(value string) (string, error) {
	if strings.ContainsFunc(value, unicode.IsControl) || strings.Contains(value, "'") {
		return "", errors.New("upstash returned a value that a .env file cannot contain")
	}

	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/@%+=,[]"
	if strings.Trim(value, plain) == "" {
		return value, nil
	}

	return "'" + value + "'", nil
}
