package inflight

import (
	"fmt"
	"runtime/debug"
)

// PanicError is the error of a call that panicked. The panic value may contain a secret, so only its type is stored.
type PanicError struct {
	Type  string
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("panic in a shared call: %s\n%s", e.Type, e.Stack)
}

// Guard returns run's result, or a *PanicError when it panics. Without it, a panic in a new goroutine would end the
// process. A *PanicError that is raised again stays unchanged: it has the stack of the first panic.
func Guard[V any](run func() (V, error)) (value V, err error) {
	defer func() {
		if broke := recover(); broke != nil {
			err = NewPanicError(broke)
		}
	}()

	return run()
}

// NewPanicError describes a recovered value. Call it in the deferred function that recovered it. A *PanicError is
// returned unchanged.
func NewPanicError(recovered any) *PanicError {
	if broke, ok := recovered.(*PanicError); ok {
		return broke
	}

	return &PanicError{Type: fmt.Sprintf("%T", recovered), Stack: debug.Stack()}
}
