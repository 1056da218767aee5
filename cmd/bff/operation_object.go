package main

import (
	"encoding/json"
	"strings"

	"github.com/upstash-connect/bff/internal/operation"
)

// decodedObject is an object of the API's response.
type decodedObject struct {
	object *operation.Object
	fields map[string]json.RawMessage
}

func decodeObject(object *operation.Object, body []byte) (decodedObject, error) {
	decoded := decodedObject{object: object}
	err := json.Unmarshal(body, &decoded.fields)

	return decoded, err
}

// text returns a text field by its name in the catalogue; "" if it is absent.
func (d decodedObject) text(name string) string {
	for n := range d.object.Fields {
		if field := &d.object.Fields[n]; field.Name == name {
			return decodedAs[string](d.fields[field.Key()])
		}
	}

	return ""
}

// name returns the resource's name, or its ID if the name is absent.
func (d decodedObject) name() string {
	if name := d.text(d.object.NameField); name != "" {
		return name
	}

	return d.text(d.object.IDField)
}

// cell returns a field as people read it; "" if it is absent.
func (d decodedObject) cell(field *operation.Out) string {
	raw := d.fields[field.Key()]
	if raw == nil {
		return ""
	}

	switch field.Type {
	case operation.OutText, operation.OutTime:
		return orDash(decodedAs[string](raw))
	case operation.OutTexts:
		return orDash(strings.Join(decodedAs[[]string](raw), ", "))
	case operation.OutInteger, operation.OutNumber, operation.OutBoolean, operation.OutPoints, operation.OutSeries:
	}

	return string(raw)
}

// decodedAs decodes a field that the runner encoded; an absent one is zero.
func decodedAs[T any](raw json.RawMessage) T {
	var value T
	_ = json.Unmarshal(raw, &value)

	return value
}
