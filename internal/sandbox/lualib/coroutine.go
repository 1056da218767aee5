package lualib

import lua "github.com/yuin/gopher-lua"

// maxResumed is how many coroutines may wait for one that they resumed. Each has its own stack of calls, and all
// are on the process's stack, which ends the process where it is full.
const maxResumed = 8

// OpenCoroutines replaces the functions that resume coroutines. The library must be open.
func OpenCoroutines(l *lua.LState) {
	library := l.GetGlobal("coroutine").(*lua.LTable)
	resumed := 0
	bounded := func(own lua.LGFunction) lua.LGFunction {
		return func(l *lua.LState) int {
			if resumed >= maxResumed {
				l.RaiseError("C stack overflow")
			}
			resumed++

			defer func() { resumed-- }()

			return own(l)
		}
	}
	resume := library.RawGetString("resume").(*lua.LFunction).GFunction
	wrap := library.RawGetString("wrap").(*lua.LFunction).GFunction

	library.RawSetString("resume", l.NewFunction(bounded(resume)))
	library.RawSetString("wrap", l.NewFunction(func(l *lua.LState) int {
		returned := wrap(l)
		made := l.Get(-1).(*lua.LFunction)
		made.GFunction = bounded(made.GFunction)

		return returned
	}))
}
