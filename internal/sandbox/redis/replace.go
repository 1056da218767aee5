package redis

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/natefinch/atomic"
)

// unfinished is the pattern of a file's name while it is being written.
const unfinished = ".unfinished-*"

// replaceFile puts text instead of a file, or makes it, with that mode. Anyone who reads meanwhile finds the old text
// or the new one, and a failure leaves the old one alone. Unless flush is set, a power cut may lose both.
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
