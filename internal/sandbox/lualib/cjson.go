package lualib

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	lua "github.com/yuin/gopher-lua"
)

// cjson is lua-cjson as in Redis: an empty table is an object, null is cjson.null, and bytes stay unchanged.
type cjson struct {
	l    *lua.LState
	null *lua.LUserData
	work *Work // of the current call

	convert      bool // sparse arrays become objects
	ratio, safe  int
	encodesDeep  int
	decodesDeep  int
	precision    int
	takesInvalid bool // NaN and infinities
}

const (
	// maxDeep limits the nesting of values, whatever a script sets: encoding and decoding recurse once per level.
	maxDeep      = 1000
	maxPrecision = 14 // digits, as in lua-cjson
)

// setting returns the number that a script sets, or the current one. If most is 0, the maximum is lua-cjson's.
func setting(l *lua.LState, argument, was, least, most int) int {
	const all = math.MaxInt32

	if l.Get(argument) == lua.LNil {
		return was
	}
	number := l.CheckNumber(argument)

	if most == maxDeep && number > maxDeep && number <= all {
		return maxDeep
	}

	if most == 0 {
		most = all
	}

	if !(number >= lua.LNumber(least) && number <= lua.LNumber(most)) {
		if most == maxDeep {
			most = all
		}
		l.ArgError(argument, fmt.Sprintf("expected integer between %d and %d", least, most))
	}

	return int(number)
}

var errTooMuch = errors.New(tooLong)

func newCJSON(l *lua.LState) *lua.LTable {
	c := &cjson{
		l: l, null: l.NewUserData(), ratio: 2, safe: 10,
		encodesDeep: maxDeep, decodesDeep: maxDeep, precision: maxPrecision,
	}
	words := l.NewTable()
	words.RawSetString("__tostring", l.NewFunction(func(l *lua.LState) int {
		l.Push(lua.LString("userdata: (nil)"))
		return 1
	}))
	c.null.Metatable = words
	number := func(at *int, most int) lua.LGFunction {
		return func(l *lua.LState) int {
			*at = setting(l, 1, *at, 1, most)
			l.Push(lua.LNumber(*at))

			return 1
		}
	}

	library := l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"encode": c.encode, "decode": c.decode, "encode_sparse_array": c.sparse,
		"encode_max_depth": number(&c.encodesDeep, maxDeep), "decode_max_depth": number(&c.decodesDeep, maxDeep),
		"encode_number_precision": number(&c.precision, maxPrecision),
		"encode_invalid_numbers": func(l *lua.LState) int {
			c.takesInvalid = l.OptBool(1, c.takesInvalid)
			l.Push(lua.LBool(c.takesInvalid))

			return 1
		},
		"encode_keep_buffer":     same,
		"decode_invalid_numbers": same,
		"new": func(l *lua.LState) int {
			l.Push(newCJSON(l))
			return 1
		},
	})
	library.RawSetString("null", c.null)
	library.RawSetString("_NAME", lua.LString("cjson"))
	library.RawSetString("_VERSION", lua.LString("2.1.0"))

	return library
}

// same accepts a setting that changes nothing here.
func same(l *lua.LState) int {
	l.Push(lua.LBool(l.OptBool(1, true)))
	return 1
}

func (c *cjson) sparse(l *lua.LState) int {
	c.convert = l.OptBool(1, c.convert)
	c.ratio, c.safe = setting(l, 2, c.ratio, 0, 0), setting(l, 3, c.safe, 0, 0)
	l.Push(lua.LBool(c.convert))
	l.Push(lua.LNumber(c.ratio))
	l.Push(lua.LNumber(c.safe))

	return 3
}

func (c *cjson) encode(l *lua.LState) int {
	if l.GetTop() != 1 {
		l.ArgError(1, "expected 1 argument")
	}

	c.work = NewWork(l, MaxMade)

	encoded, err := c.append(nil, l.Get(1), 0)
	if err != nil {
		l.RaiseError("%s", err.Error())
	}
	l.Push(lua.LString(encoded))

	return 1
}

func (c *cjson) append(to []byte, value lua.LValue, depth int) ([]byte, error) {
	text, _ := value.(lua.LString)
	if !c.work.Make(NodeBytes + len(text)) {
		return nil, errTooMuch
	}

	switch value := value.(type) {
	case lua.LString:
		return quoted(to, string(value)), nil
	case lua.LNumber:
		return c.number(to, float64(value))
	case lua.LBool:
		return strconv.AppendBool(to, bool(value)), nil
	case *lua.LNilType:
		return append(to, "null"...), nil
	case *lua.LTable:
		if depth+1 > c.encodesDeep {
			return nil, fmt.Errorf("Cannot serialise, excessive nesting (%d)", depth+1) //nolint:staticcheck // lua-cjson's words, as below
		}

		return c.table(to, value, depth+1)
	case *lua.LUserData:
		if value == c.null {
			return append(to, "null"...), nil
		}
	}

	return nil, fmt.Errorf("Cannot serialise %s: type not supported", value.Type()) //nolint:staticcheck // as above
}

func (c *cjson) number(to []byte, number float64) ([]byte, error) {
	if (math.IsNaN(number) || math.IsInf(number, 0)) && !c.takesInvalid {
		return nil, errors.New("Cannot serialise number: must not be NaN or Inf") //nolint:staticcheck // as above
	}

	return strconv.AppendFloat(to, number, 'g', c.precision, 64), nil
}

func (c *cjson) table(to []byte, table *lua.LTable, depth int) (_ []byte, err error) {
	length, count, isArray := arrayLength(table)
	if isArray && c.ratio > 0 && length > count*c.ratio && length > c.safe {
		if !c.convert {
			return nil, errors.New("Cannot serialise table: excessively sparse array") //nolint:staticcheck // as above
		}
		isArray = false
	}

	if isArray && length > 0 {
		to = append(to, '[')
		for i := 1; i <= length && err == nil; i++ {
			if i > 1 {
				to = append(to, ',')
			}
			to, err = c.append(to, table.RawGetInt(i), depth)
		}

		return append(to, ']'), err
	}
	to = append(to, '{')
	first := true

	table.ForEach(func(key, value lua.LValue) {
		if err != nil {
			return
		}

		if !first {
			to = append(to, ',')
		}
		first = false

		switch key := key.(type) {
		case lua.LString:
			if !c.work.Make(len(key)) {
				err = errTooMuch
				return
			}
			to = quoted(to, string(key))
		case lua.LNumber:
			to = append(to, '"')
			to, err = c.number(to, float64(key))
			to = append(to, '"')
		default:
			//nolint:staticcheck // as above
			err = fmt.Errorf("Cannot serialise %s: table key must be a number or string", key.Type())
		}

		if err == nil {
			to, err = c.append(append(to, ':'), value, depth)
		}
	})

	return append(to, '}'), err
}

// quoted escapes as lua-cjson does: / too, and no bytes beyond ASCII.
func quoted(to []byte, text string) []byte {
	const named = "\b\t\n\f\r\"\\/"

	to = append(to, '"')
	for i := range len(text) {
		b := text[i]

		at := strings.IndexByte(named, b)
		switch {
		case at >= 0:
			to = append(to, '\\', "btnfr\"\\/"[at])
		case b < ' ' || b == 0x7f:
			to = fmt.Appendf(to, "\\u%04x", b)
		default:
			to = append(to, b)
		}
	}

	return append(to, '"')
}

func (c *cjson) decode(l *lua.LState) int {
	if l.GetTop() != 1 {
		l.ArgError(1, "expected 1 argument")
	}
	text := l.CheckString(1)
	c.work = NewWork(l, MaxMade)
	reader := strings.NewReader(text)
	decoder := jsontext.NewDecoder(
		reader, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true),
	)

	value, err := c.value(decoder)
	if err == nil {
		if _, after := decoder.ReadToken(); !errors.Is(after, io.EOF) {
			l.RaiseError("Expected the end but found invalid token at character %d", decoder.InputOffset()+1)
		}
	}

	if err != nil {
		l.RaiseError("%s", err.Error())
	}
	l.Push(value)

	return 1
}

func (c *cjson) value(from *jsontext.Decoder) (lua.LValue, error) {
	if !c.work.Make(NodeBytes) {
		return nil, errTooMuch
	}

	return c.next(from)
}

func (c *cjson) next(from *jsontext.Decoder) (lua.LValue, error) {
	if from.PeekKind() == '"' {
		raw, err := from.ReadValue()
		if err != nil {
			return nil, unexpected(from, err)
		}

		return lua.LString(unquoted(raw)), nil
	}

	token, err := from.ReadToken()
	if err != nil {
		return nil, unexpected(from, err)
	}

	switch token.Kind() {
	case 'n':
		return c.null, nil
	case 't', 'f':
		return lua.LBool(token.Bool()), nil
	case '0':
		number, err := strconv.ParseFloat(token.String(), 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, unexpected(from, err)
		}

		return lua.LNumber(number), nil
	}

	if from.StackDepth() > c.decodesDeep {
		//nolint:staticcheck // lua-cjson's words
		return nil, fmt.Errorf("Found too many nested data structures (%d) at character %d", from.StackDepth(), from.InputOffset())
	}

	return c.container(from, token.Kind())
}

// container reads an array or an object to its end.
func (c *cjson) container(from *jsontext.Decoder, opening jsontext.Kind) (_ lua.LValue, err error) {
	table, index := c.l.NewTable(), 0

	for from.PeekKind() != '}' && from.PeekKind() != ']' {
		key := lua.LValue(lua.LNumber(0))

		if opening == '{' {
			if key, err = c.value(from); err != nil {
				return nil, err
			}
		}

		value, err := c.value(from)
		if err != nil {
			return nil, err
		}
		index++

		if opening == '[' {
			key = lua.LNumber(index)
		}
		table.RawSet(key, value)
	}

	if _, err := from.ReadToken(); err != nil {
		return nil, unexpected(from, err)
	}

	return table, nil
}

// unexpected is a syntax error at the first wrong byte.
func unexpected(from *jsontext.Decoder, err error) error {
	at := from.InputOffset() + 1

	var bad *jsontext.SyntacticError
	if errors.As(err, &bad) {
		at = bad.ByteOffset + 1
	}
	found := "invalid token"

	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		found = "T_END"
	}

	return fmt.Errorf("Expected value but found %s at character %d", found, at) //nolint:staticcheck // lua-cjson's words
}

// unquoted retains bytes that are not UTF-8: it interprets only escapes.
func unquoted(raw jsontext.Value) []byte {
	rest := raw[1 : len(raw)-1]

	var text []byte
	for len(rest) > 0 {
		end := 0
		for end < len(rest) && rest[end] == '\\' {
			if end += 2; rest[end-1] == 'u' {
				end += 4
			}
		}
		// Escapes that follow each other are read together: two of them may be one character.
		text, _ = jsontext.AppendUnquote(text, slices.Concat([]byte{'"'}, rest[:end], []byte{'"'}))
		rest = rest[end:]

		next := bytes.IndexByte(rest, '\\')
		if next < 0 {
			next = len(rest)
		}
		text, rest = append(text, rest[:next]...), rest[next:]
	}

	return text
}
