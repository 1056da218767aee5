// Package writers reports who else may write to a directory: they could replace our files with their own.
package writers

import (
	"fmt"
	"os"
)

const (
	groupWrites = 0o020
	otherWrites = 0o002
)

// Warning returns a sentence for the operator that says who else may write to a directory with our files. It is empty
// when nobody else may, or when that is unknown. Our own group does not count: platforms that give each container its
// own user share directories that way.
func Warning(directory string) string {
	info, err := os.Stat(directory)
	if err != nil || !info.IsDir() {
		return ""
	}

	mode := info.Mode().Perm()

	who := ""
	switch {
	case mode&otherWrites != 0:
		who = "every user of this machine"
	case mode&groupWrites != 0 && !ownGroup(info):
		who = "a group that bff is not in"
	default:
		return ""
	}

	return fmt.Sprintf(
		"%s can write to %s (mode %04o) and replace the files there: run chmod go-w on it", who, directory, mode,
	)
}
