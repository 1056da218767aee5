package operation

import (
	"cmp"
	"slices"
	"strings"
)

// catalogue is filled while the package's variables are initialized, and never changes afterwards.
var catalogue []*Operation //nolint:gochecknoglobals // each file adds its own operation

// register adds an operation to the catalogue.
//
//nolint:unparam // a package variable needs a value
func register(operation Operation) *Operation {
	catalogue = append(catalogue, &operation)
	return &operation
}

// All lists every operation: by product, then default before named before guarded, then by verb, in the order in which
// people meet them: list, get, create, credentials, and the others by name.
func All() []*Operation {
	all := slices.Clone(catalogue)
	slices.SortFunc(all, func(a, b *Operation) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Products(), a.On.Product), slices.Index(Products(), b.On.Product)),
			cmp.Compare(slices.Index(tiers, a.Tier), slices.Index(tiers, b.Tier)),
			cmp.Compare(a.verbOrder(), b.verbOrder()),
			strings.Compare(a.Name, b.Name),
		)
	})

	return all
}

var firstVerbs = []string{"list", "get", "create", "credentials"} //nolint:gochecknoglobals // an order, never written

// verbOrder is the place of the operation's verb among firstVerbs; after them for any other.
func (o *Operation) verbOrder() int {
	_, verb, _ := strings.Cut(o.Name, ".")
	if at := slices.Index(firstVerbs, verb); at >= 0 {
		return at
	}

	return len(firstVerbs)
}

var tiers = []Tier{Default, Named, Guarded} //nolint:gochecknoglobals // an order, never written

// Names lists the names of operations.
func Names(operations []*Operation) []string {
	names := make([]string, 0, len(operations))
	for _, operation := range operations {
		names = append(names, operation.Name)
	}

	return names
}

// Find returns the operation with this name.
func Find(name string) (*Operation, bool) {
	n := slices.IndexFunc(catalogue, func(o *Operation) bool { return o.Name == name })
	if n < 0 {
		return nil, false
	}

	return catalogue[n], true
}

// Open returns the operations that an installation offers: the default ones, and those that the names allow. A name
// that ends in * allows every named operation that begins with the rest, but no guarded one: those must be named in
// full. unknown lists the names that allow nothing.
func Open(names []string) (open []*Operation, unknown []string) {
	allowed := map[string]bool{}

	for _, name := range names {
		if !allow(name, allowed) {
			unknown = append(unknown, name)
		}
	}

	for _, operation := range All() {
		if operation.Tier == Default || allowed[operation.Name] {
			open = append(open, operation)
		}
	}

	return open, unknown
}

// allow adds what a name, or a pattern, allows. It reports whether that is anything.
func allow(name string, allowed map[string]bool) bool {
	prefix, pattern := strings.CutSuffix(name, "*")
	found := false

	for _, operation := range catalogue {
		matches := operation.Name == name
		if pattern {
			matches = prefix != "" && operation.Tier != Guarded && strings.HasPrefix(operation.Name, prefix)
		}

		if matches {
			allowed[operation.Name], found = true, true
		}
	}

	return found
}
