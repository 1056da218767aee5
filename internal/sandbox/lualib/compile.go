package lualib

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

const (
	// maxScript is how long a script may be, in bytes.
	maxScript = 1 << 20
	// maxSyntax is how deep a script may nest, where each operator and each call counts that waits for another's
	// result: to compile is to go as deep. Redis' own Lua nests 200 times.
	maxSyntax = 1000
	// maxLookups bounds looking for constants, of which each is compared with all before it.
	maxLookups = 1 << 29
	// maxJumps is how many gotos there may be, which Redis' Lua does not have.
	maxJumps = 1000
)

var (
	errScriptLong    = errors.New("script is too long")
	errScriptDeep    = errors.New("chunk has too many syntax levels")
	errScriptComplex = errors.New("script is too complex")
)

// Compile compiles a script, unless that would take the stack or more time than there is. Errors of the syntax are
// parse.Error.
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

// level is what is open in a script: a bracket or a block.
type level struct {
	closer  int // the token that closes it
	kept    int // how deep it nests without parentheses, as a chain of elseif does
	pending int // operators, calls and indices of the expression that is being read
}

// depths measures how deep a script nests, from its tokens alone. It may count too much, never too little: what closes
// nothing is passed over.
type depths struct {
	levels   []level
	total    int
	deepest  int
	previous int
}

// measure refuses what is not to be compiled. What is no Lua it leaves to the parser.
func measure(text string) error {
	scanner, lexer := parse.NewScanner(strings.NewReader(text), ""), &parse.Lexer{}
	all := depths{levels: []level{{}}}
	constants, lookups, jumps := map[string]bool{}, 0, 0

	for {
		token, err := scanner.Scan(lexer)
		if err != nil || token.Type == parse.EOF {
			return nil //nolint:nilerr // the parser comes upon the same fault, no deeper than this
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

// rest is where an expression is complete.
func (d *depths) rest() {
	top := &d.levels[len(d.levels)-1]
	d.total -= top.pending
	top.pending = 0
}

func (d *depths) open(closer int) {
	d.levels = append(d.levels, level{closer: closer})
	d.total++
}

// close ends the innermost level, if that is what the token closes. What was in it is part of an expression that may go
// on, as a call or an index does.
func (d *depths) close(token int) {
	top := d.levels[len(d.levels)-1]
	if top.closer != token || len(d.levels) == 1 {
		return
	}
	d.levels = d.levels[:len(d.levels)-1]
	d.total -= 1 + top.pending + top.kept
	d.wait()
}

// OpenLoad replaces load and loadstring by those that compile with Compile. The libraries must be open.
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
