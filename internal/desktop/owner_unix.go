//go:build unix

package desktop

import (
	"io/fs"
	"os"
	"syscall"
)

// ownFile reports whether this user owns the file.
func ownFile(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
