// Package connect is the client of an Upstash Connect server for a partner's backend: it opens connect sessions,
// completes them, and uses the databases of users who allowed it.
//
//	client, err := connect.New("https://connect.example.com", connect.WithToken(token))
//	session, err := client.OpenConnectSession(ctx, connect.ConnectSessionRequest{ExternalID: "user_4711"})
//	databases, err := client.ForUser("user_4711").ListDatabases(ctx)
//
// Every error that the server reports is a *Problem. Calls that change nothing, and creates, are repeated after a
// Retry-After of at most a minute.
//
// The types come from openapi.yaml. For the calls that have no method here, use Call.
package connect
