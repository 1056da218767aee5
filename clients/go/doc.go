// Package connect is the client of an Upstash Connect server for a partner's backend: it opens connect sessions,
// completes them, and uses the databases of users who allowed it.
//
//	client, err := connect.New("https://connect.example.com", connect.WithToken(token))
//	session, err := client.OpenConnectSession(ctx, connect.ConnectSessionRequest{ExternalID: "user_4711"})
//	databases, err := client.ForUser("user_4711").ListDatabases(ctx)
//
// # Errors
//
// A *Problem is an error that the server reports; decide by its Code. A *ResponseError is a response of something else,
// such as a proxy: whether the server received the call is unknown. Every other error is a call that got no complete
// response, because the connection failed or the context ended, or a call that was never sent.
//
// # Repeats
//
// A GET and a call with an idempotency key are sent up to four times, if the response is 429, 503 or 504. The client
// waits for the time of Retry-After, or 0.5, 1 and 2 seconds without that header. It returns the error immediately if
// Retry-After is longer than a minute. No other call and no failed connection is repeated.
//
// The types come from openapi.yaml. For the calls that have no method here, use Call.
package connect
