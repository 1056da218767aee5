package terminal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/internal/suggestion"
)

// UsageError means that a command line is invalid.
type UsageError struct{ error }

// NewUsageError returns err as a UsageError.
func NewUsageError(err error) UsageError { return UsageError{err} }

// Unwrap returns the cause.
func (e UsageError) Unwrap() error { return e.error }

// invalidUse returns a UsageError that refers to the command's help.
func invalidUse(command *cobra.Command, format string, values ...any) error {
	//nolint:revive,staticcheck // printed on a terminal: a sentence, and where to read on
	return UsageError{fmt.Errorf("%w\nSee `%s --help`.", fmt.Errorf(format, values...), command.CommandPath())}
}

// NoArgs rejects arguments. For a command with subcommands, an argument is an unknown subcommand.
func NoArgs(command *cobra.Command, arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}

	if !command.HasAvailableSubCommands() {
		return invalidUse(command, "`%s` accepts no arguments, but got %q.", command.CommandPath(), arguments[0])
	}

	command.SuggestionsMinimumDistance = 2 // letters: cobra's own default

	if near := command.SuggestionsFor(arguments[0]); len(near) > 0 {
		return invalidUse(command, "Unknown command %[2]q of `%[1]s`. Did you mean %[3]s?",
			command.CommandPath(), arguments[0], alternatives(near))
	}

	return invalidUse(command, "Unknown command %[2]q of `%[1]s`.", command.CommandPath(), arguments[0])
}

// alternatives joins names as in "a, b or c".
func alternatives(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}

	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// Args requires exactly the named arguments.
func Args(names ...string) cobra.PositionalArgs {
	return func(command *cobra.Command, arguments []string) error {
		return between(command, arguments, len(names), names)
	}
}

// AtLeast requires the given number of the named arguments.
func AtLeast(least int, names ...string) cobra.PositionalArgs {
	return func(command *cobra.Command, arguments []string) error {
		return between(command, arguments, least, names)
	}
}

// OptionalArg accepts at most one argument.
func OptionalArg(name string) cobra.PositionalArgs {
	return func(command *cobra.Command, arguments []string) error {
		return between(command, arguments, 0, []string{name})
	}
}

func between(command *cobra.Command, arguments []string, least int, names []string) error {
	switch {
	case len(arguments) < least:
		missing := strings.Join(names[len(arguments):], " and ")
		return invalidUse(command, "Missing argument %s. Usage: `%s %s`.", missing, command.CommandPath(), strings.Join(names, " "))
	case len(arguments) > len(names):
		return invalidUse(command, "`%s` accepts only %s. Unexpected argument: %q.",
			command.CommandPath(), strings.Join(names, " and "), arguments[len(names)])
	}

	return nil
}

// Flags rewords the library's errors about flags, for cobra's SetFlagErrorFunc.
func Flags(command *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		bare    *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
		syntax  *pflag.InvalidSyntaxError
	)

	switch {
	case errors.As(err, &unknown):
		return unknownFlag(command, unknown)
	case errors.As(err, &bare):
		return invalidUse(command, "%s needs a value.", flagName(bare.GetFlag()))
	case errors.As(err, &invalid):
		return invalidUse(command, "%s: %q is not %s.", flagName(invalid.GetFlag()), invalid.GetValue(),
			kindOf(invalid.GetFlag()))
	case errors.As(err, &syntax):
		return invalidUse(command, "Invalid flag: %q.", syntax.GetSpecifiedFlag())
	}

	return invalidUse(command, "%w", err)
}

func unknownFlag(command *cobra.Command, unknown *pflag.NotExistError) error {
	name := "--" + unknown.GetSpecifiedName()
	if shorts := unknown.GetSpecifiedShortnames(); shorts != "" {
		return invalidUse(command, "Unknown flag -%[2]s of `%[1]s`.", command.CommandPath(), unknown.GetSpecifiedName())
	}

	var names []string

	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			names = append(names, flag.Name)
		}
	})

	nearest := suggestion.Closest(unknown.GetSpecifiedName(), names)
	if nearest != "" {
		return invalidUse(command, "Unknown flag %[2]s of `%[1]s`. Did you mean --%[3]s?", command.CommandPath(), name, nearest)
	}

	return invalidUse(command, "Unknown flag %[2]s of `%[1]s`.", command.CommandPath(), name)
}

func flagName(flag *pflag.Flag) string { return "--" + flag.Name }

// kindOf describes the values that a flag accepts.
func kindOf(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "bool":
		return "true or false"
	case "int", "int64":
		return "a whole number"
	case "uint64":
		return "a whole number of at least 0"
	case "duration":
		return "a duration such as 90s, 5m or 24h"
	}

	return "a valid value"
}
