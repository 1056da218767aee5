package lualib

import (
	lua "github.com/yuin/gopher-lua"
)

const (
	// MaxText is the maximum length of a text that one step of a script makes, in bytes, as Redis limits a string.
	MaxText = 512 << 20
	// MaxMade is the maximum number of bytes that a library makes from a script's tables in one call.
	MaxMade = 64 << 20
	// NodeBytes is what each value in a table counts at least.
	NodeBytes = 16
	// stepsBetween is how many steps a library function runs between checks whether the script was stopped. Lua
	// checks its own steps.
	stepsBetween = 4096
)

const tooLong = "resulting string too large"

// Work limits the steps and bytes of one function call. A table that contains itself, or twice within at each level,
// is finite for Lua but endless for a function that walks it.
type Work struct {
	l     *lua.LState
	steps int
	left  int // bytes
}

// NewWork starts a call's work, with a limit of bytes.
func NewWork(l *lua.LState, bytes int) *Work { return &Work{l: l, left: bytes} }

// Err returns why the script was stopped, or nil while it may continue.
func (w *Work) Err() error {
	if ctx := w.l.Context(); ctx != nil {
		return ctx.Err()
	}

	return nil
}

// step counts steps, and raises an error in a stopped script.
func (w *Work) step(steps int) {
	if w.steps += steps; w.steps < stepsBetween {
		return
	}
	w.steps = 0

	if err := w.Err(); err != nil {
		w.l.RaiseError("%s", err.Error())
	}
}

// Make counts made bytes as one step. It returns false when there are too many or the script was stopped.
func (w *Work) Make(bytes int) bool {
	w.left -= bytes

	if w.steps++; w.steps >= stepsBetween/4 {
		w.steps = 0

		if w.Err() != nil {
			w.left = -1
		}
	}

	return w.left >= 0
}
