// Package sandboxtest starts the complete sandbox for tests and talks to it over HTTP and RESP, as clients do. The
// tests of each sandbox package are next to that package and use this one; nothing else imports it.
//
// Start starts a sandbox in the test's own directory; NewBrowser logs in at its issuer; Token requests an access
// token from its control listener; NewUser makes an account with a developer key; Inject adds a fault rule; Judged
// checks a call against the vendor's OpenAPI document, if that is next to the checkout.
package sandboxtest
