package inflight

import (
	"fmt"
	"runtime/debug"
)

// PanicError is what callers of a call that panicked get. The value may hold anything, a secret too, so only its type
// is told.
type PanicError struct {
	Type  string
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("panic in a shared call: %s\n%s", e.Type, e.Stack)
}

// Guard returns what run returns, and a *PanicError when it panics. Nobody else's recover stands above a goroutine.
func Guard[V any](run func() (V, error)) (value V, err error) {
	defer func() {
		if broke := recover(); broke != nil {
			err = &PanicError{Type: fmt.Sprintf("%T", broke), Stack: debug.Stack()}
		}
	}()

	return run()
}
