// Package lualib has the libraries that Redis offers to scripts besides Lua's own: bit, cjson, cmsgpack and struct.
// https://redis.io/docs/latest/develop/programmability/lua-api/#runtime-libraries
package lualib

import lua "github.com/yuin/gopher-lua"

// Open sets the libraries as globals.
func Open(l *lua.LState) {
	l.SetGlobal("bit", l.SetFuncs(l.NewTable(), bitFuncs()))
	l.SetGlobal("cjson", newCJSON(l))
	l.SetGlobal("cmsgpack", l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"pack": pack, "unpack": unpack, "unpack_one": unpackOne, "unpack_limit": unpackLimit,
	}))
	l.SetGlobal("struct", l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"pack": structPack, "unpack": structUnpack, "size": structSize,
	}))
}

// arrayLength returns the greatest index and the number of indices of a table with only indices from 1 as keys. It
// returns false for other tables.
func arrayLength(table *lua.LTable) (length, count int, ok bool) {
	ok = true

	table.ForEach(func(key, _ lua.LValue) {
		number, isNumber := key.(lua.LNumber)
		if !isNumber || number < 1 || number != lua.LNumber(int(number)) {
			ok = false
			return
		}
		length, count = max(length, int(number)), count+1
	})

	return length, count, ok
}
