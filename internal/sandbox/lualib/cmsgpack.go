package lualib

import (
	"bytes"
	"errors"
	"io"
	"math"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
	lua "github.com/yuin/gopher-lua"
)

const (
	// maxPacked is how deep tables are packed; deeper values become nil, as in Redis.
	maxPacked = 16
	// maxUnpacked prevents unpacking from exhausting the stack.
	maxUnpacked = 1000
)

// pack returns the concatenated MessagePack of the arguments.
func pack(l *lua.LState) int {
	if l.GetTop() == 0 {
		l.ArgError(0, "MessagePack pack needs input.")
	}

	var packed bytes.Buffer
	to := &packer{msgpack.NewEncoder(&packed), NewWork(l, MaxMade)}

	for i := 1; i <= l.GetTop(); i++ {
		if err := packOne(to, l.Get(i), 0); err != nil {
			l.RaiseError("%s", err.Error())
		}
	}
	l.Push(lua.LString(packed.String()))

	return 1
}

// packer packs up to the limit of one call.
type packer struct {
	*msgpack.Encoder

	work *Work
}

func packOne(to *packer, value lua.LValue, depth int) error {
	text, _ := value.(lua.LString)
	if !to.work.Make(NodeBytes + len(text)) {
		return errTooMuch
	}

	switch value := value.(type) {
	case lua.LString:
		return to.EncodeString(string(value))
	case lua.LBool:
		return to.EncodeBool(bool(value))
	case lua.LNumber:
		return packNumber(to, float64(value))
	case *lua.LTable:
		if depth < maxPacked {
			return packTable(to, value, depth+1)
		}
	}

	return to.EncodeNil()
}

func packNumber(to *packer, number float64) error {
	switch {
	case number == math.Trunc(number) && number >= math.MinInt64 && number < math.MaxInt64:
		return to.EncodeInt(int64(number))
	case float64(float32(number)) == number:
		return to.EncodeFloat32(float32(number))
	default:
		return to.EncodeFloat64(number)
	}
}

func packTable(to *packer, table *lua.LTable, depth int) (err error) {
	length, count, isArray := arrayLength(table)
	if isArray && length == count {
		err = to.EncodeArrayLen(length)
		for i := 1; i <= length && err == nil; i++ {
			err = packOne(to, table.RawGetInt(i), depth)
		}

		return err
	}
	count = 0

	table.ForEach(func(_, _ lua.LValue) { count++ })
	err = to.EncodeMapLen(count)
	table.ForEach(func(key, value lua.LValue) {
		if err == nil {
			err = packOne(to, key, depth)
		}

		if err == nil {
			err = packOne(to, value, depth)
		}
	})

	return err
}

var (
	errMissing = errors.New("Missing bytes in input.")   //nolint:staticcheck,revive // Redis' own words, which scripts show
	errFormat  = errors.New("Bad data format in input.") //nolint:staticcheck,revive // as above
)

// unpack returns all values of a string.
func unpack(l *lua.LState) int {
	return unpackSome(l, l.CheckString(1), 0, math.MaxInt, false)
}

// unpackOne returns one value from an offset on, after the offset where the next begins, or -1.
func unpackOne(l *lua.LState) int {
	return unpackSome(l, l.CheckString(1), l.OptInt(2, 0), 1, true)
}

// unpackLimit returns at most limit values, as unpackOne does.
func unpackLimit(l *lua.LState) int {
	return unpackSome(l, l.CheckString(1), l.OptInt(3, 0), l.CheckInt(2), true)
}

func unpackSome(l *lua.LState, packed string, offset, limit int, tell bool) int {
	switch {
	case offset < 0 || limit < 0:
		l.RaiseError("Invalid request to unpack with offset of %d and limit of %d.", offset, len(packed))
	case offset > len(packed):
		l.RaiseError("Start offset %d greater than input length %d.", offset, len(packed))
	}

	if limit == 0 {
		limit = math.MaxInt
	}
	rest := bytes.NewReader([]byte(packed[offset:]))
	from := &unpacker{msgpack.NewDecoder(rest), NewWork(l, MaxMade)}
	values := []lua.LValue{}

	for rest.Len() > 0 && len(values) < limit {
		value, err := unpackValue(l, from, 0)
		if err != nil {
			l.RaiseError("%s", err.Error())
		}
		values = append(values, value)
	}
	pushed := len(values)

	if tell {
		next := -1
		if rest.Len() > 0 {
			next = len(packed) - rest.Len()
		}
		l.Push(lua.LNumber(next))

		pushed++
	}

	for _, value := range values {
		l.Push(value)
	}

	return pushed
}

// unpacker unpacks up to the limit of one call.
type unpacker struct {
	*msgpack.Decoder

	work *Work
}

func unpackValue(l *lua.LState, from *unpacker, depth int) (lua.LValue, error) {
	code, err := from.PeekCode()
	if err != nil {
		return nil, asRedis(err)
	}

	if !from.work.Make(NodeBytes) {
		return nil, errTooMuch
	}

	if depth > maxUnpacked {
		return nil, errFormat
	}

	switch {
	case code == msgpcode.Nil:
		return lua.LNil, asRedis(from.DecodeNil())
	case code == msgpcode.True || code == msgpcode.False:
		yes, err := from.DecodeBool()
		return lua.LBool(yes), asRedis(err)
	case msgpcode.IsString(code) || msgpcode.IsBin(code):
		text, err := from.DecodeString()
		return lua.LString(text), asRedis(err)
	case msgpcode.IsFixedArray(code) || code == msgpcode.Array16 || code == msgpcode.Array32:
		return unpackArray(l, from, depth+1)
	case msgpcode.IsFixedMap(code) || code == msgpcode.Map16 || code == msgpcode.Map32:
		return unpackMap(l, from, depth+1)
	case code == msgpcode.Uint64:
		number, err := from.DecodeUint64()
		return lua.LNumber(int64(number)), asRedis(err) // Redis' has no numbers beyond
	case msgpcode.IsExt(code) || code == 0xc1: // 0xc1 is never used
		return nil, errFormat
	}

	number, err := from.DecodeFloat64() // takes integers as well

	return lua.LNumber(number), asRedis(err)
}

func unpackArray(l *lua.LState, from *unpacker, depth int) (lua.LValue, error) {
	length, err := from.DecodeArrayLen()
	table := l.NewTable()

	for i := 1; i <= length && err == nil; i++ {
		var value lua.LValue
		if value, err = unpackValue(l, from, depth); err == nil {
			table.RawSetInt(i, value)
		}
	}

	return table, asRedis(err)
}

func unpackMap(l *lua.LState, from *unpacker, depth int) (lua.LValue, error) {
	length, err := from.DecodeMapLen()
	table := l.NewTable()

	for i := 0; i < length && err == nil; i++ {
		var key, value lua.LValue
		if key, err = unpackValue(l, from, depth); err != nil {
			break
		}

		if value, err = unpackValue(l, from, depth); err != nil {
			break
		}

		if key == lua.LNil {
			return nil, errFormat
		}
		table.RawSet(key, value)
	}

	return table, asRedis(err)
}

// asRedis returns an error in Redis' words.
func asRedis(err error) error {
	switch {
	case err == nil || errors.Is(err, errMissing) || errors.Is(err, errFormat) || errors.Is(err, errTooMuch):
		return err
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errMissing
	default:
		return errFormat
	}
}
