package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
)

// complete offers resources by name, or by ID if the name is not unique. On an error it offers nothing; the command
// itself will report the error.
func (o *operationRun) complete(flags *nativeFlags) cobra.CompletionFunc {
	of := targetOf(o.called)
	if isDatabase(of) {
		return o.completeDatabase(flags)
	}

	return func(command *cobra.Command, arguments []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(arguments) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}

		ctx, cancel := context.WithTimeout(command.Context(), completeWithin)
		defer cancel()
		var choices []cobra.Completion
		_ = o.withDesktop(ctx, *flags, func(ctx context.Context, d *desktop.Desktop) error {
			all, err := finder{desktop: d}.all(ctx, of, "")
			choices = choicesAmong(all)

			return err
		})

		return choices, cobra.ShellCompDirectiveNoFileComp
	}
}

// choicesAmong offers each resource by its name if that is unique and one word, or else by its ID.
func choicesAmong(all []resource) []cobra.Completion {
	var choices []cobra.Completion

	for _, one := range all {
		id, name := terminal.Sanitize(one.id), terminal.Sanitize(one.name)

		_, err := idAmong(all, one.name, "", nil)
		if err == nil && name != "" && name == one.name && !strings.ContainsAny(name, " \t") {
			choices = append(choices, cobra.CompletionWithDesc(name, id))
		} else {
			choices = append(choices, cobra.CompletionWithDesc(id, name))
		}
	}

	return choices
}
