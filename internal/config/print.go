package config

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/pflag"
)

// Print writes the effective configuration with redacted secrets, one setting per line. Settings that differ from the
// defaults come first, with their source unless that is the variable itself. Active proxies and the defaults follow.
func Print(out io.Writer, flags *pflag.FlagSet, environ []string) error {
	all := effective(flags, environ)
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)

	heading := "No settings: all defaults apply"
	if slices.ContainsFunc(all, shown.isGiven) {
		heading = "Settings"
	}
	_, _ = fmt.Fprintln(table, heading)

	for _, s := range all {
		if !s.isGiven() {
			continue
		}

		value := s.value
		if s.source != s.variable {
			value += " (" + s.source + ")"
		}
		_, _ = fmt.Fprintf(table, "  %s\t%s\n", s.variable, value)
	}
	printProxies(table, ProxyFacts(flags, environ))

	for name, members := range inGroups(all) {
		printDefaults(table, name, members)
	}

	return table.Flush() // reports earlier errors too
}

// printProxies writes the forward proxies in the environment, and which calls use them.
func printProxies(table io.Writer, facts []Fact) {
	if len(facts) == 0 {
		return
	}

	_, _ = fmt.Fprintf(table, "\nProxies\n")
	for _, fact := range facts {
		value := oneLine(fact.Value)
		if fact.Origin != "" {
			value += " (" + fact.Origin + ")"
		}
		_, _ = fmt.Fprintf(table, "  %s\t%s\n", fact.Name, value)
	}
}

// printDefaults writes one group of defaults. Settings without a value share separate lines.
func printDefaults(table io.Writer, name string, members []shown) {
	_, _ = fmt.Fprintf(table, "\nDefaults: %s\n", name)

	var unset []string

	for _, s := range members {
		if s.value == "" {
			unset = append(unset, s.variable)
			continue
		}
		_, _ = fmt.Fprintf(table, "  %s\t%s\n", s.variable, s.value)
	}

	for line := range slices.Chunk(unset, 2) {
		_, _ = fmt.Fprintf(table, "  not set: %s\n", strings.Join(line, ", "))
	}
}

// shown is one setting without secrets.
type shown struct {
	env      string
	variable string
	value    string // empty: not set
	source   string // flag or variable that set it; empty: default
}

func (s shown) isGiven() bool { return s.source != "" }

// effective returns the configuration without secrets.
func effective(flags *pflag.FlagSet, environ []string) []shown {
	given, _ := variables(environ)

	var all []shown
	for _, s := range settings() {
		value, source, err := s.find(flags, given)
		switch {
		case err != nil:
			value = "(invalid)"
		case value == "":
		case s.secret:
			value = "[redacted]"
		case s.hide != nil:
			value = oneLine(s.hide(value))
		default:
			value = oneLine(value)
		}

		if _, set := given[s.variable()]; !set && source == s.variable() || value == "" {
			source = ""
		}
		all = append(all, shown{s.env, s.variable(), value, source})
	}

	return all
}

// inGroups yields the defaults by group; the last group has the rest.
func inGroups(all []shown) iter.Seq2[string, []shown] {
	return func(yield func(string, []shown) bool) {
		for n := range len(groups) + 1 {
			var members []shown

			for _, s := range all {
				if !s.isGiven() && groupOf(s.env) == n {
					members = append(members, s)
				}
			}

			name := "Others"
			if n < len(groups) {
				name = groups[n].name
			}

			if len(members) > 0 && !yield(name, members) {
				return
			}
		}
	}
}

// groups lists the groups in their printed order, with the prefixes of their settings.
var groups = []struct {
	name string
	of   []string
}{
	{"Network", []string{
		"LISTEN", "PUBLIC_URL", "APP_NAME", "TRUSTED_PROXIES", "CORS_ORIGINS", "TLS_", "HSTS_", "ADMIN_LISTEN",
	}},
	{"Brand", []string{"BRAND_", "LANGUAGE"}},
	{"Storage", []string{"DATABASE", "AUDIT_", "KEYSET", "VAULT_TOKEN"}},
	{"Login", []string{"AUTH_", "NATIVE_CLIENT_ID", "SESSION_"}},
	{"Upstash", []string{"UPSTASH_API_URL", "REST_URL", "CONSOLE_URL", "MINT_MAX_TOKEN_AGE", "CREATE_SETTLE", "LIST_CACHE"}},
	{"Limits", []string{"ALLOWED_", "ALLOW_OPERATIONS", "MAX_", "EXPOSE_CREDENTIALS", "LIMIT_REQUESTS", "LIMIT_CREATES", "LIMIT_MINTS"}},
	{"Services", []string{"SERVICE_TOKEN", "RETURN_URLS", "LIMIT_SERVICE_REQUESTS", "WEBHOOK_"}},
	{"Logs", []string{"LOG_"}},
}

// groupOf returns the index of a setting's group; len(groups) if it has none.
func groupOf(env string) int {
	for n, group := range groups {
		if slices.ContainsFunc(group.of, func(prefix string) bool { return strings.HasPrefix(env, prefix) }) {
			return n
		}
	}

	return len(groups)
}

// oneLine escapes line ends and characters that control a terminal.
func oneLine(value string) string {
	if !strings.ContainsFunc(
		value, func(r rune) bool { return !unicode.IsGraphic(r) || r == unicode.ReplacementChar },
	) {
		return value
	}

	return strconv.QuoteToGraphic(value)
}
