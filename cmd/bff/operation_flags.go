package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/proxy"
)

// fieldFlag returns the name of a field's flag.
func fieldFlag(field string) string { return strings.ReplaceAll(field, "_", "-") }

// addFields adds a flag for each field of an operation.
func addFields(command *cobra.Command, called *operation.Operation) {
	set := command.Flags()

	for n := range called.Fields {
		field := &called.Fields[n]
		name, usage := fieldFlag(field.Name), fieldUsage(field)

		switch field.Type {
		case operation.Integer:
			set.Int64(name, 0, usage)
		case operation.Boolean:
			set.Bool(name, false, usage)
		case operation.Texts:
			set.StringSlice(name, nil, usage)
		case operation.Text:
			set.String(name, "", usage)
		}

		if choices := choicesOf(field); choices != nil {
			// An error means that the flag does not exist, which was added above.
			_ = command.RegisterFlagCompletionFunc(
				name, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp),
			)
		}
	}
}

func fieldUsage(field *operation.Field) string {
	usage := field.Help
	if field.Enum != nil {
		usage += "; one of " + strings.Join(field.Enum, ", ")
	}

	if field.Type == operation.Texts {
		usage += "; separated by commas"
	}

	switch {
	case field.Required:
		usage += " (required)"
	case field.Default != "":
		usage += " (default: " + field.Default + ")"
	}

	return usage
}

// choicesOf returns the values that a shell offers for a field; nil: none.
func choicesOf(field *operation.Field) []string {
	if field.Enum != nil || field.Bound != operation.Regions {
		return field.Enum
	}

	var regions []string
	for _, region := range proxy.FullCatalog().Regions {
		regions = append(regions, region.ID+"\t"+region.Label)
	}

	return regions
}

// sentBy returns the fields that the command line sets.
func sentBy(set *pflag.FlagSet, called *operation.Operation) (operation.Values, error) {
	sent := operation.Values{}

	for n := range called.Fields {
		field := &called.Fields[n]
		name := fieldFlag(field.Name)

		if !set.Changed(name) {
			continue
		}

		var (
			value any
			err   error
		)

		switch field.Type {
		case operation.Integer:
			value, err = set.GetInt64(name)
		case operation.Boolean:
			value, err = set.GetBool(name)
		case operation.Texts:
			value, err = set.GetStringSlice(name)
		case operation.Text:
			value, err = set.GetString(name)
		}

		if err != nil {
			return nil, err
		}
		sent[field.Name] = value
	}

	return sent, nil
}

// fieldWords returns the flags that set these values, in the order of the fields.
func fieldWords(called *operation.Operation, values operation.Values) []string {
	var words []string

	for n := range called.Fields {
		field := &called.Fields[n]

		value, present := values[field.Name]
		if !present {
			continue
		}
		words = append(words, flagWords(field, value))
	}

	return words
}
