package lualib_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/lualib"
)

// TestCompilationIsBounded: each of these takes the process by its stack, or more time than there is, where it is
// compiled.
func TestCompilationIsBounded(t *testing.T) {
	var distinct strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&distinct, "%d,", i)
	}
	repeated := strings.Repeat

	for name, script := range map[string]string{
		"unary operators":      "return " + repeated("#", 900_000) + "x",
		"minus":                "return " + repeated("- ", 400_000) + "x",
		"not":                  "return " + repeated("not ", 200_000) + "x",
		"to the right":         "return x" + repeated("..x", 200_000),
		"powers":               "return x" + repeated("^x", 200_000),
		"to the left":          "return x" + repeated("+x", 200_000),
		"alternatives":         "return x" + repeated(" or x", 200_000),
		"brackets":             "return " + repeated("(", 400_000) + "x" + repeated(")", 400_000),
		"tables":               "return " + repeated("{", 400_000) + repeated("}", 400_000),
		"blocks":               repeated("do ", 100_000) + repeated("end ", 100_000),
		"functions":            "return " + repeated("function() return ", 30_000) + "1" + repeated(" end", 30_000),
		"loops":                repeated("repeat ", 60_000) + repeated("until x ", 60_000),
		"else":                 "if x then " + repeated("elseif x then ", 60_000) + "end",
		"calls":                "return x" + repeated("()", 300_000),
		"calls with a text":    "return x" + repeated("''", 300_000),
		"calls with a table":   "return x" + repeated("{}", 300_000),
		"calls of a method":    "return x" + repeated(":x()", 200_000),
		"indices":              "return x" + repeated("[1]", 200_000),
		"names":                "return x" + repeated(".x", 300_000),
		"what closes nothing":  "return " + repeated("( ] ", 200_000),
		"a bit of everything":  "return " + repeated("-x+{#x..(", 80_000),
		"constants":            "return {" + distinct.String() + "}",
		"jumps":                repeated("goto a ", 60_000) + "::a::",
		"more than a megabyte": "return '" + repeated("x", 1<<20) + "'",
	} {
		if _, err := lualib.Compile(script, "script"); err == nil || !strings.Contains(err.Error(), "too") {
			t.Errorf("%s: got %.200v", name, err)
		}
	}

	for name, script := range map[string]string{
		"as deep as Redis takes": "return " + repeated("(", 190) + "x" + repeated(")", 190),
		"many statements":        repeated("f() f'' f{} x.y = -1 z = x + 1 if x then local y = -x f(y) end ", 5000),
		"many functions":         repeated("function f() end ", 5000),
		"many calls":             repeated("redis.call('set', KEYS[1], ARGV[1] .. 'x')\n", 5000),
		"a large table":          "return {" + repeated("'a', {b = -1; 'c'},", 5000) + "}",
		"many alternatives":      "return x == 'a'" + repeated(" or x == 'b'", 400),
		"operators":              repeated("x = 1"+repeated("+1", 900)+" ", 100),
	} {
		if _, err := lualib.Compile(script, "script"); err != nil {
			t.Errorf("%s: %.200v", name, err)
		}
	}
}
