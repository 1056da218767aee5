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

// known lists the parameters that a Postgres URL may have: those of libpq and pgx
// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS), and server settings that are useful
// for one client. The server would reject any other, with an error that does not mention the URL. libpq and pgx read
// their own names in lower case only, and pass others to the server, which ignores case. So settings that the server
// documents with capitals are listed in both spellings.
func known() []string {
	return []string{
		// address and user
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
	fixedPool    = "; remove it: a server uses at most 16 connections"
	removeIt     = "; remove it"
	asExecMode   = "; remove it: bff detects poolers; override with default_query_exec_mode"
	asSSLMode    = "; did you mean sslmode?"
	asSearchPath = "; did you mean search_path?"
	asTimeout    = "; did you mean statement_timeout?"
)

// foreign lists parameters of other clients, with the text that suggests a replacement.
func foreign() map[string]string {
	return map[string]string{
		"pgbouncer": asExecMode, "prepared_statements": asExecMode, "preparethreshold": asExecMode,
		"prefer_simple_protocol": asExecMode, "statement_cache_mode": asExecMode, "statement_cache_size": asExecMode,
		"schema": asSearchPath, "currentschema": asSearchPath, "schemas": asSearchPath,
		"ssl": asSSLMode, "sslaccept": asSSLMode, "usessl": asSSLMode, "tls": asSSLMode, "uselibpqcompat": asSSLMode,
		"connection_limit": fixedPool, "pool_size": fixedPool, "max_connections": fixedPool,
		"pool_max_conns": fixedPool, "pool_min_conns": fixedPool, "maxpoolsize": fixedPool,
		"pool_timeout": removeIt, "keepalives": removeIt, "keepalives_idle": removeIt,
		"keepalives_interval": removeIt, "keepalives_count": removeIt, "gssencmode": removeIt,
		"socket_timeout": asTimeout, "sockettimeout": asTimeout, "query_timeout": asTimeout,
		"encoding": "; did you mean client_encoding?", "applicationname": "; did you mean application_name?",
		"sslcrl": removeIt, "sslcompression": removeIt, "load_balance_hosts": removeIt,
	}
}

// isKnown reports whether a URL may have a parameter. A name with a dot belongs to an extension.
func isKnown(name string) bool {
	return strings.Contains(name, ".") && isName(name) || slices.Contains(known(), name)
}

func isSecret(name string) bool { return strings.Contains(strings.ToLower(name), "password") }

// isName reports whether a text can be the name of a parameter.
func isName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// isMiswritten reports whether a name is known except for its case. Errors may quote it: it is no part of a password.
func isMiswritten(name string) bool { return !isKnown(name) && isKnown(strings.ToLower(name)) }

// checkParameters returns an error for the first invalid parameter, in alphabetical order.
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
			return fmt.Errorf("has an unknown parameter %s%s", name, hint(name))
		case isMiswritten(name):
			return moreThanOnce(name)
		case slices.ContainsFunc(names, isSecret) || !isName(name) || query.Get(name) == "":
			return errParameter // it may be a part of a password
		case isKnown(name):
			return moreThanOnce(name)
		default:
			return fmt.Errorf("has an unknown parameter %s%s", name, hint(name))
		}
	}

	return nil
}

func moreThanOnce(name string) error {
	return fmt.Errorf("has the parameter %s more than once", strings.ToLower(name))
}

var errParameter = errors.New(
	"has an unknown parameter; everything except letters and digits in a value must be percent-encoded",
)

// hint suggests a replacement for an unknown parameter.
func hint(name string) string {
	if isMiswritten(name) {
		return "; did you mean " + strings.ToLower(name) + "?"
	}

	if text, ok := foreign()[strings.ToLower(name)]; ok {
		return text
	}

	if closest := suggestion.Closest(strings.ToLower(name), known()); closest != "" {
		return "; did you mean " + closest + "?"
	}

	return removeIt
}
