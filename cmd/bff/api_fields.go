package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// maxInput limits a body, and the file of a field.
const maxInput = 16 << 20

// apiField is one -f or -F: a name and a value that JSON can encode.
type apiField struct {
	name  string
	value any
	text  string // in a query
}

// apiFields parses the fields of a command line, those of -f first.
func apiFields(texts, typed []string, read func(file string) ([]byte, error)) ([]apiField, error) {
	var fields []apiField

	for n, field := range append(append([]string{}, texts...), typed...) {
		name, text, found := strings.Cut(field, "=")
		if !found && strings.HasSuffix(name, "[]") && n >= len(texts) {
			fields = append(fields, apiField{name: name, value: emptyList{}})
			continue
		}

		if !found || name == "" {
			return nil, fmt.Errorf("field %q is not NAME=VALUE", field)
		}
		value := apiField{name: name, value: text, text: text}

		if n >= len(texts) {
			if file, isFile := strings.CutPrefix(text, "@"); isFile {
				content, err := read(file)
				if err != nil {
					return nil, err
				}
				value.value, value.text = string(content), string(content)
			} else {
				value.value = typedValue(text)
			}
		}
		fields = append(fields, value)
	}

	return fields, nil
}

// emptyList is the value of -F NAME[].
type emptyList struct{}

// jsonNumber matches the numbers of RFC 8259 section 6.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// typedValue converts true, false, null and numbers. A number keeps its digits.
func typedValue(text string) any {
	switch {
	case text == "true", text == "false":
		return text == "true"
	case text == "null":
		return nil
	case jsonNumber.MatchString(text):
		return json.Number(text)
	}

	return text
}

// queryOf returns the fields as parameters of a query.
func queryOf(fields []apiField) url.Values {
	query := url.Values{}
	for _, field := range fields {
		query.Add(field.name, field.text)
	}

	return query
}

// bodyOf returns the fields as a JSON object; nil without fields. NAME[] appends to a list, and NAME[SUB] sets a field
// of an object.
func bodyOf(fields []apiField) ([]byte, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	var object any

	for _, field := range fields {
		path, err := fieldPath(field.name)
		if err != nil {
			return nil, err
		}

		if object, err = setField(object, path, field.value); err != nil {
			return nil, fmt.Errorf("field %q: %w", field.name, err)
		}
	}

	return json.Marshal(object)
}

var (
	fieldName = regexp.MustCompile(`^([^\[\]]+)((?:\[[^\[\]]*\])*)$`)
	fieldKey  = regexp.MustCompile(`\[([^\[\]]*)\]`)
)

// fieldPath splits the name of a field: a[b][] is a, b and an empty key, which means the end of a list.
func fieldPath(name string) ([]string, error) {
	match := fieldName.FindStringSubmatch(name)
	if match == nil {
		return nil, fmt.Errorf("field %q is not NAME, NAME[SUB] or NAME[]", name)
	}
	path := []string{match[1]}

	for _, key := range fieldKey.FindAllStringSubmatch(match[2], -1) {
		path = append(path, key[1])
	}

	return path, nil
}

var errFieldTwice = errors.New("is given twice, or with different shapes")

// setField returns held with the value at a path.
func setField(held any, path []string, value any) (any, error) {
	if len(path) == 0 {
		if held != nil {
			return nil, errFieldTwice
		}

		return holding{value}, nil
	}

	if path[0] == "" {
		return appendField(held, path[1:], value)
	}

	object, ok := held.(map[string]any)
	if held == nil {
		object, ok = map[string]any{}, true
	}

	if !ok {
		return nil, errFieldTwice
	}

	inner, err := setField(object[path[0]], path[1:], value)
	object[path[0]] = inner

	return object, err
}

// holding is a value that was set; null is one, too.
type holding struct{ value any }

// MarshalJSON implements json.Marshaler.
func (h holding) MarshalJSON() ([]byte, error) { return json.Marshal(h.value) }

func appendField(held any, path []string, value any) (any, error) {
	list, ok := held.([]any)
	if !ok && held != nil {
		return nil, errFieldTwice
	}

	if _, empty := value.(emptyList); empty && len(path) == 0 {
		return append([]any{}, list...), nil
	}

	if count := len(list); count > 0 && len(path) > 0 { // a[][b]=1 a[][c]=2 is one object
		if last, isObject := list[count-1].(map[string]any); isObject && path[0] != "" && last[path[0]] == nil {
			_, err := setField(last, path, value)
			return list, err
		}
	}

	element, err := setField(nil, path, value)

	return append(list, element), err
}

// readInput reads a file, or standard input for a hyphen.
func (p program) readInput(file string) (content []byte, err error) {
	from := p.input

	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, err
		}

		defer func() { _ = opened.Close() }()

		from = opened
	}

	if from == nil {
		return []byte{}, nil
	}

	content, err = io.ReadAll(io.LimitReader(from, maxInput+1))
	if err == nil && len(content) > maxInput {
		err = fmt.Errorf("%s is longer than %d MiB", file, maxInput>>20)
	}

	return content, err
}
