// Package writers finds out who else may write into a directory: whoever does can put a file of theirs in the place of
// one of ours.
package writers

import (
	"fmt"
	"os"
)

const (
	groupWrites = 0o020
	otherWrites = 0o002
)

// Warning says who else may write into a directory that holds what is ours, as a sentence for whoever runs us. It is
// empty when nobody may, and when that cannot be found out. A group of ours is no stranger: platforms that give each
// container a user of its own share a directory so.
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
