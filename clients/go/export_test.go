package connect

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
)

// HasCode reports whether codes.go has a constant with this value.
func HasCode(code string) bool {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		return false
	}
	found := false

	ast.Inspect(file, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Value == strconv.Quote(code) {
			found = true
		}

		return !found
	})

	return found
}
