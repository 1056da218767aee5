package db

import (
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// bounds are settings of the server's for our statements: a replica that stopped in the middle of a transaction must
// not hold its locks for ever. They are set by statements, never as start-up parameters, which poolers refuse.
type timeouts map[string]string

// defaultTimeouts are in milliseconds. What the URL sets itself is left alone.
func defaultTimeouts() timeouts {
	return timeouts{
		"statement_timeout":                   "10000",
		"lock_timeout":                        "8000",
		"idle_in_transaction_session_timeout": "20000",
	}
}

// timeoutsOf takes the bounds that the URL sets out of the start-up parameters, and adds the usual ones.
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

// without is a copy in which some do not apply: they are off, whatever the role's own settings say.
func (b timeouts) disabled(names ...string) timeouts {
	other := maps.Clone(b)
	for _, name := range names {
		other[name] = "0"
	}

	return other
}

// local sets them for the transaction under way, and for nobody who has the server's session next.
func (b timeouts) setLocalSQL() string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(b)) {
		text.WriteString("SET LOCAL " + name + " = " + literal(b[name]) + ";")
	}

	return text.String()
}

func literal(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }
