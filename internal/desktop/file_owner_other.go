//go:build !unix

package desktop

import (
	"io/fs"
	"os"
)

// ownFile always reports true: on this system each user has a separate directory for temporary files.
func ownFile(fs.FileInfo) bool { return true }

// openUnlinked opens a regular file, but no link.
func openUnlinked(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}

	if !info.Mode().IsRegular() {
		return nil, errLink
	}

	return os.Open(path)
}

// holdFile does nothing: on this system nobody could read or replace a locked file.
func holdFile(*os.File) bool { return true }
