package native

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

const (
	private    = 0o600
	privateDir = 0o700
)

// replaceFile puts text in the place of a file, or makes it, readable by its owner alone. Whoever reads meanwhile, and whatever
// is cut off when, finds the old text or the new, whole: it is written beside the file, flushed, and renamed over it.
func replaceFile(path string, text []byte) (err error) {
	if target, resolveErr := filepath.EvalSymlinks(path); resolveErr == nil {
		path = target // else the link would be replaced, and what it points at left behind
	}
	directory := filepath.Dir(path)
	if err := os.MkdirAll(directory, privateDir); err != nil {
		return err
	}
	beside, err := os.CreateTemp(directory, "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(beside.Name()) // it may hold a key
		}
	}()
	_, err = beside.Write(text)
	if err = errors.Join(err, beside.Sync(), beside.Close()); err != nil {
		return err
	}
	if err = os.Rename(beside.Name(), path); err != nil {
		return err
	}
	return syncDirectory(directory)
}

// sweep removes what a replaceFile that was killed left beside the file.
func sweep(path string) error {
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-*"))
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// syncDirectory makes a rename last through a power cut. Windows has no such call, and needs none.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// readPrivate reads a file that only its owner may read. One that others can read is refused: what is in it is no secret any more.
func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %04o): run chmod 600 on it, and delete its key in the Upstash console if anyone may have read it", path, info.Mode().Perm())
	}
	return os.ReadFile(path)
}

func removeFile(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, syncDirectory(filepath.Dir(path)))
}
