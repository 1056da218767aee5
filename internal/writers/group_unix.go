//go:build unix

package writers

import (
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// ownGroup reports whether this process is in the directory's group.
func ownGroup(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	groups, _ := os.Getgroups()

	return int(stat.Gid) == os.Getegid() || slices.Contains(groups, int(stat.Gid))
}
