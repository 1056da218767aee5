package problem_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/docs"
	"github.com/upstash-connect/bff/internal/problem"
)

// NewField is the only way to make a field error. A code that is written as a text there could be empty or misspelled,
// so each call names a constant, or passes on a value of the type FieldCode.
func TestEveryFieldErrorNamesACode(t *testing.T) {
	calls := 0

	for _, root := range []string{"../../api", "../../internal", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}

			files := token.NewFileSet()

			parsed, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}

			ast.Inspect(parsed, func(node ast.Node) bool {
				call, isCall := node.(*ast.CallExpr)
				if !isCall || !isNewField(call) {
					return true
				}
				calls++

				if !isCode(call.Args[1]) {
					t.Errorf("%s: the code is neither a constant problem.Field… nor a variable", files.Position(call.Pos()))
				}

				return true
			})

			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	if calls < 40 {
		t.Errorf("got %d calls of NewField, so this test does not find them", calls)
	}
}

func isNewField(call *ast.CallExpr) bool {
	called, isSelector := call.Fun.(*ast.SelectorExpr)
	if !isSelector || called.Sel.Name != "NewField" {
		return false
	}
	from, isName := called.X.(*ast.Ident)

	return isName && from.Name == "problem"
}

func isCode(argument ast.Expr) bool {
	if constant, isSelector := argument.(*ast.SelectorExpr); isSelector {
		return strings.HasPrefix(constant.Sel.Name, "Field")
	}
	variable, isVariable := argument.(*ast.Ident)

	return isVariable && variable.Name == "code"
}

var fieldCode = regexp.MustCompile(`\tField\w+ +FieldCode = "([a-z_]+)"`)

// docs/integrate/problems.md explains each code of a field error, and the page has messages for each.
func TestEveryFieldCodeIsExplained(t *testing.T) {
	found := fieldCode.FindAllStringSubmatch(read(t, "field.go"), -1)
	if len(found) < 10 {
		t.Fatalf("got the codes %q", found)
	}

	page := read(t, "../../web/src/shared/form/field-words.ts")

	for _, match := range found {
		if !strings.Contains(docs.Problems, "\n| `"+match[1]+"` | ") {
			t.Errorf("docs/integrate/problems.md does not explain %s", match[1])
		}

		if !regexp.MustCompile(`\b` + match[1] + `\b`).MatchString(page) {
			t.Errorf("the page has no text for %s", match[1])
		}
	}
}

func TestFieldsKeepTheirFacts(t *testing.T) {
	field := problem.NewField("/a", problem.FieldRange, "must be 1 to 9").AtLeast(1).AtMost(9).At("/b").Listed()
	if field.Pointer() != "/b" || field.Code() != problem.FieldRange || field.Detail() != "must be 1 to 9" ||
		*field.Minimum() != 1 || *field.Maximum() != 9 || !field.IsListed() || field.NotAllowed() {
		t.Errorf("got %+v", field)
	}

	if !problem.NewField("/a", problem.FieldNotAllowed, "").NotAllowed() {
		t.Error("want not_allowed to say that the value is not allowed")
	}
}
