package terminal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/internal/suggestion"
)

// UsageError is a command line that was not understood.
type UsageError struct{ error }

// NewUsageError makes one of an error.
func NewUsageError(err error) UsageError { return UsageError{err} }

// Unwrap returns what is wrong.
func (e UsageError) Unwrap() error { return e.error }

// misused says what is wrong with a command line, and where the way on stands.
func misused(command *cobra.Command, format string, values ...any) error {
	return UsageError{fmt.Errorf(format+"\nSee `%s --help`.", append(values, command.CommandPath())...)}
}

// NoArgs is of commands that take flags alone. Of a group, what follows is a command that it does not have.
func NoArgs(command *cobra.Command, arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}

	if !command.HasAvailableSubCommands() {
		return misused(command, "`%s` takes no argument, and %q is one.", command.CommandPath(), arguments[0])
	}

	command.SuggestionsMinimumDistance = 2 // letters, as cobra has it where it finds the command itself

	if near := command.SuggestionsFor(arguments[0]); len(near) > 0 {
		return misused(command, "`%s` has no command %q. Did you mean %s?",
			command.CommandPath(), arguments[0], strings.Join(near, " or "))
	}

	return misused(command, "`%s` has no command %q.", command.CommandPath(), arguments[0])
}

// Args is of commands that take exactly the arguments of those names.
func Args(names ...string) cobra.PositionalArgs {
	return func(command *cobra.Command, arguments []string) error {
		return between(command, arguments, len(names), names)
	}
}

// OptionalArg is of commands that take one argument or none.
func OptionalArg(name string) cobra.PositionalArgs {
	return func(command *cobra.Command, arguments []string) error {
		return between(command, arguments, 0, []string{name})
	}
}

func between(command *cobra.Command, arguments []string, least int, names []string) error {
	switch {
	case len(arguments) < least:
		missing := strings.Join(names[len(arguments):], " and ")
		return misused(command, "%s is missing: `%s %s`.", missing, command.CommandPath(), strings.Join(names, " "))
	case len(arguments) > len(names):
		return misused(command, "`%s` takes %s and nothing more; %q is too much.",
			command.CommandPath(), strings.Join(names, " and "), arguments[len(names)])
	}

	return nil
}

// Flags words what is wrong with a flag; it is for cobra's SetFlagErrorFunc.
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
		return misused(command, "%s needs a value.", flagName(bare.GetFlag()))
	case errors.As(err, &invalid):
		return misused(command, "%s: %q is not %s.", flagName(invalid.GetFlag()), invalid.GetValue(),
			kindOf(invalid.GetFlag()))
	case errors.As(err, &syntax):
		return misused(command, "%q is not how a flag is written.", syntax.GetSpecifiedFlag())
	}

	return misused(command, "%w", err)
}

func unknownFlag(command *cobra.Command, unknown *pflag.NotExistError) error {
	name := "--" + unknown.GetSpecifiedName()
	if shorts := unknown.GetSpecifiedShortnames(); shorts != "" {
		return misused(command, "`%s` has no flag -%s.", command.CommandPath(), unknown.GetSpecifiedName())
	}

	var names []string

	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			names = append(names, flag.Name)
		}
	})

	nearest := suggestion.Closest(unknown.GetSpecifiedName(), names)
	if nearest != "" {
		return misused(command, "`%s` has no flag %s. Did you mean --%s?", command.CommandPath(), name, nearest)
	}

	return misused(command, "`%s` has no flag %s.", command.CommandPath(), name)
}

func flagName(flag *pflag.Flag) string { return "--" + flag.Name }

// kindOf says what the value of a flag has to be.
func kindOf(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "bool":
		return "true or false"
	case "int", "int64":
		return "a whole number"
	case "uint64":
		return "a whole number from 0"
	case "duration":
		return "a duration such as 90s, 5m or 24h"
	}

	return "what can be taken there"
}
