package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// referenceExample is a command for a shell.
type referenceExample struct{ Title, Command string }

// exampleKey is an Idempotency-Key that callers replace.
const exampleKey = "7d4f3c1e-5b1c-4a53-9a51-0e3b6d0c2f11"

// requestExamples returns a curl command for each example of the body, or one for a call without a body. A call that
// only a browser with a cookie can make has none.
func requestExamples(address, method, path string, doc *operationDoc) []referenceExample {
	command, callable := curlCommand(address, method, path, doc)
	if !callable {
		return nil
	}

	if doc.RequestBody == nil {
		return []referenceExample{{"", command}}
	}
	content := firstContent(doc.RequestBody.Content)

	if len(content.Examples) == 0 && content.Example == nil {
		return []referenceExample{{"", command}}
	}
	command += " \\\n  -H 'Content-Type: application/json' \\\n  -d '"

	if content.Example != nil {
		return []referenceExample{{"", command + quotable(content.Example) + "'"}}
	}

	var examples []referenceExample
	for _, name := range slices.Sorted(maps.Keys(content.Examples)) {
		each := content.Examples[name]
		examples = append(examples, referenceExample{each.Summary, command + quotable(each.Value) + "'"})
	}
	slices.SortStableFunc(examples, func(one, other referenceExample) int { // the simplest first
		return len(one.Command) - len(other.Command)
	})

	return examples
}

// curlCommand returns the command without a body, and whether a caller can make the call with a token or without
// authentication.
func curlCommand(address, method, path string, doc *operationDoc) (command string, callable bool) {
	for _, parameter := range doc.Parameters {
		if parameter.In == "path" && parameter.Example != nil {
			path = strings.ReplaceAll(path, "{"+parameter.Name+"}", fmt.Sprint(parameter.Example))
		}
	}

	var out strings.Builder
	out.WriteString("curl ")

	if method != "GET" {
		out.WriteString("-X " + method + " ")
	}
	out.WriteString(address + path)

	token := ""
	for _, each := range []struct{ scheme, variable string }{
		{"AccessToken", "ACCESS_TOKEN"}, {"ServiceToken", "SERVICE_TOKEN"}, {"StatusToken", "STATUS_TOKEN"},
	} {
		if token == "" && slices.ContainsFunc(doc.Security, func(schemes map[string][]string) bool {
			_, has := schemes[each.scheme]
			return has && len(schemes) == 1
		}) {
			token = each.variable
		}
	}

	if token == "" && len(doc.Security) > 0 {
		return "", false
	}

	if token != "" {
		out.WriteString(" \\\n  -H \"Authorization: Bearer $" + token + `"`)
	}

	for _, parameter := range doc.Parameters {
		switch {
		case parameter.In == "header" && parameter.Name == "Idempotency-Key":
			out.WriteString(" \\\n  -H 'Idempotency-Key: " + exampleKey + "'")
		case parameter.In == "header" && parameter.Name == "Confirm-Name":
			out.WriteString(" \\\n  -H 'Confirm-Name: myredis'")
		}
	}

	return out.String(), true
}

// exampleOf returns the example of a response, as indented JSON; empty if it has none.
func exampleOf(content contentDoc) string {
	if content.Example != nil {
		return indented(content.Example)
	}

	for _, name := range slices.Sorted(maps.Keys(content.Examples)) {
		return indented(content.Examples[name].Value)
	}

	return ""
}

func indented(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")

	if err := encoder.Encode(value); err != nil {
		return ""
	}

	return strings.TrimSpace(out.String())
}

// quotable returns indented JSON for single quotes of a shell.
func quotable(value any) string { return strings.ReplaceAll(indented(value), "'", `'\''`) }
