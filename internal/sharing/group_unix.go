//go:build unix

package sharing

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// groupOf is the group of a directory that its group may write in, and nobody else beside its owner: in one that is
// open to everybody the group is not what was meant.
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

// platformsGroup is the one that platforms which choose a user id for each container put all of these in.
const platformsGroup = 0

// throughGroup reports whether we may write in a directory because it is for group 0 to write, and for no other reason:
// it is another's, or we made it in one of which that holds. Root may write anywhere, and shares nothing.
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
