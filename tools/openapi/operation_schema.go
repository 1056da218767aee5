package main

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	catalogue "github.com/upstash-connect/bff/internal/operation"
)

// requestSchema is the schema of an operation's body. Unknown fields are rejected.
func requestSchema(called *catalogue.Operation) *openapi3.Schema {
	schema := openapi3.NewObjectSchema()

	for n := range called.Fields {
		field := &called.Fields[n]

		property := fieldSchema(field)
		property.Description, property.Example = helpOf(field), field.Example
		property.Nullable = !field.Required // typed clients send null for an absent field
		schema.WithProperty(field.Name, property)

		if field.Required {
			schema.Required = append(schema.Required, field.Name)
		}
	}
	slices.Sort(schema.Required)

	closed := false
	schema.AdditionalProperties = openapi3.AdditionalProperties{Has: &closed}

	return schema
}

// fieldSchema is the schema of a value that a caller sends. Its known values are an open list, because Upstash adds
// regions and models.
func fieldSchema(field *catalogue.Field) *openapi3.Schema {
	schema := map[catalogue.Type]func() *openapi3.Schema{
		catalogue.Text: openapi3.NewStringSchema, catalogue.Integer: openapi3.NewInt64Schema,
		catalogue.Boolean: openapi3.NewBoolSchema, catalogue.Texts: openapi3.NewArraySchema,
	}[field.Type]()

	switch field.Type {
	case catalogue.Integer:
		schema.WithMin(float64(field.Min))

		if field.Max > 0 {
			schema.WithMax(float64(field.Max))
		}
	case catalogue.Texts:
		schema.WithItems(openapi3.NewStringSchema())

		if field.Max > 0 {
			schema.WithMaxItems(field.Max)
		}
	case catalogue.Text, catalogue.Boolean:
	}

	if len(field.Enum) > 0 {
		values := make([]any, len(field.Enum))
		for n, value := range field.Enum {
			values[n] = value
		}
		schema.Extensions = map[string]any{openEnum: values}
	}

	return schema
}

func helpOf(field *catalogue.Field) string {
	help := field.Help
	if len(field.Enum) > 0 {
		help += "; one of " + strings.Join(field.Enum, ", ")
	}

	if field.IsName {
		help += "; 1 to 64 letters, digits, _ or -, starting with a letter or digit"
	}

	if field.Default != "" {
		help += "; default: " + field.Default
	}

	return help
}

// responseSchema is the schema of an object that leaves. Only its id is certain: Upstash may leave out any other field.
func responseSchema(document *openapi3.T, object *catalogue.Object) *openapi3.Schema {
	schema := openapi3.NewObjectSchema()

	for n := range object.Fields {
		field := &object.Fields[n]

		property := outSchema(document, field.Type)
		property.Description = field.Help

		if field.Example != nil {
			property.Example = field.Example
		}
		schema.WithProperty(field.Key(), property)

		if field.Name == object.IDField {
			schema.Required = append(schema.Required, field.Key())
		}
	}

	return schema
}

// addPoints adds the schemas of time series.
func addPoints(document *openapi3.T) {
	point := openapi3.NewObjectSchema().WithRequired([]string{"x", "y"}).
		WithProperty("x", openapi3.NewStringSchema()).WithProperty("y", openapi3.NewFloat64Schema())
	point.Description = "One value of a time series: its time, as Upstash writes it, and the value."
	point.Example = map[string]any{"x": "2026-11-22 10:05:00.000 +0000 UTC", "y": 320}
	document.Components.Schemas["Point"] = openapi3.NewSchemaRef("", point)

	points := openapi3.NewArraySchema()
	points.Items = reference(document, "Point")

	series := openapi3.NewObjectSchema().WithRequired([]string{"id", "data_points"}).
		WithProperty("id", openapi3.NewStringSchema()).WithProperty("data_points", points)
	series.Example = map[string]any{"id": "delivered", "data_points": []any{point.Example}}
	document.Components.Schemas["Series"] = openapi3.NewSchemaRef("", series)
}

func outSchema(document *openapi3.T, kind catalogue.OutType) *openapi3.Schema {
	arrayOf := func(name string) *openapi3.Schema {
		array := openapi3.NewArraySchema()
		array.Items = reference(document, name)

		return array
	}

	switch kind {
	case catalogue.OutInteger:
		return openapi3.NewInt64Schema()
	case catalogue.OutNumber:
		return openapi3.NewFloat64Schema()
	case catalogue.OutBoolean:
		return openapi3.NewBoolSchema()
	case catalogue.OutTexts:
		return openapi3.NewArraySchema().WithItems(openapi3.NewStringSchema())
	case catalogue.OutTime:
		return openapi3.NewDateTimeSchema()
	case catalogue.OutPoints:
		return arrayOf("Point")
	case catalogue.OutSeries:
		return arrayOf("Series")
	case catalogue.OutText:
	}

	return openapi3.NewStringSchema()
}
