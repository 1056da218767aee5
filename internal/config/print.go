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

// Print writes the effective configuration, secrets redacted: first what somebody set, and by what if not by the
// variable itself, a setting a line; then the proxies in force, and the defaults, group by group.
func Print(out io.Writer, flags *pflag.FlagSet, environ []string) error {
	all := effective(flags, environ)
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)

	heading := "Nothing is set."
	if slices.ContainsFunc(all, shown.isGiven) {
		heading = "Set"
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

	return table.Flush() // which has kept what failed before
}

// printProxies writes which forward proxies the environment names, and which call leaves through which.
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

// printDefaults writes one group of defaults. What has no value is named in a line of its own.
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

// shown is one setting as it may be shown to anybody: no secret is in it.
type shown struct {
	env      string
	variable string
	value    string // empty: not set
	source   string // what gave it: a flag, a file's variable or the variable; empty for the default
}

func (s shown) isGiven() bool { return s.source != "" }

// effective is the whole configuration as it may be shown.
func effective(flags *pflag.FlagSet, environ []string) []shown {
	given, _ := variables(environ)

	var all []shown
	for _, s := range settings() {
		value, source, err := s.find(flags, given)
		switch {
		case err != nil:
			value = "(unusable)"
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

// inGroups are the defaults, group by group; the last has those that belong to none.
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

// groups are the settings that belong together, in the order in which they are shown. Names begin as these do.
var groups = []struct {
	name string
	of   []string
}{
	{"How it is reached", []string{
		"LISTEN", "PUBLIC_URL", "APP_NAME", "TRUSTED_PROXIES", "CORS_ORIGINS", "TLS_", "HSTS_", "ADMIN_LISTEN",
	}},
	{"What it keeps", []string{"DATABASE", "AUDIT_", "KEYSET", "VAULT_TOKEN"}},
	{"Login", []string{"AUTH_", "NATIVE_CLIENT_ID", "SESSION_"}},
	{"Upstash", []string{"UPSTASH_API_URL", "REST_URL", "CONSOLE_URL", "MINT_MAX_TOKEN_AGE", "CREATE_SETTLE", "LIST_CACHE"}},
	{"What users may do", []string{"ALLOWED_", "MAX_", "EXPOSE_CREDENTIALS", "LIMIT_REQUESTS", "LIMIT_CREATES", "LIMIT_MINTS"}},
	{"Backends", []string{"SERVICE_TOKEN", "RETURN_URLS", "LIMIT_SERVICE_REQUESTS"}},
	{"Logs", []string{"LOG_"}},
}

// groupOf is the place of a setting's group; beyond the last for one that is in none.
func groupOf(env string) int {
	for n, group := range groups {
		if slices.ContainsFunc(group.of, func(begins string) bool { return strings.HasPrefix(env, begins) }) {
			return n
		}
	}

	return len(groups)
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
