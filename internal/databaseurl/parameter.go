package databaseurl

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/suggestion"
)

// known are the parameters that a Postgres URL may have: those of libpq and of pgx
// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS), and the server's settings that make
// sense for one client. Any other would be refused by the server, in words that do not say where it was written. Both
// clients read their own names in lower case only, and hand any other spelling to the server; that reads its own in any
// case, so that those which it writes with capitals itself are here twice.
func known() []string {
	return []string{
		// where, and as whom
		"host", "port", "dbname", "database", "user", "password", "passfile", "service", "servicefile",
		"connect_timeout", "target_session_attrs", "require_auth", "channel_binding", "krbspn", "krbsrvname",
		"min_protocol_version", "max_protocol_version",
		// TLS
		"sslmode", "sslkey", "sslcert", "sslcertmode", "sslrootcert", "sslnegotiation", "sslpassword", "sslsni",
		// pgx
		"default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity",
		// the server
		"application_name", "options", "search_path", "role", "timezone", "TimeZone", "datestyle", "DateStyle", "client_encoding",
		"client_min_messages", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
		"idle_session_timeout", "transaction_timeout", "default_transaction_read_only",
		"default_transaction_isolation", "default_transaction_deferrable", "synchronous_commit", "work_mem",
		"tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout",
	}
}

const (
	poolIsOurs   = "; leave it out: a server has 16 connections at most"
	leaveItOut   = "; leave it out"
	asExecMode   = "; leave it out: a pooler is recognised, and default_query_exec_mode says otherwise"
	asSSLMode    = "; did you mean sslmode?"
	asSearchPath = "; did you mean search_path?"
	asTimeout    = "; did you mean statement_timeout?"
)

// foreign are parameters of other clients, with what stands for them here.
func foreign() map[string]string {
	return map[string]string{
		"pgbouncer": asExecMode, "prepared_statements": asExecMode, "preparethreshold": asExecMode,
		"prefer_simple_protocol": asExecMode, "statement_cache_mode": asExecMode, "statement_cache_size": asExecMode,
		"schema": asSearchPath, "currentschema": asSearchPath, "schemas": asSearchPath,
		"ssl": asSSLMode, "sslaccept": asSSLMode, "usessl": asSSLMode, "tls": asSSLMode, "uselibpqcompat": asSSLMode,
		"connection_limit": poolIsOurs, "pool_size": poolIsOurs, "max_connections": poolIsOurs,
		"pool_max_conns": poolIsOurs, "pool_min_conns": poolIsOurs, "maxpoolsize": poolIsOurs,
		"pool_timeout": leaveItOut, "keepalives": leaveItOut, "keepalives_idle": leaveItOut,
		"keepalives_interval": leaveItOut, "keepalives_count": leaveItOut, "gssencmode": leaveItOut,
		"socket_timeout": asTimeout, "sockettimeout": asTimeout, "query_timeout": asTimeout,
		"encoding": "; did you mean client_encoding?", "applicationname": "; did you mean application_name?",
		"sslcrl": leaveItOut, "sslcompression": leaveItOut, "load_balance_hosts": leaveItOut,
	}
}

// isKnown reports whether a parameter may stand in a URL. A name with a dot is an extension's.
func isKnown(name string) bool {
	return strings.Contains(name, ".") && isName(name) || slices.Contains(known(), name)
}

func isSecret(name string) bool { return strings.Contains(strings.ToLower(name), "password") }

// isName reports whether something can be the name of a parameter.
func isName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// isMiswritten reports whether a name is a known one but for its capitals. It is quoted: no part of a password is.
func isMiswritten(name string) bool { return !isKnown(name) && isKnown(strings.ToLower(name)) }

// checkParameters names the first parameter, in alphabetical order, that a URL may not have.
func checkParameters(query url.Values) error {
	names, times := slices.Sorted(maps.Keys(query)), map[string]int{}
	for _, name := range names {
		times[strings.ToLower(name)] += len(query[name])
	}

	for _, name := range names {
		twice := times[strings.ToLower(name)] > 1
		switch {
		case isKnown(name) && !twice:
		case isMiswritten(name) && !twice:
			return fmt.Errorf("has a parameter, %s, that is not known%s", name, instead(name))
		case isMiswritten(name):
			return moreThanOnce(name)
		case slices.ContainsFunc(names, isSecret) || !isName(name) || query.Get(name) == "":
			return errParameter // it may be the rest of a password
		case isKnown(name):
			return moreThanOnce(name)
		default:
			return fmt.Errorf("has a parameter, %s, that is not known%s", name, instead(name))
		}
	}

	return nil
}

func moreThanOnce(name string) error {
	return fmt.Errorf("has the parameter %s more than once", strings.ToLower(name))
}

var errParameter = errors.New(
	"has a parameter that is not known; in a value, what is neither letter nor digit must be percent-encoded",
)

// instead says what an unknown parameter was meant to be.
func instead(name string) string {
	if isMiswritten(name) {
		return "; did you mean " + strings.ToLower(name) + "?"
	}

	if said, ok := foreign()[strings.ToLower(name)]; ok {
		return said
	}

	if closest := suggestion.Closest(strings.ToLower(name), known()); closest != "" {
		return "; did you mean " + closest + "?"
	}

	return "; leave it out"
}
