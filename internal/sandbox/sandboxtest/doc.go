// Package sandboxtest starts the whole sandbox for tests and talks to it over HTTP and RESP, as strangers do. The tests
// of each package of the sandbox are beside it and use this one; nothing else imports it.
//
// Start starts a sandbox in the test's own directory; NewBrowser logs in at its issuer; Token asks its control listener
// for an access token; NewUser is an account with a developer key; Inject puts a fault in force; Judged holds an
// exchange to the vendor's OpenAPI document, where one is beside the checkout.
package sandboxtest
