// Package sharing says who may use the files that this program makes: their owner alone, or group 0 too, where the
// program is in a directory only because that group is. That is how platforms run a container that gives each one a
// user id of its own (OpenShift: an arbitrary uid, group 0): what one leaves behind has to be of use to the next.
//
// Group 0 alone: people's accounts are not in it, and whoever is can replace every file of the directory already. Any
// other group that may write in a directory may be that of a team or of the machine's staff. It can replace a keyset,
// which is found out, but could not read one.
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

// Protect gives an open file the mode that its directory asks for: 0600, or 0660 where group 0 is
// what let us in. Another user's file is left as it is, unless it lets somebody in whom it should not.
func Protect(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}

	return protect(info, file.Name(), file.Chmod)
}

// ProtectPath is Protect for a file by its name. One that is not there needs nothing.
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

// modesOf is the mode that a file in a directory gets, and the one that another user's may have: whoever made it for
// the directory's group, whichever that is, knew why.
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

// Shared reports whether a file is for group 0 too: Protect would give it 0660.
func Shared(file fs.FileInfo, dir string) bool {
	wanted, _ := modesOf(file, dir)
	return wanted == withGroup
}

// MayReplace reports whether our file may take the place of another user's although it cannot be given to that user:
// both are for group 0, as is their directory, whose owner is neither. Everybody who could read the one can read
// the other.
func MayReplace(ours, theirs fs.FileInfo, dir string) bool {
	owner, err := os.Stat(dir)

	return err == nil && Shared(ours, dir) && Shared(theirs, dir) && theirs.Mode()&0o040 != 0 &&
		!sameOwner(theirs, owner)
}

// MkdirAll is os.MkdirAll for directories that hold secrets: each that it makes is its owner's alone, or group 0's
// too, where it is made in a directory of which that holds.
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
