// Package clients tests the API document with generated clients. Its tests generate a Go client and two TypeScript
// clients, from the current document and from the last release's, compile them in strict mode, and run the complete
// journey against the sandbox of the real binary. The clients of the current document also act as a partner's backend,
// from a connect session to a grant. The tests also run every command of docs/integrate/clients.md and
// docs/integrate/services.md.
//
// The generators and the dependencies of generated code are pinned in go/ and ts/, which are separate packages, so that
// the product and its page do not depend on them.
package clients
