package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// isPath reports whether a text that should be a path may be shown as one: its first part exists here. The name of a
// variable that ends in _FILE is often given what belongs into the file, and a token, a keyset or a database's URL
// begins with the name of nothing that exists. That it holds a slash says nothing: base64, JSON and URLs do as well.
func isPath(text string) bool {
	text = strings.Trim(text, quotationMarks+" \t\r\n")
	root := filepath.VolumeName(text)

	rest := text[len(root):]
	for rest != "" && os.IsPathSeparator(rest[0]) {
		root, rest = root+rest[:1], rest[1:]
	}

	rest, _, _ = strings.Cut(filepath.ToSlash(rest), "/")

	_, err := os.Lstat(root + rest)

	return rest != "" && err == nil
}

// foundPlace is a foundError where a path was found, and else tells what, and nothing of what was found.
func foundPlace(what, found string) error {
	if !isPath(found) {
		return errors.New(what)
	}

	return &foundError{what, found}
}

// unread says why the file of a secret cannot be read.
func unread(path string, err error) error {
	if isPath(path) {
		return fmt.Errorf("cannot be read: %w", err)
	}

	var of *fs.PathError
	if errors.As(err, &of) { // its words quote the path
		err = of.Err
	}

	return fmt.Errorf("cannot be read: it must be the path of a file, and names none (%w); what it holds is not shown", err)
}
