package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	// maxCaptures is Lua's own limit.
	maxCaptures = 32
	// maxMatching limits the recursion of matching: one level for each capture, and for each ?. Repetitions are
	// loops.
	maxMatching = 10_000
)

// Lengths of captures without text: one that is still open, and a position capture.
const (
	captureOpen  = -1
	capturePlace = -2
)

type capture struct{ start, length int }

// matcher matches patterns like Lua 5.1, where a pattern ends at its first zero byte. Every loop counts its steps,
// because a pattern may need more of them than the time limit allows
// (https://www.lua.org/manual/5.1/manual.html#5.4.1).
type matcher struct {
	l        *lua.LState
	work     *Work
	text     string
	pattern  string
	captures [maxCaptures]capture
	level    int
	depth    int
}

func newMatcher(l *lua.LState, text, pattern string) *matcher {
	pattern, _, _ = strings.Cut(pattern, "\x00")
	return &matcher{l: l, work: NewWork(l, MaxText), text: text, pattern: pattern}
}

// anchored removes ^ from the front of the pattern.
func (m *matcher) anchored() (found bool) {
	m.pattern, found = strings.CutPrefix(m.pattern, "^")
	return found
}

// begin matches the complete pattern at a position, and returns where the match ends, or -1.
func (m *matcher) begin(at int) int {
	m.level, m.depth = 0, 0
	return m.match(at, 0)
}

// in returns a byte of the pattern, or 0 at its end.
func (m *matcher) in(p int) byte {
	if p < len(m.pattern) {
		return m.pattern[p]
	}

	return 0
}

func (m *matcher) match(at, p int) int {
	if m.depth++; m.depth > maxMatching {
		m.l.RaiseError("pattern too complex")
	}
	defer func() { m.depth-- }()

	for p < len(m.pattern) && at >= 0 {
		m.work.step(1)

		switch m.pattern[p] {
		case '(':
			return m.open(at, p+1)
		case ')':
			return m.close(at, p+1)
		case '$':
			if p+1 == len(m.pattern) {
				if at == len(m.text) {
					return at
				}

				return -1
			}
		case '%':
			if next, after, ok := m.special(at, p+1); ok {
				at, p = next, after
				continue
			}
		}

		var done bool

		if at, p, done = m.one(at, p); done {
			return at
		}
	}

	return at
}

// special matches an item that starts with % and is not a class; false for classes.
func (m *matcher) special(at, p int) (next, after int, ok bool) {
	switch c := m.in(p); {
	case c == 'b':
		return m.balanced(at, p+1), p + 3, true
	case c == 'f':
		if p++; m.in(p) != '[' {
			m.l.RaiseError("%s", "missing '[' after '%f' in pattern")
		}
		end, before, here := m.classEnd(p), byte(0), byte(0)

		if at > 0 {
			before = m.text[at-1]
		}

		if at < len(m.text) {
			here = m.text[at]
		}

		if m.inSet(before, p, end-1) || !m.inSet(here, p, end-1) {
			at = -1
		}

		return at, end, true
	case isDigit(c):
		return m.again(at, c), p + 1, true
	}

	return at, p, false
}

// one matches a class with its repetition, or succeeds at the end of the pattern.
func (m *matcher) one(at, p int) (next, after int, done bool) {
	end := m.classEnd(p)

	switch m.in(end) {
	case '?':
		if m.single(at, p, end) {
			if found := m.match(at+1, end+1); found >= 0 {
				return found, 0, true
			}
		}

		return at, end + 1, false
	case '*':
		return m.most(at, at, p, end), 0, true
	case '+':
		return m.most(at, at+1, p, end), 0, true
	case '-':
		return m.least(at, p, end), 0, true
	}

	if !m.single(at, p, end) {
		return -1, 0, true
	}

	return at + 1, end, false
}

// most matches as many repetitions as possible, then fewer, but at least least.
func (m *matcher) most(at, least, p, end int) int {
	last := at
	for m.single(last, p, end) {
		last++
	}

	for ; last >= least; last-- {
		m.work.step(1)

		if found := m.match(last, end+1); found >= 0 {
			return found
		}
	}

	return -1
}

// least matches as few repetitions as possible.
func (m *matcher) least(at, p, end int) int {
	for {
		if found := m.match(at, end+1); found >= 0 {
			return found
		}

		if !m.single(at, p, end) {
			return -1
		}
		at++
	}
}

func (m *matcher) open(at, p int) int {
	if m.level >= maxCaptures {
		m.l.RaiseError("too many captures")
	}
	length := captureOpen

	if m.in(p) == ')' {
		length, p = capturePlace, p+1
	}
	m.captures[m.level] = capture{at, length}
	m.level++

	found := m.match(at, p)
	if found < 0 {
		m.level--
	}

	return found
}

func (m *matcher) close(at, p int) int {
	which := m.level - 1
	for which >= 0 && m.captures[which].length != captureOpen {
		which--
	}

	if which < 0 {
		m.l.RaiseError("invalid pattern capture")
	}
	m.captures[which].length = at - m.captures[which].start

	found := m.match(at, p)
	if found < 0 {
		m.captures[which].length = captureOpen
	}

	return found
}

// again matches the text of an earlier capture.
func (m *matcher) again(at int, digit byte) int {
	which := int(digit) - '1'
	if which < 0 || which >= m.level || m.captures[which].length == captureOpen {
		m.l.RaiseError("invalid capture index")
	}
	one := m.captures[which]

	if one.length < 0 { // a position: Lua compares an impossible number of bytes
		return -1
	}
	m.work.step(one.length)

	if !strings.HasPrefix(m.text[at:], m.text[one.start:one.start+one.length]) {
		return -1
	}

	return at + one.length
}

// balanced matches from an opening byte to its closing byte.
func (m *matcher) balanced(at, p int) int {
	if p+1 >= len(m.pattern) {
		m.l.RaiseError("unbalanced pattern")
	}
	opens, closes := m.pattern[p], m.pattern[p+1]

	if at >= len(m.text) || m.text[at] != opens {
		return -1
	}
	inside := 1

	for at++; at < len(m.text); at++ {
		m.work.step(1)

		switch m.text[at] {
		case closes:
			if inside--; inside == 0 {
				return at + 1
			}
		case opens:
			inside++
		}
	}

	return -1
}

// classEnd returns where the pattern continues after a class.
func (m *matcher) classEnd(p int) int {
	first := m.pattern[p]
	p++

	switch first {
	case '%':
		if p >= len(m.pattern) {
			m.l.RaiseError("%s", "malformed pattern (ends with '%')")
		}

		return p + 1
	case '[':
		start := p
		if m.in(p) == '^' {
			p++
		}

		for {
			if p >= len(m.pattern) {
				m.l.RaiseError("malformed pattern (missing ']')")
			}

			if p++; m.pattern[p-1] == '%' && p < len(m.pattern) {
				p++
			}

			if m.in(p) == ']' {
				m.work.step(p - start)
				return p + 1
			}
		}
	}

	return p
}

// single reports whether the byte at a position belongs to a class.
func (m *matcher) single(at, p, end int) bool {
	m.work.step(1)

	if at >= len(m.text) {
		return false
	}

	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(m.text[at], m.pattern[p+1])
	case '[':
		return m.inSet(m.text[at], p, end-1)
	}

	return m.pattern[p] == m.text[at]
}

// inSet reports whether a set, between its brackets, contains a byte.
func (m *matcher) inSet(b byte, p, last int) bool {
	m.work.step(last - p)

	among := true
	if m.pattern[p+1] == '^' {
		among = false
		p++
	}

	for p++; p < last; p++ {
		switch {
		case m.pattern[p] == '%':
			p++
			if inClass(b, m.pattern[p]) {
				return among
			}
		case m.pattern[p+1] == '-' && p+2 < last:
			if m.pattern[p] <= b && b <= m.pattern[p+2] {
				return among
			}
			p += 2
		case m.pattern[p] == b:
			return among
		}
	}

	return !among
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isLower(b byte) bool { return 'a' <= b && b <= 'z' }

func isUpper(b byte) bool { return 'A' <= b && b <= 'Z' }

// inClass uses the C locale. An uppercase letter is the complement of its class.
func inClass(b, class byte) bool {
	var in bool

	letter, small := isLower(b) || isUpper(b), class|0x20
	switch {
	case !isLower(small) || !isLower(class) && !isUpper(class):
		return class == b
	case small == 'a':
		in = letter
	case small == 'c':
		in = b < ' ' || b == 0x7f
	case small == 'd':
		in = isDigit(b)
	case small == 'l':
		in = isLower(b)
	case small == 'p':
		in = '!' <= b && b <= '~' && !letter && !isDigit(b)
	case small == 's':
		in = b == ' ' || '\t' <= b && b <= '\r'
	case small == 'u':
		in = isUpper(b)
	case small == 'w':
		in = letter || isDigit(b)
	case small == 'x':
		in = isDigit(b) || 'a' <= b|0x20 && b|0x20 <= 'f'
	case small == 'z':
		in = b == 0
	default:
		return class == b
	}

	return in == isLower(class)
}

// count is the number of values of a match: its captures, or 1 for the match itself.
func (m *matcher) count() int { return max(1, m.level) }

// value returns a capture, or the complete match if there is none.
func (m *matcher) value(which, from, to int) lua.LValue {
	if which >= m.level {
		if which != 0 {
			m.l.RaiseError("invalid capture index")
		}

		return lua.LString(m.text[from:to])
	}
	one := m.captures[which]

	switch one.length {
	case captureOpen:
		m.l.RaiseError("unfinished capture")
	case capturePlace:
		return lua.LNumber(one.start + 1)
	}

	return lua.LString(m.text[one.start : one.start+one.length])
}

// push pushes all values of a match, and returns their number.
func (m *matcher) push(from, to int) int {
	for which := range m.count() {
		m.l.Push(m.value(which, from, to))
	}

	return m.count()
}
