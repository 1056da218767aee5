package lualib

import (
	lua "github.com/yuin/gopher-lua"
)

const (
	// MaxText is how long a text may be that one step of a script's makes, in bytes, as Redis bounds a string.
	MaxText = 512 << 20
	// MaxMade is how much a library may make of a script's tables at once, in bytes.
	MaxMade = 64 << 20
	// NodeBytes is what each value in a table counts, however short it is.
	NodeBytes = 16
	// stepsBetween is how many steps a function of ours does before it looks whether the script was ended. Lua itself
	// checks its own work.
	stepsBetween = 4096
)

const tooLong = "resulting string too large"

// Work is what one call of a function may do and make. A table that has itself within, or twice within at each level,
// is finite for Lua and has no end for who walks through it.
type Work struct {
	l     *lua.LState
	steps int
	left  int // bytes
}

// NewWork begins a call's work, with the bytes that it may make.
func NewWork(l *lua.LState, bytes int) *Work { return &Work{l: l, left: bytes} }

// Err tells why the script was ended, or nil while it may continue.
func (w *Work) Err() error {
	if ctx := w.l.Context(); ctx != nil {
		return ctx.Err()
	}

	return nil
}

// step counts steps and raises an error in a script that was ended.
func (w *Work) step(steps int) {
	if w.steps += steps; w.steps < stepsBetween {
		return
	}
	w.steps = 0

	if err := w.Err(); err != nil {
		w.l.RaiseError("%s", err.Error())
	}
}

// Make counts bytes that are made, as one step, and is false when there are too many or the script was ended.
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
