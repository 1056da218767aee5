package api

import (
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// The commands of a desktop have no server between them and the domain, and still speak its words: a program that knows
// the API's answers knows theirs. These make the one from the other.

// ProblemOf is the problem as the server would answer it, less what is of a request: no instance, no request id. A code
// of desktop commands alone has no status, and its type is a URN. Keys that it names are deleted in the console at that
// address.
func ProblemOf(found *problem.Error, console string) Problem {
	return problemAnswer(found, console, "")
}

// DatabasesOf are databases as GET /databases answers them, in the same order.
func DatabasesOf(databases []proxy.Database) DatabasesAnswer {
	answer := DatabasesAnswer{Databases: make([]DatabaseAnswer, 0, len(databases))}
	for _, database := range databases {
		answer.Databases = append(answer.Databases, databaseAnswer(database))
	}

	return answer
}

// DatabaseOf is one of them.
func DatabaseOf(database proxy.Database) DatabaseAnswer { return databaseAnswer(database) }

// CredentialsOf reveals a database's credentials, as GET /databases/{id}/credentials does.
func CredentialsOf(revealed proxy.Credentials) CredentialsAnswer {
	return CredentialsAnswer{
		Endpoint:          revealed.Endpoint,
		Port:              revealed.Port,
		TLS:               revealed.TLS,
		RestURL:           revealed.RestURL,
		Password:          revealed.Password.Reveal(),
		RestToken:         revealed.RestToken.Reveal(),
		ReadOnlyRestToken: revealed.ReadOnlyRestToken.Reveal(),
	}
}

// ConnectionOf is a connection as GET /connection answers it, where the console at that address is Upstash's.
func ConnectionOf(connection keys.Connection, console string) ConnectionAnswer {
	return connectionAnswer(connection, console)
}

// DisconnectedOf says what is left to do by hand in that console, as DELETE /connection does.
func DisconnectedOf(connection keys.Connection, console string) DisconnectAnswer {
	leftovers := leftoverKeys(connection.Leftovers(), console)

	return DisconnectAnswer{
		ManualActionRequired: len(leftovers) > 0, LeftoverKeys: leftovers, EndedGrants: connection.EndedGrants,
	}
}
