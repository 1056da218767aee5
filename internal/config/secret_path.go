package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// isPath reports whether a text is a path that can be printed: its first element exists. People often put the secret
// itself into a _FILE variable, and the start of a token, keyset or database URL is no existing file. A slash proves
// nothing: base64, JSON and URLs contain slashes too.
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

// foundPath returns a foundError if the value is a path, or else an error without the value.
func foundPath(what, found string) error {
	if !isPath(found) {
		return errors.New(what)
	}

	return &foundError{what, found}
}

// readError explains why the file of a secret cannot be read.
func readError(path string, err error) error {
	if isPath(path) {
		return fmt.Errorf("cannot be read: %w", err)
	}

	var of *fs.PathError
	if errors.As(err, &of) { // its text quotes the path
		err = of.Err
	}

	return fmt.Errorf("cannot be read: it must be the path of a file (%w); its value is not printed, because it may be a secret", err)
}
