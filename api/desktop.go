package api

import (
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// The desktop commands call the domain directly, without a server, but print the same JSON as the API, so that
// programs can parse both. These functions convert domain values to the API's response types.

// ProblemOf returns the problem as the server would return it, but without an instance and a request ID. A code that
// only desktop commands use has no status, and its type is a URN. console is the address of the Upstash console.
func ProblemOf(found *problem.Error, console string) Problem {
	return problemBody(found, console, "")
}

// DatabasesOf returns databases as GET /databases does, in the same order.
func DatabasesOf(databases []proxy.Database) DatabasesResponse {
	answer := DatabasesResponse{Databases: make([]DatabaseResponse, 0, len(databases))}
	for _, database := range databases {
		answer.Databases = append(answer.Databases, databaseResponse(database))
	}

	return answer
}

// DatabaseOf returns a database as GET /databases/{id} does.
func DatabaseOf(database proxy.Database) DatabaseResponse { return databaseResponse(database) }

// CredentialsOf reveals the credentials of a database as GET /databases/{id}/credentials does.
func CredentialsOf(revealed proxy.Credentials) CredentialsResponse {
	return CredentialsResponse{
		Endpoint:          revealed.Endpoint,
		Port:              revealed.Port,
		TLS:               revealed.TLS,
		RestURL:           revealed.RestURL,
		Password:          revealed.Password.Reveal(),
		RestToken:         revealed.RestToken.Reveal(),
		ReadOnlyRestToken: revealed.ReadOnlyRestToken.Reveal(),
	}
}

// ConnectionOf returns a connection as GET /connection does. console is the address of the Upstash console.
func ConnectionOf(connection keys.Connection, console string) ConnectionResponse {
	return connectionResponse(connection, console)
}

// DisconnectedOf lists the keys that the user must delete in the console, as DELETE /connection does.
func DisconnectedOf(connection keys.Connection, console string) DisconnectResponse {
	leftovers := leftoverKeys(connection.Leftovers(), console)

	return DisconnectResponse{
		ManualActionRequired: len(leftovers) > 0, LeftoverKeys: leftovers, EndedGrants: connection.EndedGrants,
	}
}
