package fault

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

const (
	jsonType = "application/json"
	// depth exceeds what a recursive parser can handle.
	depth = 100_000
)

// spoilers change a response after the work was done.
var spoilers = map[string]func(*recorder){
	"json_cut": func(r *recorder) {
		r.body.Truncate(r.body.Len() / 2)
	},
	"json_types": func(r *recorder) { r.rewrite(otherTypes) },
	"json_html": func(r *recorder) {
		r.replace(
			"text/html; charset=utf-8",
			[]byte("<!doctype html><title>Just a moment...</title><h1>Checking your browser</h1>\n"),
		)
	},
	"json_empty": func(r *recorder) { r.replace(jsonType, nil) },
	"json_null":  func(r *recorder) { r.replace(jsonType, []byte("null")) },
	"json_duplicate": func(r *recorder) {
		if value, ok := r.decode(); ok {
			r.replace(jsonType, twice(value))
		}
	},
	"json_deep": func(r *recorder) {
		r.replace(jsonType, []byte(strings.Repeat("[", depth)+strings.Repeat("]", depth)))
	},
	"jwks_empty":     func(r *recorder) { r.replace(jsonType, []byte(`{"keys":[]}`)) },
	"jwks_rotated":   func(r *recorder) { r.rewrite(foreignKeys) },
	"jwks_malformed": func(r *recorder) { r.rewrite(malformedKeys) },
}

func spoilerNames() []string { return slices.Sorted(maps.Keys(spoilers)) }

func (r *recorder) decode() (value any, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(r.body.Bytes()))
	decoder.UseNumber()
	return value, decoder.Decode(&value) == nil
}

// rewrite passes JSON through change. Any other body stays as it is.
func (r *recorder) rewrite(change func(any) any) {
	value, ok := r.decode()
	if !ok {
		return
	}
	// Encoding values that were decoded from JSON cannot fail.
	body, _ := json.Marshal(change(value))
	r.replace(jsonType, body)
}

// otherTypes retains names and nesting, and gives each value another type.
func otherTypes(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = otherTypes(member)
		}

		return value
	case []any:
		if len(value) == 0 {
			return map[string]any{}
		}

		for i, element := range value {
			value[i] = otherTypes(element)
		}

		return value
	case string:
		return 7
	case json.Number:
		return value.String()
	case bool:
		return map[string]any{}
	default:
		return true
	}
}

// twice writes JSON in which each member of an object appears twice, first with a value of another type. Parsers
// differ in which of the two they use.
func twice(value any) []byte {
	var text bytes.Buffer

	object, ok := value.(map[string]any)
	if list, isList := value.([]any); isList {
		text.WriteByte('[')

		for i, element := range list {
			if i > 0 {
				text.WriteByte(',')
			}
			text.Write(twice(element))
		}
		text.WriteByte(']')

		return text.Bytes()
	}

	if !ok {
		raw, _ := json.Marshal(value)
		return raw
	}
	text.WriteByte('{')

	for i, name := range slices.Sorted(maps.Keys(object)) {
		if i > 0 {
			text.WriteByte(',')
		}
		key, _ := json.Marshal(name)
		text.Write(key)
		text.WriteString(":0,")
		text.Write(key)
		text.WriteByte(':')
		text.Write(twice(object[name]))
	}
	text.WriteByte('}')

	return text.Bytes()
}
