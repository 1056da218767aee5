package redis

import (
	"errors"
	"time"
)

// runner runs one command in the engine. Its error is the command's.
type runner = func(args ...string) (value, error)

// errBusy is returned when a script holds the lock for too long.
var errBusy = errors.New("the database is busy")

const busyPatience = 3 * time.Second

// atomically calls work with the engine locked, so that several commands see, or make, one state.
func (e *engine) atomically(work func(do runner) error) error {
	if !e.lock.acquireWithin(busyPatience) {
		return errBusy
	}
	defer e.releaseLock()

	return work(e.do)
}

func texts(reply value) []string {
	found := make([]string, 0, len(reply.items))
	for _, one := range reply.items {
		found = append(found, one.text)
	}

	return found
}
