// Package clients proves the API document by what others make of it: its tests generate a Go client and two TypeScript
// clients, from the present document and from that of the last release, compile them strictly and take the whole
// journey against the real binary's sandbox. Those of the present document also act as a partner's backend, through a
// connect session to a grant. The tests run docs/integrate/clients.md and docs/integrate/services.md too, line by line.
//
// The generators and what generated code needs are pinned in go/ and ts/, packages of their own, so that nothing of
// them is a dependency of the product or of its page.
package clients
