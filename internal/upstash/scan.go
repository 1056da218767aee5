package upstash

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth limits the nesting of objects and arrays: each level is a function call.
const maxDepth = 10_000

// peek returns the first byte of the next token, and moves to it. Every loop below handles the most frequent byte
// before it calls a function.
func (a *answer) peek() (byte, error) {
	data, at := a.data, a.at
	for at < len(data) {
		c := data[at]
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			a.at = at
			return c, nil
		}
		at++
	}
	a.at = at

	return 0, errShort
}

// next moves to the next element or member; false at the end, whose byte it consumes.
func (a *answer) next(end byte, first bool) (bool, error) {
	c, err := a.peek()
	if err != nil {
		return false, err
	}

	switch {
	case c == end:
		a.at++
		return false, nil
	case first:
		return true, nil
	case c != ',':
		return false, errSyntax
	}
	a.at++
	_, err = a.peek() // no value or name begins with end, so a trailing comma is an error

	return true, err
}

// colon moves to the value after a name.
func (a *answer) colon() error {
	c, err := a.peek()
	if err != nil {
		return err
	}

	if c != ':' {
		return errSyntax
	}
	a.at++
	_, err = a.peek()

	return err
}

// members reads the object that begins here and calls member with each unescaped name. Without member, it skips the
// values.
func (a *answer) members(depth int, member func(name []byte) error) error {
	if depth > maxDepth {
		return errSyntax
	}
	a.at++
	object := a.names.open()

	for first := true; ; first = false {
		more, err := a.next('}', first)
		if err != nil {
			return err
		}

		if !more {
			a.names.drop(object)
			return nil
		}

		name, err := a.name(object)
		if err != nil {
			return err
		}

		if err := a.colon(); err != nil {
			return err
		}

		if member == nil {
			err = a.skip(depth + 1)
		} else {
			err = member(name)
		}

		if err != nil {
			return err
		}
	}
}

// name reads a member's name, and rejects a duplicate.
func (a *answer) name(object int) ([]byte, error) {
	if a.data[a.at] != '"' {
		return nil, errSyntax
	}
	from := a.at

	escaped, err := a.skipString()
	if err != nil {
		return nil, err
	}

	if escaped {
		return a.names.addEscaped(a.data, object, a.data[from:a.at])
	}

	return a.names.add(a.data, object, from+1, a.at-1)
}

// skip checks the value that begins here and moves past it.
func (a *answer) skip(depth int) error {
	if end := plainEnd(a.data, a.at); end > 0 {
		a.at = end
		return nil
	}

	switch a.data[a.at] {
	case '"':
		_, err := a.skipString()
		return err
	case '{':
		return a.members(depth, nil)
	case '[':
		return a.elements(depth, nil)
	case 't':
		return a.literal("true")
	case 'f':
		return a.literal("false")
	case 'n':
		return a.literal("null")
	}

	return a.number()
}

// elements reads the array that begins here and calls element for each value. Without element, it skips the values.
func (a *answer) elements(depth int, element func() error) error {
	if depth > maxDepth {
		return errSyntax
	}
	a.at++

	for first := true; ; first = false {
		more, err := a.next(']', first)
		if err != nil || !more {
			return err
		}

		if element == nil {
			err = a.skip(depth + 1)
		} else {
			err = element()
		}

		if err != nil {
			return err
		}
	}
}

// plainEnd returns the end of a complete value of the most frequent kinds: a string without special bytes, a whole
// number, true or false. For anything else it returns 0, and the slower code decides.
func plainEnd(data []byte, at int) int {
	switch c := data[at]; {
	case c == '"':
		for at++; at+8 <= len(data); at += 8 {
			if found := special(binary.LittleEndian.Uint64(data[at:])); found != 0 {
				if at += bits.TrailingZeros64(found) / 8; data[at] == '"' {
					return at + 1
				}

				return 0
			}
		}
	case c-'1' <= 8:
		for at++; at < len(data); at++ {
			if c := data[at]; c-'0' > 9 {
				if c == ',' || c == '}' {
					return at
				}

				return 0
			}
		}
	case c == 't' && len(data)-at >= 4 && string(data[at:at+4]) == "true":
		return at + 4
	case c == 'f' && len(data)-at >= 5 && string(data[at:at+5]) == "false":
		return at + 5
	}

	return 0
}

func (a *answer) literal(want string) error {
	rest := a.data[a.at:]
	if len(rest) >= len(want) {
		if string(rest[:len(want)]) != want {
			return errSyntax
		}
		a.at += len(want)

		return nil
	}

	if string(rest) != want[:len(rest)] {
		return errSyntax
	}

	return errShort
}

// number checks a number (RFC 8259 section 6). It ends at the first other byte; at the end of the received data it may
// continue.
func (a *answer) number() error {
	data, at := a.data, a.at
	if data[at] == '-' {
		at++
	}
	from := at

	at, err := digitsEnd(data, from)
	if err != nil {
		return err
	}

	if data[from] == '0' && at > from+1 {
		return errSyntax
	}

	if at < len(data) && data[at] == '.' {
		if at, err = digitsEnd(data, at+1); err != nil {
			return err
		}
	}

	if at < len(data) && data[at]|0x20 == 'e' {
		at++
		if at < len(data) && (data[at] == '+' || data[at] == '-') {
			at++
		}

		if at, err = digitsEnd(data, at); err != nil {
			return err
		}
	}

	if at == len(data) && a.failed == nil {
		return errShort
	}
	a.at = at

	return nil
}

// digitsEnd returns the end of one or more digits.
func digitsEnd(data []byte, from int) (int, error) {
	at := from
	for at < len(data) && data[at]-'0' <= 9 {
		at++
	}

	switch {
	case at > from:
		return at, nil
	case at == len(data):
		return 0, errShort
	}

	return 0, errSyntax
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// special sets the high bit of the first special byte among eight of a string: a quote, a backslash, a control
// character or a byte beyond ASCII. It may also mark later bytes.
func special(eight uint64) uint64 {
	quote, slash := eight^('"'*everyByte), eight^('\\'*everyByte)

	return (eight | (eight - ' '*everyByte) | (quote - everyByte) | (slash - everyByte)) & highBits
}

// skipString checks the string that begins here, moves past it, and reports whether it has escapes.
func (a *answer) skipString() (escaped bool, err error) {
	data, at := a.data, a.at+1

	for {
		for at+8 <= len(data) {
			if found := special(binary.LittleEndian.Uint64(data[at:])); found != 0 {
				at += bits.TrailingZeros64(found) / 8
				break
			}
			at += 8
		}

		if at >= len(data) {
			return escaped, errShort
		}

		switch c := data[at]; {
		case c == '"':
			a.at = at + 1
			return escaped, nil
		case c == '\\':
			n, err := escapeLength(data[at:])
			if err != nil {
				return escaped, err
			}
			escaped, at = true, at+n
		case c < ' ':
			return escaped, errSyntax
		case c < utf8.RuneSelf: // one of the last seven bytes
			at++
		default:
			r, n := utf8.DecodeRune(data[at:])
			if r == utf8.RuneError && n == 1 {
				if utf8.FullRune(data[at:]) {
					return escaped, errSyntax
				}

				return escaped, errShort
			}
			at += n
		}
	}
}

// escapeLength checks the escape at the beginning of data. Surrogates must be in pairs: half a pair is not a
// character, and readers interpret it differently.
func escapeLength(data []byte) (int, error) {
	if len(data) < 2 {
		return 0, errShort
	}

	switch data[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
	default:
		return 0, errSyntax
	}

	r, err := hexRune(data[2:])
	if err != nil || !utf16.IsSurrogate(r) {
		return 6, err
	}

	for i, want := range []byte{'\\', 'u'} {
		if len(data) <= 6+i {
			return 0, errShort
		}

		if data[6+i] != want {
			return 0, errSyntax
		}
	}

	low, err := hexRune(data[8:])
	if err == nil && utf16.DecodeRune(r, low) == utf8.RuneError {
		err = errSyntax
	}

	return 12, err
}

// hexRune reads four hexadecimal digits.
func hexRune(data []byte) (rune, error) {
	var r rune

	for i := range 4 {
		if i == len(data) {
			return 0, errShort
		}

		switch c := data[i]; {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, errSyntax
		}
	}

	return r, nil
}

// appendUnescaped appends the unescaped content of a string, which skipString has checked and which includes its
// quotes.
func appendUnescaped(into, raw []byte) []byte {
	raw = raw[1 : len(raw)-1]
	for at := 0; at < len(raw); {
		if raw[at] != '\\' {
			into = append(into, raw[at])
			at++

			continue
		}

		switch c := raw[at+1]; c {
		case 'b':
			into = append(into, '\b')
		case 'f':
			into = append(into, '\f')
		case 'n':
			into = append(into, '\n')
		case 'r':
			into = append(into, '\r')
		case 't':
			into = append(into, '\t')
		case 'u':
			r, _ := hexRune(raw[at+2:])
			if utf16.IsSurrogate(r) {
				low, _ := hexRune(raw[at+8:])
				r = utf16.DecodeRune(r, low)
				at += 6
			}
			into = utf8.AppendRune(into, r)
			at += 4
		default:
			into = append(into, c)
		}
		at += 2
	}

	return into
}
