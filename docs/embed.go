// Package docs carries the pages that the server itself shows.
package docs

import _ "embed" // for the pages

// Problems is docs/integrate/problems.md: a second-level heading for each code, and what it means below.
//
//go:embed integrate/problems.md
var Problems string
