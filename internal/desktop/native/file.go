package native

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/upstash-connect/bff/internal/atomicfile"
)

const privateDir = 0o700

// draftMark is in the names of files that are being written.
const draftMark = "-"

// replaceFile puts text in the place of a file, or makes it, readable by its owner alone. Whoever reads meanwhile, and
// whatever is cut off when, finds the old text or the new, whole.
func replaceFile(path string, text []byte) error {
	if target, resolveErr := filepath.EvalSymlinks(path); resolveErr == nil {
		path = target // else the link would be replaced, and what it points at left behind
	}

	directory := filepath.Dir(path)
	if err := os.MkdirAll(directory, privateDir); err != nil {
		return err
	}

	if err := atomicfile.Write(path, draftMark, text); err != nil {
		return err
	}

	return atomicfile.SyncDirectory(directory)
}

// sweep removes what a replaceFile that was killed left beside the file.
func sweep(path string) error { return atomicfile.Sweep(path, draftMark) }

// readPrivate reads a file that only its owner may read. One that others can read is refused: what is in it is no
// secret any more.
func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}

	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf(
			"%s can be read by others (mode %04o): run chmod 600 on it, and delete its key in the Upstash console if anyone may have read it",
			path,
			info.Mode().Perm(),
		)
	}

	return os.ReadFile(path)
}

func removeFile(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}

	return errors.Join(err, atomicfile.SyncDirectory(filepath.Dir(path)))
}
