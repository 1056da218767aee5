// Package sharing decides who may use the files that this program creates: only their owner, or also group 0 if the
// program can write to the directory only through that group. Some platforms run each container with its own user id
// (OpenShift: an arbitrary uid, group 0), and the next container must be able to use the files of the previous one.
//
// This applies only to group 0. People's accounts are not in it, and its members can replace every file of the
// directory anyway. Any other group that may write to a directory may be a team or the machine's staff. It could
// replace a keyset, which bff would detect, but must not be able to read one.
package sharing

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	ownerAlone = 0o600
	withGroup  = 0o660

	ownersDirectory = 0o700
	groupsDirectory = 0o770
)

// Protect sets the mode of an open file according to its directory: 0600, or 0660 if we can write there only through
// group 0. It does not change another user's file, unless its mode gives access to others.
func Protect(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}

	return protect(info, file.Name(), file.Chmod)
}

// ProtectPath is Protect for a file name. It ignores a missing file.
func ProtectPath(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}

	if err != nil {
		return err
	}

	return protect(info, path, func(mode fs.FileMode) error { return os.Chmod(path, mode) })
}

func protect(info fs.FileInfo, path string, chmod func(fs.FileMode) error) error {
	wanted, most := modesOf(info, filepath.Dir(path))
	if mode := info.Mode().Perm(); mode == wanted || (!owns(info) && mode&^most == 0) {
		return nil
	}

	return chmod(wanted)
}

// modesOf returns the mode that our own file gets in a directory, and the widest mode that another user's file may
// have. A user who shares a file with the directory's group did so deliberately.
func modesOf(file fs.FileInfo, dir string) (wanted, most fs.FileMode) {
	group, open := groupOf(dir)
	switch {
	case !open || !inGroup(file, group):
		return ownerAlone, ownerAlone
	case !throughGroup(dir):
		return ownerAlone, withGroup
	default:
		return withGroup, withGroup
	}
}

// Shared reports whether a file is shared with group 0: Protect would set 0660.
func Shared(file fs.FileInfo, dir string) bool {
	wanted, _ := modesOf(file, dir)
	return wanted == withGroup
}

// MayReplace reports whether our file may replace another user's although we cannot give it to that user: both files
// and their directory are shared with group 0, and the directory has another owner. Everybody who could read one file
// can read the other.
func MayReplace(ours, theirs fs.FileInfo, dir string) bool {
	owner, err := os.Stat(dir)

	return err == nil && Shared(ours, dir) && Shared(theirs, dir) && theirs.Mode()&0o040 != 0 &&
		!sameOwner(theirs, owner)
}

// MkdirAll is os.MkdirAll for directories that hold secrets. Each directory that it creates is accessible only to its
// owner, or also to group 0 inside a directory shared with it.
func MkdirAll(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}

	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a directory", dir)
		}

		return nil
	}

	parent := filepath.Dir(dir)
	if err := MkdirAll(parent); err != nil {
		return err
	}

	if err := os.Mkdir(dir, ownersDirectory); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}

	info, err := os.Stat(dir)
	if err != nil {
		return err
	}

	if group, open := groupOf(parent); open && owns(info) && inGroup(info, group) && throughGroup(parent) {
		return os.Chmod(dir, groupsDirectory|info.Mode()&fs.ModeSetgid)
	}

	return nil
}
