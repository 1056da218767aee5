// Package docs embeds the pages that the server serves.
package docs

import _ "embed" // for the pages

// Problems is docs/integrate/problems.md: a second-level heading for each code, and its explanation.
//
//go:embed integrate/problems.md
var Problems string
