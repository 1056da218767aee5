package lualib

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// special are the bytes with a meaning in patterns.
const special = "^$*+?.([%-"

// OpenText replaces the functions of string and table that could use too much memory, stack or time. The libraries
// must be open.
func OpenText(l *lua.LState) {
	text := l.SetFuncs(l.GetGlobal("string").(*lua.LTable), map[string]lua.LGFunction{
		"find":   func(l *lua.LState) int { return search(l, true) },
		"match":  func(l *lua.LState) int { return search(l, false) },
		"gmatch": eachMatch, "gfind": eachMatch, "gsub": replaceAll, "rep": repeat,
	})
	text.RawSetString("format", l.NewFunction(bounded(text.RawGetString("format"), formatted)))

	table := l.GetGlobal("table").(*lua.LTable)
	table.RawSetString("concat", l.NewFunction(bounded(table.RawGetString("concat"), joined)))
}

// bounded wraps a function of Lua's own with a check of its arguments.
func bounded(function lua.LValue, before func(l *lua.LState)) lua.LGFunction {
	own := function.(*lua.LFunction).GFunction

	return func(l *lua.LState) int {
		before(l)
		return own(l)
	}
}

// repeat is string.rep.
func repeat(l *lua.LState) int {
	text, times := l.CheckString(1), max(0, l.CheckInt(2))
	if text != "" && times > MaxText/len(text) {
		l.RaiseError(tooLong)
	}
	l.Push(lua.LString(strings.Repeat(text, times)))

	return 1
}

// joined checks the arguments of table.concat.
func joined(l *lua.LState) {
	table, work := l.CheckTable(1), NewWork(l, MaxText)
	between := len(l.OptString(2, ""))
	first, last := max(1, l.OptInt(3, 1)), min(table.Len(), l.OptInt(4, table.Len()))

	for i := first; i <= last; i++ {
		length := between
		if text, ok := table.RawGetInt(i).(lua.LString); ok {
			length += len(text)
		}

		if !work.Make(length) {
			l.RaiseError(tooLong)
		}
	}
}

// formatted checks the arguments of string.format. Go's would read a number's width from another argument, or write
// the same argument repeatedly.
func formatted(l *lua.LState) {
	const verbs = "cdiouxXeEfgGqs"

	format := l.CheckString(1)
	total, argument := len(format), 1

	for at := 0; at < len(format); at++ {
		if format[at] != '%' {
			continue
		}

		if at++; at < len(format) && format[at] == '%' {
			continue
		}
		rest := strings.TrimLeft(format[at:], "-+ #0")
		plain := strings.TrimLeft(rest, "0123456789")
		width := len(rest) - len(plain)

		if precise, ok := strings.CutPrefix(plain, "."); ok {
			plain = strings.TrimLeft(precise, "0123456789")
			width = max(width, len(precise)-len(plain))
		}

		switch {
		case width > 2:
			l.RaiseError("invalid format (width or precision too long)")
		case plain == "" || !strings.Contains(verbs, plain[:1]):
			l.RaiseError("invalid option '%%%.1s' to 'format'", plain)
		}
		at = len(format) - len(plain)
		argument++
		total += len(lua.LVAsString(l.Get(argument)))

		if total > MaxText {
			l.RaiseError(tooLong)
		}
	}
}

// search is string.find and string.match.
func search(l *lua.LState, find bool) int {
	text, pattern := l.CheckString(1), l.CheckString(2)

	from := l.OptInt(3, 1)
	if from < 0 {
		from = max(0, from+len(text)+1)
	}
	from = min(max(0, from-1), len(text))
	m := newMatcher(l, text, pattern)

	if find && (lua.LVAsBool(l.Get(4)) || !strings.ContainsAny(m.pattern, special)) {
		at := strings.Index(text[from:], pattern)
		if at < 0 {
			l.Push(lua.LNil)
			return 1
		}
		l.Push(lua.LNumber(from + at + 1))
		l.Push(lua.LNumber(from + at + len(pattern)))

		return 2
	}

	for once := m.anchored(); from <= len(text); from++ {
		if end := m.begin(from); end >= 0 {
			if !find {
				return m.push(from, end)
			}
			l.Push(lua.LNumber(from + 1))
			l.Push(lua.LNumber(end))

			if m.level == 0 {
				return 2
			}

			return 2 + m.push(from, end)
		}

		if once {
			break
		}
	}
	l.Push(lua.LNil)

	return 1
}

// eachMatch is string.gmatch.
func eachMatch(l *lua.LState) int {
	text, pattern := l.CheckString(1), l.CheckString(2)

	from := 0
	l.Push(l.NewFunction(func(l *lua.LState) int {
		m := newMatcher(l, text, pattern)

		for ; from <= len(text); from++ {
			end := m.begin(from)
			if end < 0 {
				continue
			}
			start := from

			if from = end; end == start {
				from++
			}

			return m.push(start, end)
		}

		return 0
	}))

	return 1
}

// replaceAll is string.gsub.
func replaceAll(l *lua.LState) int {
	text, pattern, with := l.CheckString(1), l.CheckString(2), l.Get(3)

	switch with.Type() {
	case lua.LTString, lua.LTNumber, lua.LTTable, lua.LTFunction:
	default:
		l.ArgError(3, "string/function/table expected")
	}
	most := l.OptInt(4, len(text)+1)
	m := newMatcher(l, text, pattern)
	once := m.anchored()

	var made []byte
	at, count := 0, 0

	for count < most {
		end := m.begin(at)
		if end >= 0 {
			count++

			if made = m.replace(made, with, at, end); len(made) > MaxText {
				l.RaiseError(tooLong)
			}
		}

		switch {
		case end > at:
			at = end
		case at < len(text):
			made = append(made, text[at])
			at++
		default:
			most = 0
		}

		if once {
			break
		}
	}
	l.Push(lua.LString(append(made, text[at:]...)))
	l.Push(lua.LNumber(count))

	return 2
}

// replace appends the replacement of a match.
func (m *matcher) replace(to []byte, with lua.LValue, from, end int) []byte {
	m.work.step(1)

	var value lua.LValue

	switch with := with.(type) {
	case *lua.LTable:
		value = m.l.GetTable(with, m.value(0, from, end))
	case *lua.LFunction:
		m.l.Push(with)
		m.l.Call(m.push(from, end), 1)
		value = m.l.Get(-1)
		m.l.Pop(1)
	default:
		return m.fill(to, lua.LVAsString(with), from, end)
	}

	switch {
	case lua.LVIsFalse(value):
		return append(to, m.text[from:end]...)
	case !lua.LVCanConvToString(value):
		m.l.RaiseError("invalid replacement value (a %s)", value.Type())
	}

	return append(to, lua.LVAsString(value)...)
}

// fill appends a replacement: %1 and so on are captures, and %0 is the match.
func (m *matcher) fill(to []byte, with string, from, end int) []byte {
	for i := 0; i < len(with); i++ {
		if with[i] != '%' {
			to = append(to, with[i])
			continue
		}
		i++

		switch {
		case i == len(with):
			return append(to, 0) // as Lua's C code does, which reads the terminating zero
		case !isDigit(with[i]):
			to = append(to, with[i])
		case with[i] == '0':
			to = append(to, m.text[from:end]...)
		default:
			to = append(to, fmt.Sprint(m.value(int(with[i]-'1'), from, end))...)
		}

		if m.work.step(1); len(to) > MaxText {
			m.l.RaiseError(tooLong)
		}
	}

	return to
}
