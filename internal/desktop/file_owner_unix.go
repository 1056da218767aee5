//go:build unix

package desktop

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// ownFile reports whether this user owns the file.
func ownFile(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}

// openUnlinked opens a file, but no link. It does not block on a pipe.
func openUnlinked(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, errLink
	}

	return file, err
}

// holdFile locks a file until it is closed or this process ends. It reports false if another process has the lock.
func holdFile(file *os.File) bool {
	return !errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
