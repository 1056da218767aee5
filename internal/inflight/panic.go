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
// The *PanicError of a call within, raised again, stays what it is: it knows where things broke.
func Guard[V any](run func() (V, error)) (value V, err error) {
	defer func() {
		if broke := recover(); broke != nil {
			err = NewPanicError(broke)
		}
	}()

	return run()
}

// NewPanicError describes what was recovered, to be called where it was. A *PanicError is returned as it is.
func NewPanicError(recovered any) *PanicError {
	if broke, ok := recovered.(*PanicError); ok {
		return broke
	}

	return &PanicError{Type: fmt.Sprintf("%T", recovered), Stack: debug.Stack()}
}
