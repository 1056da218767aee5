package lualib

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// bitFuncs are the functions of Lua BitOp: they work on 32 bits and return signed numbers.
// https://bitop.luajit.org/api.html
func bitFuncs() map[string]lua.LGFunction {
	fold := func(with func(a, b uint32) uint32) lua.LGFunction {
		return func(l *lua.LState) int {
			result := bit32(l, 1)
			for i := 2; i <= l.GetTop(); i++ {
				result = with(result, bit32(l, i))
			}

			return pushBits(l, result)
		}
	}
	shift := func(by func(a uint32, n int) uint32) lua.LGFunction {
		return func(l *lua.LState) int { return pushBits(l, by(bit32(l, 1), int(bit32(l, 2)&31))) }
	}

	return map[string]lua.LGFunction{
		"tobit": func(l *lua.LState) int { return pushBits(l, bit32(l, 1)) },
		"bnot":  func(l *lua.LState) int { return pushBits(l, ^bit32(l, 1)) },
		"bswap": func(l *lua.LState) int { return pushBits(l, bits.ReverseBytes32(bit32(l, 1))) },
		"tohex": toHex,

		"band": fold(func(a, b uint32) uint32 { return a & b }),
		"bor":  fold(func(a, b uint32) uint32 { return a | b }),
		"bxor": fold(func(a, b uint32) uint32 { return a ^ b }),

		"lshift":  shift(func(a uint32, n int) uint32 { return a << n }),
		"rshift":  shift(func(a uint32, n int) uint32 { return a >> n }),
		"arshift": shift(func(a uint32, n int) uint32 { return uint32(int32(a) >> n) }),
		"rol":     shift(bits.RotateLeft32),
		"ror":     shift(func(a uint32, n int) uint32 { return bits.RotateLeft32(a, -n) }),
	}
}

// bit32 is a number's lower bits, rounded to the nearest even integer.
func bit32(l *lua.LState, at int) uint32 {
	const all = 1 << 32

	number := math.Mod(math.RoundToEven(float64(l.CheckNumber(at))), all)
	if math.IsNaN(number) {
		return 0
	}

	return uint32(int64(number))
}

func pushBits(l *lua.LState, result uint32) int {
	l.Push(lua.LNumber(int32(result)))
	return 1
}

func toHex(l *lua.LState) int {
	digits := l.OptInt(2, 8)
	text := fmt.Sprintf("%08x", bit32(l, 1))

	if digits < 0 {
		digits, text = -max(digits, -len(text)), strings.ToUpper(text) // the smallest integer has no negation
	}
	digits = min(digits, len(text))
	l.Push(lua.LString(text[len(text)-digits:]))

	return 1
}
