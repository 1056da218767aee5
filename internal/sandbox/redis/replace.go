package redis

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/natefinch/atomic"
)

// unfinished is the name pattern of a file that is being written.
const unfinished = ".unfinished-*"

// replaceFile replaces or creates a file with this text and mode. Concurrent readers get the old text or the new one,
// and an error leaves the old one unchanged. Without flush, a power failure may lose both.
func replaceFile(path string, mode fs.FileMode, flush bool, text []byte) error {
	beside, err := os.CreateTemp(filepath.Dir(path), unfinished) // 0600
	if err != nil {
		return err
	}

	_, err = beside.Write(text)
	if err == nil {
		err = beside.Chmod(mode)
	}

	if err == nil && flush {
		err = beside.Sync()
	}

	if err = errors.Join(err, beside.Close()); err == nil {
		err = atomic.ReplaceFile(beside.Name(), path)
	}

	if err != nil {
		return errors.Join(err, os.Remove(beside.Name()))
	}

	return nil
}
