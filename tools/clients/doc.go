// Package clients proves the API document by what others make of it: its tests generate a Go client and two TypeScript
// clients, from the present document and from that of the last release, compile them strictly and take the whole
// journey against the real binary's sandbox. They also run docs/clients.md, line by line.
//
// The generators and what generated code needs are pinned in go/ and ts/, packages of their own, so that nothing of
// them is a dependency of the product or of its page.
package clients
