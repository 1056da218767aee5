//go:build unix

package sharing

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// groupOf returns the group of a directory that the group, but not everybody, may write to. In a directory that is open
// to everybody the group was not chosen deliberately.
func groupOf(dir string) (group uint32, open bool) {
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o070 != 0o070 || info.Mode().Perm()&0o002 != 0 {
		return 0, false
	}

	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}

	return stat.Gid, true
}

// platformsGroup is the group of all users that container platforms create per container.
const platformsGroup = 0

// throughGroup reports whether we may write to a directory only because group 0 may: another user owns it, or we
// created it inside such a directory. Root may write anywhere, so it shares nothing.
func throughGroup(dir string) bool {
	group, open := groupOf(dir)
	if !open || group != platformsGroup || os.Geteuid() == 0 {
		return false
	}

	info, err := os.Stat(dir)
	if err != nil {
		return false
	}

	if !owns(info) {
		return true
	}

	absolute, err := filepath.Abs(dir)
	if err != nil {
		return false
	}

	parent := filepath.Dir(absolute)
	above, open := groupOf(parent)

	return open && parent != absolute && above == group && throughGroup(parent)
}

func owns(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

func sameOwner(one, other fs.FileInfo) bool {
	first, ok := one.Sys().(*syscall.Stat_t)
	second, also := other.Sys().(*syscall.Stat_t)

	return ok && also && first.Uid == second.Uid
}

func inGroup(info fs.FileInfo, group uint32) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Gid == group
}
