package main

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// addExamples gives every body an example, composed of the examples of its fields unless there is a special one.
func addExamples(document *openapi3.T) error {
	for _, item := range document.Paths.Map() {
		for _, operation := range item.Operations() {
			if operation.RequestBody != nil {
				delete(operation.RequestBody.Value.Extensions, "x-originalParamName")
				for _, media := range operation.RequestBody.Value.Content {
					if media.Examples = requestExamples(operation.OperationID); media.Examples == nil {
						media.Example = exampleOf(media.Schema.Value)
					}
				}
			}
			for status, response := range operation.Responses.Map() {
				if status == "default" {
					continue
				}
				for mediaType, media := range response.Value.Content {
					media.Example = responseExample(operation.OperationID, media.Schema.Value)
					if media.Example == nil {
						return fmt.Errorf("%s %s %s has no example", operation.OperationID, status, mediaType)
					}
				}
			}
		}
	}
	return nil
}

// requestExamples returns several examples for a call whose body has several forms.
func requestExamples(operation string) openapi3.Examples {
	switch operation {
	case "createDatabase":
		return createDatabaseExamples()
	case "openConnectSession":
		return connectSessionExamples()
	}
	return nil
}

func createDatabaseExamples() openapi3.Examples {
	return openapi3.Examples{
		"shortest": example("Only the required fields", map[string]any{
			"name": "myredis", "primary_region": "us-east-1",
		}),
		"everything": example("All fields", map[string]any{
			"name":           "orders",
			"platform":       "aws",
			"primary_region": "us-east-1",
			"read_regions":   []any{"us-west-1", "us-west-2"},
			"plan":           "payg",
			"budget":         20,
			"eviction":       true,
		}),
		"guide": example("The body from Upstash's partner guide", map[string]any{
			"name":           "myredis",
			"region":         "global",
			"primary_region": "us-east-1",
			"read_regions":   []any{"us-west-1", "us-west-2"},
			"tls":            true,
		}),
	}
}

// connectSessionExamples has bodies that a sandbox accepts. One with all fields would be invalid: reconnect excludes the
// others.
func connectSessionExamples() openapi3.Examples {
	body := func(more map[string]any) map[string]any {
		more["external_id"], more["return_url"] = "user_4711", "http://localhost:3000/connected"
		return more
	}
	return openapi3.Examples{
		"invite": example("Invite a user", body(map[string]any{})),
		"limited": example("Request less", body(map[string]any{
			"scopes": []any{"redis.list", "redis.create"}, "max_databases": 5,
		})),
		"select":    example("Let the user select a database", body(map[string]any{"select": "database", "databases": "selected"})),
		"reconnect": example("Reconnect a paused grant", body(map[string]any{"reconnect": "grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"})),
	}
}

func example(summary string, body map[string]any) *openapi3.ExampleRef {
	return &openapi3.ExampleRef{Value: &openapi3.Example{Summary: summary, Value: body}}
}

// responseExample returns special examples for documents, and composes the others.
func responseExample(operation string, schema *openapi3.Schema) any {
	switch operation {
	case "getOpenAPIJSON":
		return map[string]any{
			"openapi": "3.0.3",
			"info":    map[string]any{"title": "API", "version": "1.2.0"},
		}
	case "getDocs":
		return "<!doctype html><title>API reference</title>"
	case "listProblems":
		return "<!doctype html><title>Problems</title>"
	case "getProblem":
		return "<!doctype html><title>rate_limited</title>"
	case "getOpenAPIYAML":
		return "openapi: 3.0.3\ninfo:\n  title: API\n"
	}
	return exampleOf(schema)
}

// exampleOf composes the example of a schema from the examples of its parts.
func exampleOf(schema *openapi3.Schema) any {
	switch {
	case schema.Example != nil:
		return schema.Example
	case len(schema.AllOf) == 1: // a reference with its own description
		return exampleOf(schema.AllOf[0].Value)
	case schema.Type.Is("array"):
		if item := exampleOf(schema.Items.Value); item != nil {
			return []any{item}
		}
		return nil
	case schema.Type.Is("object"):
		example := map[string]any{}
		for name, property := range schema.Properties {
			if value := exampleOf(property.Value); value != nil {
				example[name] = value
			}
		}
		if len(example) > 0 {
			return example
		}
	}
	return nil
}

// codeWords converts a code such as "rate_limited" to a summary: "Rate limited".
func codeWords(code string) string {
	words := strings.ReplaceAll(code, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}
