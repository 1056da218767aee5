// Package web carries the browser application inside the binary, with the compressed forms of its files beside them.
// The files are built by Vite into dist; without a build dist holds only .gitkeep, so that the Go code compiles on a
// machine without Node.
package web

import (
	"embed"
	"io/fs"
)

// The all: prefix is needed because dist/.gitkeep starts with a dot, and a pattern that matches no file is a compile
// error.
//
//go:embed all:dist
var files embed.FS

// Dist returns the built application with index.html at its root. The file system holds no index.html when the
// application has not been built.
func Dist() (fs.FS, error) {
	return fs.Sub(files, "dist")
}
