// Package operator has the commands that manage services, tokens, grants, users and webhooks. They work on the database
// while servers run.
package operator

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

// Program holds what the commands share: the environment, the output, and the wording of errors.
type Program struct {
	Environ        []string
	Stdout, Stderr io.Writer
	Fail           func(err error, asJSON bool) error
	// Sealer reads the keyset that a command's flags and the environment name.
	Sealer func(flags *pflag.FlagSet) (webhook.Sealer, error)
}

// Commands returns the commands, for the root command.
func (p Program) Commands() []*cobra.Command {
	return []*cobra.Command{p.service(), p.token(), p.grant(), p.user(), p.webhooks()}
}

// operatorFlags are flags that several commands have.
type operatorFlags struct {
	json        bool
	environment string // of tokens
}

func (f *operatorFlags) addJSON(set *pflag.FlagSet) {
	set.BoolVar(&f.json, "json", false, "print one JSON object per line")
}

func (f *operatorFlags) addEnvironment(set *pflag.FlagSet) {
	set.StringVar(&f.environment, "environment", string(partner.Live), "servers that accept the token: live, or test for a sandbox")
}

// tokenEnvironment returns the value of --environment.
func (f *operatorFlags) tokenEnvironment() (partner.Environment, error) {
	environment := partner.Environment(f.environment)
	if environment != "" && environment != partner.Live && environment != partner.Test {
		return "", terminal.NewUsageError(errors.New("--environment must be live or test"))
	}

	return environment, nil
}

// onRegistry makes a command work on the database.
func (p Program) onRegistry(
	command *cobra.Command, flags *operatorFlags, readOnly bool,
	work func(ctx context.Context, registry partner.Registry, args []string) error,
) *cobra.Command {
	config.AddDatabaseFlags(command.Flags())
	command.RunE = func(command *cobra.Command, args []string) (err error) {
		defer func() { err = p.Fail(err, flags.json) }()

		environment, err := flags.tokenEnvironment()
		if err != nil {
			return err
		}

		address, err := config.Database(command.Flags(), p.Environ)
		if err != nil {
			return err
		}

		database, err := db.OpenExisting(command.Context(), db.Options{URL: address.Reveal(), ReadOnly: readOnly})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, database.Close()) }()

		return work(command.Context(), partner.Registry{Store: database, Environment: environment}, args)
	}

	return command
}

// printRows writes a table for people, or one JSON object per line.
func printRows[T any](p Program, asJSON bool, items []T, heading []string, row func(T) []string) error {
	if asJSON {
		for _, item := range items {
			if err := terminal.WriteJSON(p.Stdout, item); err != nil {
				return err
			}
		}

		return nil
	}

	rows := [][]string{heading}
	for _, item := range items {
		rows = append(rows, row(item))
	}

	return terminal.Table(p.Stdout, rows)
}

// moment is an optional time. A zero time is null in JSON and a dash in tables.
type moment struct{ time.Time }

// MarshalJSON implements json.Marshaler.
func (m moment) MarshalJSON() ([]byte, error) {
	if m.IsZero() {
		return []byte("null"), nil
	}

	return m.UTC().MarshalJSON()
}

func (m moment) String() string {
	if m.IsZero() {
		return "-"
	}

	return m.UTC().Format(time.RFC3339)
}

// span is a flag for a duration, which can be in days, such as 90d.
type span struct{ time.Duration }

// Set implements pflag.Value.
func (s *span) Set(text string) (err error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		count, err := strconv.ParseUint(days, 10, 16)
		s.Duration = time.Duration(count) * 24 * time.Hour

		return err
	}
	s.Duration, err = time.ParseDuration(text)

	return err
}

// String implements pflag.Value. Zero is "", so that help prints no default.
func (s *span) String() string {
	if s.Duration == 0 {
		return ""
	}

	return s.Duration.String()
}

// Type implements pflag.Value.
func (*span) Type() string { return "duration" }
