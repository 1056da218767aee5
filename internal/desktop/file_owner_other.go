//go:build !unix

package desktop

import (
	"io/fs"
	"os"
)

// ownFile cannot be told here, where the directory for temporary files is each user's own.
func ownFile(fs.FileInfo) bool { return true }

// openUnlinked opens a file, and no link to one.
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

// holdFile does nothing here: a file that is held could be neither read nor replaced, and a machine has one loopback.
func holdFile(*os.File) bool { return true }
