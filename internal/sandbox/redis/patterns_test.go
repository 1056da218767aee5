package redis

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
)

// matching calls every function that takes a pattern, and returns all that they return or why they failed.
const matching = `
local function told(...)
  local all = {}
  for i = 1, select('#', ...) do all[i] = tostring((select(i, ...))) end
  return table.concat(all, '|')
end
local function each(s, p)
  local all = {}
  for a, b in string.gmatch(s, p) do all[#all + 1] = told(a, b) end
  return table.concat(all, ',')
end
local answers = {}
for i = 1, #ARGV, 4 do
  local s, p, r, n = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3])
  answers[#answers + 1] = told(pcall(string.find, s, p, n)) .. ';' .. told(pcall(string.match, s, p, n)) .. ';'
    .. told(pcall(each, s, p)) .. ';' .. told(pcall(string.gsub, s, p, r, n > 0 and n or nil)) .. ';'
    .. told(pcall(string.gsub, s, p, {a = 'x', b = false, [1] = 2})) .. ';'
    .. told(pcall(string.gsub, s, p, function(...) return told(...) end))
end
return answers`

// chosenPatterns have each of the meanings that a pattern may have, and each of the faults.
var chosenPatterns = []string{
	"", "a", ".", "a*", "a+", "a-", "a?", ".*", ".-b", "^a", "a$", "^", "$", "^$", "a$b", "(a)", "()", "(a*)()", "((a)b)",
	"(a)%1", "%d+", "%a%d", "%A", "[abc]", "[^abc]", "[a-c]+", "[]a]", "[^]a]", "[a-]", "[%a-z]", "[%]]", "%b()", "%bab",
	"%f[%a]%a+", "%f[^%a]", "%z", "%s*", "%w%W", "%x", "%p", "%c", "%l%u", "%%", "%.", "%", "[", "[a", "[^", "[%", "(", ")",
	"(a", "a)", "%b", "%ba", "%f", "%1", "(%1)", "(()%1)", "*", "*a", "a**", "+", "?", "^*", "a\x00b", "[\x00]", "()a()",
	"(a)(b)?", "(.)(.)", "(a*(.)%w(%s*))", "[a-%%]", "[z-a]", "\xe9", "[\x80-\xff]+", strings.Repeat("()", 32),
	strings.Repeat("()", 33), strings.Repeat("a?", 20) + strings.Repeat("a", 20),
}

// patternCases are the chosen patterns on chosen texts, and others that are made of pieces.
func patternCases() (cases [][]string) {
	texts := []string{"", "a", "aab", "abab ab", "hello (a(b)c) 12", "a\x00b", "\xe9\x80 A_z%.", strings.Repeat("a", 40)}
	fillings := []string{"x", "%0", "<%1>", "%%", "%", "%2", "%a"}

	for i, pattern := range chosenPatterns {
		for j, text := range texts {
			cases = append(cases, []string{text, pattern, fillings[(i+j)%len(fillings)], fmt.Sprint((i+j)%5 - 2)})
		}
	}
	pieces := []string{
		"a", "b", ".", "%a", "%d", "[ab]", "[^a]", "(", ")", "()", "*", "+", "-", "?", "^", "$", "%1", "%b()", "%f[a]", "[", "%",
	}
	random := rand.New(rand.NewPCG(1, 2))
	made := func(from []string, most int) (text string) {
		for range random.IntN(most) {
			text += from[random.IntN(len(from))]
		}

		return text
	}

	for range 4000 {
		cases = append(cases, []string{
			made([]string{"a", "b", "1", "(", ")", " "}, 12), made(pieces, 7),
			fillings[random.IntN(len(fillings))], fmt.Sprint(random.IntN(8) - 3),
		})
	}

	return cases
}

// place is the line of the script, which Lua's own C functions do not name.
var place = regexp.MustCompile(`user_script:\d+: `)

// TestPatternsMatchAsInRedis has what string.find and the like return of several thousand patterns.
func TestPatternsMatchAsInRedis(t *testing.T) {
	real, mine := dialRedis(t, startRedis(t)), dialOurs(t, newCluster(t), "one-token")
	cases, different := patternCases(), 0

	for len(cases) > 0 {
		some := cases[:min(200, len(cases))]
		cases = cases[len(some):]
		args := []string{"EVAL", matching, "0"}

		for _, one := range some {
			args = append(args, one...)
		}
		want, got := real.ask(args...)[0], mine.ask(args...)[0]

		if len(want.items) != len(some) || len(got.items) != len(some) {
			t.Fatalf("Redis: %.300s\n ours: %.300s", want, got)
		}

		for i, one := range some {
			expected, answered := place.ReplaceAllString(want.items[i].text, ""), place.ReplaceAllString(got.items[i].text, "")
			if expected == answered {
				continue
			}

			if different++; different < 20 {
				t.Errorf("%q:\nRedis: %q\n ours: %q", one, expected, answered)
			}
		}
	}
}

// TestNoPatternTakesTheProcess: each of these once took it with all databases, or continued permanently.
func TestNoPatternTakesTheProcess(t *testing.T) {
	mine := dialOurs(t, newCluster(t), "one-token")

	for script, want := range map[string]string{
		"return #string.match(string.rep('a', 3000000), '.*')":                                     `:"3000000"`,
		"return #string.match(string.rep('a', 300000), '.-$')":                                     `:"300000"`,
		"return select(2, string.gsub(string.rep('a', 300000), '.', '%0%0'))":                      `:"300000"`,
		"return string.find('a', string.rep('a?', 100000))":                                        `:"1"`,
		"return string.find(string.rep('a', 20000), string.rep('a?', 20000))":                      "too complex",
		"return #string.gsub(string.rep('a', 100), 'a', string.rep('b', 1e7))":                     `-"ERR `,
		"local s, t = ('x'):rep(1e6), {} for i = 1, 10000 do t[i] = s end return #table.concat(t)": "too large",
		"return #string.format(('%999999d'):rep(1000), 1)":                                         "too long",
		"return #string.format(('%[1]s'):rep(1000), 'a')":                                          "invalid option",
	} {
		if got := fmt.Sprint(mine.ask("EVAL", script, "0")); !strings.Contains(got, want) {
			t.Errorf("%s: got %.300s, want %s", script, got, want)
		}
	}

	c := newCluster(t)
	c.bounds = bounds{slow: 20 * time.Millisecond, limit: 50 * time.Millisecond, memory: scriptMemory}
	mine = dialOurs(t, c, "one-token")

	for range maxStrays + 1 {
		got := mine.ask("EVAL", "return string.find(('a'):rep(40), ('a*'):rep(20) .. 'b')", "0")[0]
		if !strings.HasPrefix(got.text, textOverdue) {
			t.Errorf("one that needs more time than there is: %s", got)
		}
	}
}
