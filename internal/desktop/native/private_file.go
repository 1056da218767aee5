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

// draftMark is part of the names of temporary files.
const draftMark = "-"

// replaceFile atomically creates or replaces a file that only its owner can read. At any time, even after a crash, the
// file has either the complete old text or the complete new text.
func replaceFile(path string, text []byte) error {
	if target, resolveErr := filepath.EvalSymlinks(path); resolveErr == nil {
		path = target // else it would replace the link, not its target
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

// sweep removes the temporary files of a killed replaceFile.
func sweep(path string) error { return atomicfile.Sweep(path, draftMark) }

// readPrivate reads a file that only its owner can read. It returns an error for a file that others can read, because
// its content may no longer be secret.
func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}

	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf(
			"other users can read %s (mode %04o); run chmod 600 on it, and if somebody may have read it, delete its key in the Upstash console",
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
