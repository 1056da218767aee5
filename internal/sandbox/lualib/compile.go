package lualib

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

const (
	// maxScript is the maximum length of a script in bytes.
	maxScript = 1 << 20
	// maxSyntax is the maximum nesting of a script. Each operator and each call that waits for another's result
	// counts, because the compiler recurses for it. Redis' own Lua nests 200 times.
	maxSyntax = 1000
	// maxLookups limits the search for constants, which compares each with all earlier ones.
	maxLookups = 1 << 29
	// maxJumps is the maximum number of gotos, which Redis' Lua does not have.
	maxJumps = 1000
)

var (
	errScriptLong    = errors.New("script is too long")
	errScriptDeep    = errors.New("chunk has too many syntax levels")
	errScriptComplex = errors.New("script is too complex")
)

// Compile compiles a script, unless that would exhaust the stack or take too long. Syntax errors are parse.Error.
func Compile(text, name string) (*lua.FunctionProto, error) {
	if len(text) > maxScript {
		return nil, errScriptLong
	}

	if err := measure(text); err != nil {
		return nil, err
	}

	chunk, err := parse.Parse(strings.NewReader(text), name)
	if err != nil {
		return nil, err
	}

	return lua.Compile(chunk, name)
}

// level is an open bracket or block of a script.
type level struct {
	closer  int // the token that closes it
	kept    int // nesting without parentheses, as in a chain of elseif
	pending int // operators, calls and indices of the current expression
}

// depths measures how deep a script nests, from its tokens alone. It may count too much, but never too little: it
// ignores an unmatched closing token.
type depths struct {
	levels   []level
	total    int
	deepest  int
	previous int
}

// measure rejects scripts that are too complex to compile. It leaves invalid Lua to the parser.
func measure(text string) error {
	scanner, lexer := parse.NewScanner(strings.NewReader(text), ""), &parse.Lexer{}
	all := depths{levels: []level{{}}}
	constants, lookups, jumps := map[string]bool{}, 0, 0

	for {
		token, err := scanner.Scan(lexer)
		if err != nil || token.Type == parse.EOF {
			return nil //nolint:nilerr // the parser finds the same error, no deeper than this
		}

		switch token.Type {
		case parse.TIdent, parse.TString, parse.TNumber:
			constants[token.Str] = true
			lookups++
		case parse.TGoto:
			jumps++
		}
		all.read(token)

		switch {
		case all.deepest > maxSyntax:
			return errScriptDeep
		case lookups*len(constants) > maxLookups || jumps > maxJumps:
			return errScriptComplex
		}
	}
}

func (d *depths) read(token ast.Token) {
	switch token.Type {
	case '(':
		d.open(')')
	case '[':
		d.open(']')
	case '{':
		d.open('}')
	case parse.TFunction, parse.TDo, parse.TIf:
		if token.Type != parse.TFunction || endsOperand(d.previous) { // a new statement
			d.rest()
		}
		d.open(parse.TEnd)
	case parse.TRepeat:
		d.rest()
		d.open(parse.TUntil)
	case ')', ']', '}', parse.TEnd, parse.TUntil:
		d.close(token.Type)
	case parse.TElseIf:
		d.rest()
		d.levels[len(d.levels)-1].kept++
		d.total++
	case ',', ';', '=', parse.TBreak, parse.TElse, parse.TFor, parse.TGoto, parse.TIn, parse.TLocal, parse.TReturn,
		parse.TThen, parse.TWhile, parse.T2Colon:
		d.rest()
	case parse.TIdent, parse.TString, parse.TNumber, parse.TNil, parse.TTrue, parse.TFalse, parse.T3Comma:
		if token.Type == parse.TIdent && endsOperand(d.previous) { // a new statement
			d.rest()
		}

		if token.Type == parse.TString && endsOperand(d.previous) { // a call's argument
			d.wait()
		}
	default: // an operator, or the . or : of an index
		d.wait()
	}
	d.deepest, d.previous = max(d.deepest, d.total), token.Type
}

func endsOperand(token int) bool {
	switch token {
	case parse.TIdent, parse.TString, parse.TNumber, parse.TNil, parse.TTrue, parse.TFalse, parse.T3Comma,
		')', ']', '}', parse.TEnd:
		return true
	}

	return false
}

func (d *depths) wait() {
	d.levels[len(d.levels)-1].pending++
	d.total++
}

// rest marks the end of an expression.
func (d *depths) rest() {
	top := &d.levels[len(d.levels)-1]
	d.total -= top.pending
	top.pending = 0
}

func (d *depths) open(closer int) {
	d.levels = append(d.levels, level{closer: closer})
	d.total++
}

// close ends the innermost level if the token closes it. Its content belongs to an expression that may continue, such
// as a call or an index.
func (d *depths) close(token int) {
	top := d.levels[len(d.levels)-1]
	if top.closer != token || len(d.levels) == 1 {
		return
	}
	d.levels = d.levels[:len(d.levels)-1]
	d.total -= 1 + top.pending + top.kept
	d.wait()
}

// OpenLoad replaces load and loadstring with functions that use Compile. The libraries must be open.
func OpenLoad(l *lua.LState) {
	l.SetGlobal("loadstring", l.NewFunction(func(l *lua.LState) int {
		return pushCompiled(l, l.CheckString(1), l.OptString(2, "<string>"))
	}))
	l.SetGlobal("load", l.NewFunction(func(l *lua.LState) int {
		next, name := l.CheckFunction(1), l.OptString(2, "?")

		var text strings.Builder

		for text.Len() <= maxScript {
			l.Push(next)
			l.Call(0, 1)

			piece := l.Get(-1)
			l.Pop(1)

			if piece == lua.LNil || piece == lua.LString("") {
				break
			}

			if !lua.LVCanConvToString(piece) {
				l.Push(lua.LNil)
				l.Push(lua.LString("reader function must return a string"))

				return 2
			}
			text.WriteString(lua.LVAsString(piece))
		}

		return pushCompiled(l, text.String(), name)
	}))
}

func pushCompiled(l *lua.LState, text, name string) int {
	proto, err := Compile(text, name)
	if err != nil {
		l.Push(lua.LNil)
		l.Push(lua.LString(err.Error()))

		return 2
	}
	l.Push(l.NewFunctionFromProto(proto))

	return 1
}
