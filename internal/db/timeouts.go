package db

import (
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// timeouts are the server-side timeouts of our statements: a replica that stopped in the middle of a transaction must
// not hold its locks forever. Statements set them, not start-up parameters, which poolers reject.
type timeouts map[string]string

// defaultTimeouts are in milliseconds. A value in the URL takes precedence.
func defaultTimeouts() timeouts {
	return timeouts{
		"statement_timeout":                   "10000",
		"lock_timeout":                        "8000",
		"idle_in_transaction_session_timeout": "20000",
	}
}

// timeoutsOf removes the URL's timeouts from the start-up parameters and adds the defaults.
func timeoutsOf(config *pgx.ConnConfig) timeouts {
	set := defaultTimeouts()
	for name := range set {
		if given, ok := config.RuntimeParams[name]; ok {
			set[name] = given
			delete(config.RuntimeParams, name)
		}
	}

	return set
}

// disabled returns a copy with some timeouts off, regardless of the role's own settings.
func (b timeouts) disabled(names ...string) timeouts {
	other := maps.Clone(b)
	for _, name := range names {
		other[name] = "0"
	}

	return other
}

// setLocalSQL sets them for the current transaction only, not for the next client of the server's session.
func (b timeouts) setLocalSQL() string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(b)) {
		text.WriteString("SET LOCAL " + name + " = " + literal(b[name]) + ";")
	}

	return text.String()
}

func literal(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }
