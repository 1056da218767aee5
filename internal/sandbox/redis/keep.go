package redis

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// files stores the data of databases, one file each. A file is replaced as a whole, so that a killed process leaves
// either the old one or the new one.
type files struct {
	dir    string
	noSync bool
}

const extension = ".data"

// fileID matches the ids that may be file names.
var fileID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

var errID = errors.New("not the id of a database")

// newFiles makes the directory and removes the partial files of a killed sandbox.
func newFiles(dir string, noSync bool) (files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return files{}, fmt.Errorf("make the databases' directory: %w", err)
	}

	left, err := filepath.Glob(filepath.Join(dir, unfinished))
	if err != nil {
		return files{}, err
	}

	for _, path := range left {
		if err := os.Remove(path); err != nil {
			return files{}, fmt.Errorf("clean the databases' directory: %w", err)
		}
	}

	return files{dir, noSync}, nil
}

func (f files) path(id string) (string, error) {
	if !fileID.MatchString(id) {
		return "", errID
	}

	return filepath.Join(f.dir, id+extension), nil
}

// read returns nil for a database that was never written.
func (f files) read(id string) ([]byte, error) {
	path, err := f.path(id)
	if err != nil {
		return nil, err
	}

	encoded, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}

	return encoded, err
}

func (f files) write(id string, encoded []byte) error {
	path, err := f.path(id)
	if err != nil {
		return err
	}

	return replaceFile(path, 0o600, !f.noSync, encoded)
}

func (f files) remove(id string) error {
	path, err := f.path(id)
	if err != nil {
		return err
	}

	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}

	return nil
}

// prune removes the data of deleted databases: a sandbox may be killed after it deleted a database but before it
// deleted the data.
func (f files) prune(exists func(id string) bool) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}

	for _, entry := range entries {
		id, ok := strings.CutSuffix(entry.Name(), extension)
		if ok && !exists(id) {
			err = errors.Join(err, f.remove(id))
		}
	}

	return err
}

// How often changed data is written. A database that takes long to write is written less often: at most a tenth of
// the time.
const (
	keepEvery = 400 * time.Millisecond
	keepShare = 10
)

// keep writes the changed data, until the cluster closes.
func (c *Cluster) keep() {
	defer close(c.kept)

	ticker := time.NewTicker(keepEvery)
	defer ticker.Stop()

	for {
		select {
		case <-ticker.C:
			c.keepChanges(false)
		case <-c.closing:
			return
		}
	}
}

func (c *Cluster) keepChanges(all bool) {
	c.mutex.Lock()

	var changed []*engine
	for _, open := range c.engines {
		if open.changes.Load() != open.written.Load() {
			changed = append(changed, open)
		}
	}
	c.mutex.Unlock()

	for _, one := range changed {
		if err := one.keep(c.files, all); err != nil {
			c.options.Logger.Error("redis stand-in could not keep a database", "database", one.id, "error", err)
		}
	}
}

// keep writes the data if it changed. Forget waits for it, so that deleted data is not written again.
func (e *engine) keep(into files, now bool) error {
	e.writing.Lock()
	defer e.writing.Unlock()

	state := e.changes.Load() // read before the copy: later changes are written next time
	if e.forgotten || state == e.written.Load() || (!now && time.Now().Before(e.nextWrite)) {
		return nil
	}
	start := time.Now()

	encoded, err := e.snapshot()
	if err == nil {
		err = into.write(e.id, encoded)
	}
	e.nextWrite = time.Now().Add(keepShare * time.Since(start))

	if err != nil {
		return err
	}
	e.written.Store(state)
	e.size.Store(int64(len(encoded)))

	return nil
}
