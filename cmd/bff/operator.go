package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

// operatorFlags are those of commands that work on services, tokens and grants.
type operatorFlags struct {
	json        bool
	environment string // of tokens
}

func (f *operatorFlags) addJSON(set *pflag.FlagSet) {
	set.BoolVar(&f.json, "json", false, "one JSON object a line")
}

func (f *operatorFlags) addEnvironment(set *pflag.FlagSet) {
	set.StringVar(&f.environment, "environment", string(partner.Live), "which servers accept it: live, or test for a sandbox")
}

// tokenEnvironment is the environment that a flag names.
func (f *operatorFlags) tokenEnvironment() (partner.Environment, error) {
	environment := partner.Environment(f.environment)
	if environment != "" && environment != partner.Live && environment != partner.Test {
		return "", usageError{errors.New("--environment must be live or test")}
	}

	return environment, nil
}

// group is a command that has nothing but commands below it.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{
		Use: use, Short: short,
		Args: cobra.NoArgs, // a misspelt command is an error, not a reason for help
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(commands...)

	return command
}

// onRegistry makes a command work on the database beside running servers.
func (p program) onRegistry(
	command *cobra.Command, flags *operatorFlags, readOnly bool,
	work func(ctx context.Context, registry partner.Registry, args []string) error,
) *cobra.Command {
	config.AddDatabaseFlags(command.Flags())
	command.RunE = func(command *cobra.Command, args []string) (err error) {
		defer func() { err = operatorFailure(err, flags.json) }()

		environment, err := flags.tokenEnvironment()
		if err != nil {
			return err
		}

		address, err := config.Database(command.Flags(), p.environ)
		if err != nil {
			return err
		}

		database, err := openExisting(command.Context(), db.Options{URL: address.Reveal(), ReadOnly: readOnly})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, database.Close()) }()

		return work(command.Context(), partner.Registry{Store: database, Environment: environment}, args)
	}

	return command
}

// openExisting opens a database that is there. Opened to be written, a file that is not there would be made.
func openExisting(ctx context.Context, options db.Options) (*db.DB, error) {
	if !options.ReadOnly {
		look, err := db.Open(ctx, db.Options{URL: options.URL, ReadOnly: true})
		if err != nil {
			return nil, err
		}

		if err := look.Close(); err != nil {
			return nil, err
		}
	}

	return db.Open(ctx, options)
}

// operatorFailure words a problem for whoever runs the server, with flags in place of fields.
func operatorFailure(err error, asJSON bool) error {
	found := problem.Of(err)
	if found == nil || found.Code == problem.Configuration || found.Code == problem.StorageUnavailable {
		return err // its own words are for whoever runs the server
	}

	line := problemOf(err, nativeFlags{}, "")
	line.Detail = found.Detail

	for i, fault := range line.Errors {
		if !asJSON {
			line.Errors[i].Pointer = argumentOf(fault.Pointer)
		}
	}

	return &failure{problem: line, json: asJSON, cause: err}
}

// argumentOf is what a field is given with.
func argumentOf(pointer string) string {
	field, index, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")

	name := map[string]string{
		"id": "ID", "token": "ID", "service": "SERVICE", "name": "--name", "return_urls": "--return-url",
		"scopes": "--scope", "databases": "--databases", "regions": "--region", "plans": "--plan",
		"max_databases": "--max-databases", "max_budget": "--max-budget", "ttl": "--ttl", "overlap": "--overlap",
	}[field]

	if number, err := strconv.Atoi(index); err == nil {
		name += " " + strconv.Itoa(number+1)
	}

	return name
}

// printRows writes a table for people, or one JSON object a line.
func printRows[T any](p program, asJSON bool, items []T, heading []string, row func(T) []string) error {
	if asJSON {
		for _, item := range items {
			if err := writeJSON(p.stdout, item); err != nil {
				return err
			}
		}

		return nil
	}

	rows := [][]string{heading}
	for _, item := range items {
		rows = append(rows, row(item))
	}

	return table(p.stdout, rows)
}

// moment is a time as it is printed: null in JSON, and a dash in tables, where it has not come.
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

// span is a flag for a duration that may be given in days, such as 90d.
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

// String implements pflag.Value. Help shows no default where there is none.
func (s *span) String() string {
	if s.Duration == 0 {
		return ""
	}

	return s.Duration.String()
}

// Type implements pflag.Value.
func (*span) Type() string { return "duration" }
