package lualib

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// layout reads the format of struct.pack, piece by piece. https://www.inf.puc-rio.br/~roberto/struct/
type layout struct {
	l     *lua.LState
	rest  string
	order binary.ByteOrder
	align int
}

// field is one piece of a format: its letter, and its size in bytes.
type field struct {
	kind byte
	size int
}

const (
	maxAlign   = 8
	maxInteger = 8
	// maxField limits the size of one piece to Redis' limit of a string.
	maxField = 512 << 20
)

func newLayout(l *lua.LState, format string) *layout {
	return &layout{l: l, rest: format, order: binary.LittleEndian, align: 1}
}

// next returns the next piece; false at the end.
func (f *layout) next() (field, bool) {
	for f.rest != "" {
		kind := f.rest[0]

		f.rest = f.rest[1:]
		switch kind {
		case ' ':
		case '>':
			f.order = binary.BigEndian
		case '<', '=':
			f.order = binary.LittleEndian
		case '!':
			f.align = f.number(maxAlign)
			if f.align < 1 || f.align&(f.align-1) != 0 {
				f.l.RaiseError("alignment is not a power of 2")
			}
		default:
			return field{kind, f.size(kind)}, true
		}
	}

	return field{}, false
}

func (f *layout) size(kind byte) int {
	switch kind {
	case 'b', 'B', 'x':
		return 1
	case 'h', 'H':
		return 2
	case 'f':
		return 4
	case 'l', 'L', 'T', 'd':
		return 8
	case 's':
		return 0
	case 'c':
		return f.number(1)
	case 'i', 'I':
		size := f.number(4)
		if size < 1 || size > maxInteger {
			f.l.RaiseError("integral size %d is larger than limit of %d", size, maxInteger)
		}

		return size
	}
	f.l.ArgError(1, fmt.Sprintf("invalid format option '%c'", kind))

	return 0
}

func (f *layout) number(otherwise int) int {
	digits := f.rest[:len(f.rest)-len(strings.TrimLeft(f.rest, "0123456789"))]
	if digits == "" {
		return otherwise
	}
	f.rest = f.rest[len(digits):]

	number := 0
	for _, digit := range digits {
		if number = number*10 + int(digit-'0'); number > maxField {
			f.l.RaiseError("integral size overflow")
		}
	}

	return number
}

// padding returns how many bytes precede a piece at this position.
func (f *layout) padding(one field, at int) int {
	size := one.size
	if one.kind == 'c' || one.kind == 's' || one.kind == 'x' || size == 0 || f.align == 1 {
		return 0
	}
	size = min(size, f.align)

	return (size - at%size) % size
}

func structSize(l *lua.LState) int {
	format := newLayout(l, l.CheckString(1))

	total := 0
	for one, more := format.next(); more; one, more = format.next() {
		if one.kind == 's' || (one.kind == 'c' && one.size == 0) {
			l.ArgError(1, fmt.Sprintf("option '%c' has no fixed size", one.kind))
		}
		total += format.padding(one, total) + one.size
	}
	l.Push(lua.LNumber(total))

	return 1
}

func structPack(l *lua.LState) int {
	format := newLayout(l, l.CheckString(1))

	var packed []byte
	argument := 1

	for one, more := format.next(); more; one, more = format.next() {
		packed = append(packed, make([]byte, format.padding(one, len(packed)))...)

		if one.kind == 'x' {
			packed = append(packed, 0)
			continue
		}
		argument++

		packed = format.pack(packed, one, argument)
		if len(packed) > maxField {
			l.RaiseError("result too long")
		}
	}
	l.Push(lua.LString(packed))

	return 1
}

func (f *layout) pack(to []byte, one field, argument int) []byte {
	switch one.kind {
	case 's':
		return append(append(to, f.l.CheckString(argument)...), 0)
	case 'c':
		text := f.l.CheckString(argument)
		if one.size == 0 {
			return append(to, text...)
		}

		if len(text) < one.size {
			f.l.ArgError(argument+1, "string too short") // lua-struct reports the next argument
		}

		return append(to, text[:one.size]...)
	case 'f':
		return f.integer(to, uint64(math.Float32bits(float32(f.l.CheckNumber(argument)))), one.size)
	case 'd':
		return f.integer(to, math.Float64bits(float64(f.l.CheckNumber(argument))), one.size)
	default:
		return f.integer(to, wrapped(float64(f.l.CheckNumber(argument))), one.size)
	}
}

// wrapped returns an integer's two's complement.
func wrapped(number float64) uint64 {
	if number < 0 {
		return uint64(int64(number))
	}

	return uint64(number)
}

func (f *layout) integer(to []byte, number uint64, size int) []byte {
	var all [8]byte
	if f.order == binary.BigEndian {
		binary.BigEndian.PutUint64(all[:], number)
		return append(to, all[8-size:]...)
	}
	binary.LittleEndian.PutUint64(all[:], number)

	return append(to, all[:size]...)
}

// structUnpack returns the values, then the position after the last of them.
func structUnpack(l *lua.LState) int {
	format, packed := newLayout(l, l.CheckString(1)), l.CheckString(2)

	at, pushed := l.OptInt(3, 1)-1, 0
	if at < 0 {
		l.ArgError(3, "offset must be 1 or greater")
	}
	need := func(size int) {
		if at > len(packed) || size > len(packed)-at {
			l.ArgError(2, "data string too short")
		}
	}

	for one, more := format.next(); more; one, more = format.next() {
		at += format.padding(one, at)
		need(one.size)

		switch one.kind {
		case 'x':
			at++
			continue
		case 's':
			end := strings.IndexByte(packed[at:], 0)
			if end < 0 {
				l.RaiseError("unfinished string in data")
			}
			l.Push(lua.LString(packed[at : at+end]))

			at += end + 1
		case 'c':
			if one.size == 0 {
				one.size = pushedSize(l, pushed)
				pushed--

				need(one.size)
			}
			l.Push(lua.LString(packed[at : at+one.size]))

			at += one.size
		default:
			l.Push(format.unpack(packed[at:at+one.size], one.kind))

			at += one.size
		}
		pushed++
	}
	l.Push(lua.LNumber(at + 1))

	return pushed + 1
}

// pushedSize takes the number that was unpacked last: c0 has it for its length.
func pushedSize(l *lua.LState, pushed int) int {
	size, ok := l.Get(-1).(lua.LNumber)
	if pushed == 0 || !ok || size < 0 || size > maxField {
		l.RaiseError("format 'c0' needs a previous size")
	}
	l.Pop(1)

	return int(size)
}

func (f *layout) unpack(packed string, kind byte) lua.LNumber {
	var all [8]byte
	if f.order == binary.BigEndian {
		copy(all[8-len(packed):], packed)
	} else {
		for i := range len(packed) {
			all[7-i] = packed[i]
		}
	}
	number := binary.BigEndian.Uint64(all[:])

	switch kind {
	case 'f':
		return lua.LNumber(math.Float32frombits(uint32(number)))
	case 'd':
		return lua.LNumber(math.Float64frombits(number))
	case 'b', 'h', 'i', 'l':
		unused := 64 - 8*len(packed)
		return lua.LNumber(int64(number<<unused) >> unused)
	default:
		return lua.LNumber(number)
	}
}
