package api

import (
	"strings"
	"testing"
)

func TestNoneMatch(t *testing.T) {
	const tag = `"abc"`
	for name, row := range map[string]struct {
		lines []string
		want  bool
	}{
		"nothing":                      {nil, false},
		"an empty line":                {[]string{""}, false},
		"the tag":                      {[]string{`"abc"`}, true},
		"the tag, called weak":         {[]string{`W/"abc"`}, true},
		"another tag":                  {[]string{`"abd"`}, false},
		"the tag's beginning":          {[]string{`"ab"`}, false},
		"the tag without its quotes":   {[]string{`abc`}, false},
		"the tag without its end":      {[]string{`"abc`}, false},
		"among others":                 {[]string{`"x", W/"y" ,"abc"`}, true},
		"with empty elements":          {[]string{`, ,"x",,"abc",`}, true},
		"on another line":              {[]string{`"x"`, `"abc"`}, true},
		"within another tag":           {[]string{`"x, ` + `abc"`}, false},
		"behind a tag with a comma":    {[]string{`"x,y","abc"`}, true},
		"an empty tag before it":       {[]string{`"","abc"`}, true},
		"a lower-case weakness":        {[]string{`w/"abc"`}, false},
		"after a malformed tag":        {[]string{`x, "abc"`}, false},
		"glued to another tag":         {[]string{`"x""abc"`}, false},
		"a star":                       {[]string{` * `}, true},
		"a star among tags, no list":   {[]string{`"x", *`}, false},
		"a star in quotes is a tag":    {[]string{`"*"`}, false},
		"a star and a line with a tag": {[]string{`*`, `"abc"`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := noneMatch(row.lines, tag); got != row.want {
				t.Errorf("%q: got %t, want %t", row.lines, got, row.want)
			}
		})
	}
}

func FuzzNoneMatch(f *testing.F) {
	for _, seed := range []string{"", "*", `"abc"`, `W/"abc", "x"`, `,,"`, `"x""abc"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		const tag = `"abc"`

		got := noneMatch([]string{line}, tag)
		if got && strings.Trim(line, " \t") != "*" && !strings.Contains(line, tag) {
			t.Errorf("%q matches %s but does not contain it", line, tag)
		}

		if !noneMatch([]string{tag, line}, tag) {
			t.Errorf("the tag before %q does not match", line)
		}
	})
}
