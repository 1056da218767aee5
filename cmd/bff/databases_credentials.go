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
		Short: "Reveal what a client needs to use one database",
		Long: `Reveal what a client needs to use one database, by its name or its id: host, password and REST tokens. They
are printed and kept nowhere. That they were revealed is written to the audit log in the state directory.

With --env they are lines for a .env file: UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, which @upstash/redis
reads, and REDIS_URL for other clients. With --json it is the answer of the API's GET /databases/ID/credentials, in
one line.`,
		Example: `  bff databases credentials orders
  bff databases credentials orders --env >> .env
  bff databases credentials orders --json | jq -r .password`,
		Args:              terminal.Args("NAME|ID"),
		ValidArgsFunction: p.completeDatabase(&flags),
		RunE: func(command *cobra.Command, arguments []string) error {
			if env && flags.json {
				return terminal.NewUsageError(errors.New("--env and --json exclude each other"))
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
	command.Flags().BoolVar(&env, "env", false, "as lines of a .env file")

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

	return terminal.Fields(p.stdout, rows)
}

// printEnvironment writes the variables that clients read, with the names that the page's snippet has. Where it can, it
// writes them without quotes: docker --env-file takes quotes for a part of the value.
func (p program) printEnvironment(answer api.CredentialsAnswer, caFile string) error {
	var text strings.Builder
	if answer.TLS && caFile != "" {
		_, _ = fmt.Fprintf(&text, "# Node.js knows the certificate when started with NODE_EXTRA_CA_CERTS=%s\n",
			shellWord(terminal.Plain(caFile)))
	}

	for _, variable := range []struct{ name, value string }{
		{"UPSTASH_REDIS_REST_URL", answer.RestURL},
		{"UPSTASH_REDIS_REST_TOKEN", answer.RestToken},
		{"REDIS_URL", redisURL(answer)},
	} {
		value, err := environmentValue(variable.value)
		if err != nil {
			return fmt.Errorf("%s: %w", variable.name, err)
		}
		text.WriteString(variable.name + "=" + value + "\n")
	}
	_, err := io.WriteString(p.stdout, text.String())

	return err
}

// redisURL is what clients of Redis connect by (https://www.iana.org/assignments/uri-schemes/prov/redis). All that is
// not unreserved in the password is percent-encoded: a shell, a .env file and each client then read the same.
func redisURL(answer api.CredentialsAnswer) string {
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

// environmentValue is a value as shells and readers of .env files take it; an error for one that nobody could hold to
// its line. Upstash answers no such value.
func environmentValue(value string) (string, error) {
	if strings.ContainsFunc(value, unicode.IsControl) || strings.Contains(value, "'") {
		return "", errors.New("upstash answered a value that no .env file can hold")
	}

	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/@%+=,[]"
	if strings.Trim(value, plain) == "" {
		return value, nil
	}

	return "'" + value + "'", nil
}
