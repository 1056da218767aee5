package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// problem is one row of the catalogue of problems.
type problem struct {
	code, title string
	status      int
}

// problemPackage holds the constants of type Code (code.go) and the one table of their statuses and titles
// (catalogue.go).
const problemPackage = "internal/problem"

// readProblems parses the catalogue's source instead of importing it, so that this tool does not need the product's
// dependencies. It skips rows without an HTTP status, which belong to desktop commands and not to the API.
func readProblems(root string) ([]problem, error) {
	codes, err := readCodes(filepath.Join(root, problemPackage, "code.go"))
	if err != nil {
		return nil, err
	}

	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, problemPackage, "catalogue.go"), nil, 0)
	if err != nil {
		return nil, err
	}

	const columns = 6 // code, status, exit code, label, retry, title
	var problems []problem
	rows := 0
	ast.Inspect(file, func(node ast.Node) bool {
		row, ok := node.(*ast.CompositeLit)
		if !ok || row.Type != nil || len(row.Elts) != columns {
			return true
		}
		rows++
		if status, ok := row.Elts[1].(*ast.SelectorExpr); ok {
			problems = append(problems, problem{
				code:   codes[row.Elts[0].(*ast.Ident).Name],
				status: statuses()[status.Sel.Name],
				title:  literal(row.Elts[columns-1]),
			})
		}

		return true
	})
	for _, p := range problems {
		if p.code == "" || p.title == "" || p.status == 0 {
			return nil, fmt.Errorf("%s: cannot parse the row %+v", problemPackage, p)
		}
	}
	if len(problems) == 0 || rows != len(codes) {
		return nil, fmt.Errorf("%s: cannot parse the table of problems", problemPackage)
	}

	return problems, nil
}

// enum lists the codes of the API.
func enum(problems []problem) []any {
	codes := make([]any, 0, len(problems))
	for _, p := range problems {
		codes = append(codes, p.code)
	}

	return codes
}

// readCodes returns the codes by the name of their constant.
func readCodes(path string) (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil, err
	}

	codes := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		if value, ok := node.(*ast.ValueSpec); ok {
			if kind, ok := value.Type.(*ast.Ident); ok && kind.Name == "Code" {
				codes[value.Names[0].Name] = literal(value.Values[0])
			}
		}

		return true
	})

	return codes, nil
}

func literal(expression ast.Expr) string {
	if basic, ok := expression.(*ast.BasicLit); ok {
		if value, err := strconv.Unquote(basic.Value); err == nil {
			return value
		}
	}
	return ""
}

// statuses maps net/http's names to statuses.
func statuses() map[string]int {
	return map[string]int{
		"StatusBadRequest":            http.StatusBadRequest,
		"StatusUnauthorized":          http.StatusUnauthorized,
		"StatusForbidden":             http.StatusForbidden,
		"StatusNotFound":              http.StatusNotFound,
		"StatusMethodNotAllowed":      http.StatusMethodNotAllowed,
		"StatusConflict":              http.StatusConflict,
		"StatusGone":                  http.StatusGone,
		"StatusRequestEntityTooLarge": http.StatusRequestEntityTooLarge,
		"StatusUnsupportedMediaType":  http.StatusUnsupportedMediaType,
		"StatusMisdirectedRequest":    http.StatusMisdirectedRequest,
		"StatusUnprocessableEntity":   http.StatusUnprocessableEntity,
		"StatusTooManyRequests":       http.StatusTooManyRequests,
		"StatusInternalServerError":   http.StatusInternalServerError,
		"StatusBadGateway":            http.StatusBadGateway,
		"StatusServiceUnavailable":    http.StatusServiceUnavailable,
		"StatusGatewayTimeout":        http.StatusGatewayTimeout,
		"StatusPreconditionFailed":    http.StatusPreconditionFailed,
	}
}

// problemCodes is the extension that lists an operation's codes. The handlers' comments list the codes that are
// specific to the operation. codesOf adds the common codes, such as those of authentication and of request bodies.
const problemCodes = "x-problem-codes"

func codesOf(operation *openapi3.Operation) ([]string, error) {
	codes := []string{"misdirected_request", "invalid_request", "method_not_allowed", "body_too_large", "csrf", "internal"}
	if len(*operation.Security) > 0 {
		codes = append(
			codes,
			"authentication_required",
			"invalid_token",
			"session_expired",
			"client_not_allowed",
			"rate_limited",
			"issuer_unavailable",
			"storage_unavailable",
		)
	}
	if operation.RequestBody != nil {
		codes = append(codes, "invalid_json", "unknown_field", "unsupported_media_type", "validation_failed")
	}
	if own, found := operation.Extensions[problemCodes]; found {
		raw, err := json.Marshal(own)
		if err != nil {
			return nil, err
		}
		var named []string
		if err := json.Unmarshal(raw, &named); err != nil {
			return nil, fmt.Errorf("%s: x-problem-codes is not a list of codes: %w", operation.OperationID, err)
		}
		codes = append(codes, named...)
	}
	slices.Sort(codes)
	return slices.Compact(codes), nil
}

// addProblems adds one example problem for each code, and references it from each operation that may return it.
func addProblems(document *openapi3.T, problems []problem) error {
	document.Components.Examples = openapi3.Examples{}
	known := map[string]bool{}
	for _, p := range problems {
		known[p.code] = true
		document.Components.Examples[p.code] = &openapi3.ExampleRef{
			Value: &openapi3.Example{Summary: fmt.Sprintf("%d %s", p.status, codeWords(p.code)), Value: p.example()},
		}
	}
	for _, item := range document.Paths.Map() {
		for _, operation := range item.Operations() {
			codes, err := codesOf(operation)
			if err != nil {
				return err
			}
			examples := openapi3.Examples{}
			for _, code := range codes {
				if !known[code] {
					return fmt.Errorf("%s: unknown code %s", operation.OperationID, code)
				}
				examples[code] = &openapi3.ExampleRef{
					Ref:   "#/components/examples/" + code,
					Value: document.Components.Examples[code].Value,
				}
			}
			if operation.Extensions == nil {
				operation.Extensions = map[string]any{}
			}
			operation.Extensions[problemCodes] = codes
			operation.Responses.Value("default").Value.Content[problemType].Examples = examples
		}
	}
	return nil
}

// example returns a problem document, with the members that its code adds.
func (p problem) example() map[string]any {
	example := map[string]any{
		"type": "/api/v1/problems/" + p.code, "title": p.title, "status": p.status, "code": p.code,
		"instance": "/api/v1/databases", "request_id": "6G5M2KQJ4V7ZC3XN5W2RTYB4HA",
	}
	switch p.code {
	case "validation_failed":
		example["errors"] = []any{
			map[string]any{
				"pointer": "/name", "code": "invalid_format",
				"detail": "must be 1 to 64 letters, digits, _ or -, starting with a letter or digit",
			},
		}
	case "not_allowed":
		example["errors"] = []any{
			map[string]any{
				"pointer": "/primary_region", "code": "not_allowed",
				"detail": "is not a region allowed here; GET /api/v1/catalog lists them",
			},
		}
	case "unknown_field":
		example["errors"] = []any{map[string]any{
			"pointer": "/colour", "code": "unknown_field", "detail": "is not a field of this call",
		}}
	case "rate_limited":
		example["limit"] = "creates"
	case "upstash_key_limit":
		example["leftover_keys"] = []any{map[string]any{
			"name": "ACME_API_KEY_1795341600000_k3v9q2ab", "state": "left_behind", "since": "2026-11-22T10:00:00Z",
			"console_url": "https://console.upstash.com/account/api",
		}}
	}
	return example
}
