package lualib_test

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/upstash-connect/bff/internal/sandbox/lualib"
)

// TestLibrariesDoAsInRedis has results observed in Redis 7.0. internal/sandbox/redis compares them with Redis where
// it is installed.
func TestLibrariesDoAsInRedis(t *testing.T) {
	for script, want := range map[string]string{
		`return cjson.encode({a={}})`:                                                                 `{"a":{}}`,
		`return cjson.encode({1, 2, [4]=5})`:                                                          `[1,2,null,5]`,
		`return cjson.encode(1/3)`:                                                                    `0.33333333333333`,
		`return cjson.encode('a/"\233\1')`:                                                            "\"a\\/\\\"\xe9\\u0001\"",
		`return cjson.decode('{"a":[1,"\\u00e9\\ud83d\\ude00"]}').a[2]`:                               "é😀",
		`return cjson.decode('"\233\\n"')`:                                                            "\xe9\n",
		`return tostring(cjson.decode('[null]')[1] == cjson.null)`:                                    `true`,
		`return cmsgpack.pack(1, -33, 'a', {1}, {a=1}, 1.5, nil, true)`:                               "\x01\xd0\xdf\xa1a\x91\x01\x81\xa1a\x01\xca\x3f\xc0\x00\x00\xc0\xc3",
		`return cmsgpack.unpack(cmsgpack.pack({a={b='c'}})).a.b`:                                      "c",
		`return table.concat({cmsgpack.unpack_limit('\1\2\3', 2)}, ' ')`:                              "2 1 2",
		`return table.concat({cmsgpack.unpack_one('\1\2\3', 2)}, ' ')`:                                "-1 3",
		`return bit.tohex(255, -2^63) .. bit.tohex(255, -2) .. bit.tohex(255, 2^31)`:                  "000000FFFF000000ff",
		`return cjson.encode_max_depth(5) .. cjson.encode_max_depth() .. cjson.encode_max_depth(1e9)`: "551000",
		`return bit.tohex(bit.rol(0x12345678, 12))`:                                                   "45678123",
		`return tostring(bit.band(-1, 0xff))`:                                                         "255",
		`return tostring(bit.arshift(-256, 4))`:                                                       "-16",
		`return struct.pack('>Hh', 1, -1)`:                                                            "\x00\x01\xff\xff",
		`return table.concat({struct.unpack('>Hh', '\0\1\255\255')}, ' ')`:                            "1 -1 5",
		`return table.concat({struct.unpack('<sBc0', 'ab\0\2xyz')}, ' ')`:                             "ab xy 7",
		`return tostring(struct.size('!8bd'))`:                                                        "16",
	} {
		if got, err := run(script); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", script, got, err, want)
		}
	}
}

// TestLibrariesReject: what a script was sent by others is no reason to end more than the script.
func TestLibrariesReject(t *testing.T) {
	for _, script := range []string{
		`return cjson.decode('')`, `return cjson.decode('[1,]')`, `return cjson.decode(('['):rep(2000))`,
		`local t = {} for i = 1, 2000 do t = {t} end return cjson.encode(t)`, `return cjson.encode(0/0)`,
		`return cmsgpack.unpack('\217')`, `return cmsgpack.unpack('\193')`, `return cmsgpack.unpack('\221\255\255\255\255')`,
		`return cmsgpack.unpack('\219\255\255\255\255')`, `return cmsgpack.unpack(('\145'):rep(1000000))`,
		`return cmsgpack.unpack_one('a', -1)`, `return cmsgpack.unpack_one('a', 2)`, `return cmsgpack.unpack('\129\192\1')`,
		`return struct.unpack('I', 'abc')`, `return struct.unpack('c0', 'abc')`, `return struct.unpack('s', 'abc')`,
		`return struct.unpack('Bc0', '\9a')`, `return struct.pack('c99999999999', 'a')`, `return struct.pack('I9', 1)`,
		`return struct.pack('!3i', 1)`, `return struct.unpack('B', 'a', 9)`, `return struct.unpack('B', 'a', 0)`,
		`return bit.band('a')`,
		`cjson.encode_max_depth(0)`, `cjson.encode_max_depth(-1)`, `cjson.decode_max_depth(0)`, `cjson.encode_max_depth(2^40)`,
		`cjson.encode_number_precision(15)`, `cjson.encode_sparse_array(true, -1)`,
		// Each of these once took the process, or more memory and time than there is.
		`cjson.encode_max_depth(2^31 - 1) local t = {} t[1] = t return cjson.encode(t)`,
		`cjson.decode_max_depth(2^31 - 1) return cjson.decode(('['):rep(5000000))`,
		`local t = {1} for i = 1, 40 do t = {t, t} end return cjson.encode(t)`,
		`local t = {1} for i = 1, 40 do t = {a = t, b = t} end return cjson.encode(t)`,
		`cjson.encode_sparse_array(false, 0) return cjson.encode({[1e15] = 1})`,
		`local t = 1 for i = 1, 15 do local u = {} for j = 1, 100 do u[j] = t end t = u end return cmsgpack.pack(t)`,
		`local t = 1 for i = 1, 15 do local u = {} for j = 1, 99 do u['a' .. j] = t end t = u end return cmsgpack.pack(t)`,
		`local s, t = ('x'):rep(1e6), {} for i = 1, 1000 do t[i] = s end return cjson.encode(t)`,
		`return cjson.decode('[' .. ('0,'):rep(6e6) .. '0]')`, `return cmsgpack.unpack(('\1'):rep(6e6))`,
	} {
		if got, err := run(script); err == nil {
			t.Errorf("%s: got %q, want an error", script, got)
		}
	}
}

func run(script string) (string, error) {
	l := lua.NewState()
	defer l.Close()

	lualib.Open(l)

	if err := l.DoString(script); err != nil {
		return "", err
	}

	return l.Get(-1).String(), nil
}
