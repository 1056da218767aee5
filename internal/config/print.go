package config

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/pflag"
)

// Print writes the effective configuration, secrets redacted, one setting a line.
func Print(out io.Writer, flags *pflag.FlagSet, environ []string) error {
	given, _ := variables(environ)

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range settings() {
		value, source, err := s.find(flags, given)
		switch {
		case err != nil:
			value = "(unusable)"
		case value == "":
			value = "(not set)"
		case s.secret:
			value = "[redacted]"
		case s.hide != nil:
			value = oneLine(s.hide(value))
		default:
			value = oneLine(value)
		}

		if _, set := given[s.variable()]; !set && source == s.variable() {
			source = "default"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t(%s)\n", s.variable(), value, source)
	}

	return table.Flush()
}

// oneLine writes out what would break the line, or what a terminal would obey.
func oneLine(value string) string {
	if !strings.ContainsFunc(
		value, func(r rune) bool { return !unicode.IsGraphic(r) || r == unicode.ReplacementChar },
	) {
		return value
	}

	return strconv.QuoteToGraphic(value)
}
