package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const problemType = "application/problem+json"

// extend adds what Swagger 2.0 cannot express.
func extend(document *openapi3.T, problems []problem) error {
	document.OpenAPI = "3.0.3" // the version most generators understand
	document.Servers = openapi3.Servers{{URL: "/api/v1"}}
	document.Components.SecuritySchemes["AccessToken"] = &openapi3.SecuritySchemeRef{Value: &openapi3.SecurityScheme{
		Type: "http", Scheme: "bearer", BearerFormat: "JWT",
		Description: "An access token from the issuer that GET /config names, for the audience named there, issued to one of the allowed clients.",
	}}
	document.Components.SecuritySchemes["SessionCookie"] = &openapi3.SecuritySchemeRef{Value: &openapi3.SecurityScheme{
		Type:        "apiKey",
		In:          "cookie",
		Name:        "__Host-session",
		Description: "The cookie that POST /session sets. Its name is __Secure-session if the server's public URL has a path, and session on plain-http loopback. Send X-CSRF: 1 with it.",
	}}
	document.Components.SecuritySchemes["ServiceToken"] = &openapi3.SecuritySchemeRef{Value: &openapi3.SecurityScheme{
		Type: "http", Scheme: "bearer", BearerFormat: "upc_",
		Description: "A service token, for backends only. Calls that act for an end user also need the header Connect-User or Connect-Grant.",
	}}
	document.Components.SecuritySchemes["StatusToken"] = &openapi3.SecuritySchemeRef{Value: &openapi3.SecurityScheme{
		Type: "http", Scheme: "bearer", BearerFormat: "ucs_",
		Description: "The status token of one connect session, for the service's page.",
	}}
	document.Components.SecuritySchemes["TransactionCookie"] = &openapi3.SecuritySchemeRef{Value: &openapi3.SecurityScheme{
		Type:        "apiKey",
		In:          "cookie",
		Name:        "__Host-connect",
		Description: "The cookie that POST /transaction sets. Its name is __Secure-connect if the server's public URL has a path, and connect on plain-http loopback. Send X-CSRF: 1 with it.",
	}}
	written := maps.Clone(document.Components.Schemas)
	addOperations(document)
	for _, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			if err := extendOperation(method, operation); err != nil {
				return err
			}
		}
	}
	if schema := document.Components.Schemas["ProblemCode"]; schema != nil {
		schema.Value.Enum = enum(problems) // swag lists the codes of desktop commands as well
	}
	for name, schema := range written { // those of the catalogue are complete
		extendSchema(name, schema.Value)
	}
	addHeaders(document)
	if err := addExamples(document); err != nil {
		return err
	}
	return addProblems(document, problems)
}

func extendOperation(method string, operation *openapi3.Operation) error {
	if operation.Description == "" || operation.OperationID == "" {
		return fmt.Errorf("the operation %q has no description or no ID", operation.Summary)
	}
	if operation.Security == nil {
		operation.Security = openapi3.NewSecurityRequirements() // open to anyone, and documented as such
	}
	if method == http.MethodGet && operation.RequestBody != nil {
		return fmt.Errorf("%s: GET has a body", operation.OperationID)
	}
	if body := operation.RequestBody; body != nil && !body.Value.Required {
		for _, media := range body.Value.Content {
			media.Schema.Value.Nullable = true // typed clients send null for an absent body
		}
	}
	for status, response := range operation.Responses.Map() {
		content := response.Value.Content
		if status == "default" {
			// Swagger 2.0 has one list of media types for all responses.
			var schema *openapi3.SchemaRef
			for _, media := range content {
				schema = media.Schema
			}
			response.Value.Content = openapi3.Content{problemType: {Schema: schema}}
			description := "A problem. Its code identifies the error; x-problem-codes lists the codes that this call may return. More may be added."
			response.Value.Description = &description
		}
	}
	return nil
}

// extendSchema marks the fields that responses always contain as required, and converts x-nullable to nullable.
func extendSchema(name string, schema *openapi3.Schema) {
	if description, isCode := map[string]string{
		"ProblemCode":    "Stable name of the problem. More may be added: handle an unknown code by the HTTP status. Known codes: ",
		"FieldFaultCode": "Stable name of the error of a field. More may be added: show the detail of an unknown one. Known codes: ",
	}[name]; isCode {
		// An open list: clients must handle codes that are added later.
		schema.Description = description + enumText(schema.Enum)
		schema.Extensions = map[string]any{openEnum: schema.Enum}
		schema.Enum = nil
		return
	}
	request := strings.HasSuffix(name, "Request")
	for property, reference := range schema.Properties {
		if reference.Value != nil && reference.Ref == "" {
			if reference.Value.Extensions["x-nullable"] == true {
				reference.Value.Nullable = true
			}
			if reference.Value.Nullable && len(reference.Value.AllOf) > 0 {
				reference.Value.Type = &openapi3.Types{openapi3.TypeObject} // nullable has no effect without a type
			}
			delete(reference.Value.Extensions, "x-nullable")
			if reference.Value.Extensions["x-deprecated"] == true {
				reference.Value.Deprecated = true
			}
			delete(reference.Value.Extensions, "x-deprecated")
			openValues(reference.Value)
			if request && !slices.Contains(schema.Required, property) {
				reference.Value.Nullable = true // typed clients send null for an absent field
			}
		}
		switch {
		case request:
		case !optional(name, property):
			schema.Required = append(schema.Required, property)
		case reference.Value.Type.Is(openapi3.TypeArray):
			// Otherwise Go clients would get a pointer to the list.
			reference.Value.Extensions = map[string]any{"x-go-type-skip-optional-pointer": true}
		}
	}
	slices.Sort(schema.Required)
	schema.Required = slices.Compact(schema.Required)
	if request {
		closed := false
		schema.AdditionalProperties = openapi3.AdditionalProperties{Has: &closed}
	}
}

// openEnum is the extension with the known values of a string. With a plain enum, generated clients would fail on new
// values.
const openEnum = "x-extensible-enum"

// openValues converts the values of a struct tag, such as "active|suspect", to a list.
func openValues(schema *openapi3.Schema) {
	listed, found := schema.Extensions[openEnum].(string)
	if !found {
		return
	}
	var values []any
	for value := range strings.SplitSeq(listed, "|") {
		values = append(values, value)
	}
	schema.Extensions[openEnum] = values
}

// optional reports whether a response may omit a property.
func optional(schema, property string) bool {
	may := map[string][]string{
		"Problem":    {"detail", "errors", "leftover_keys", "limit"},
		"Config":     {"redis_ca_file"},
		"FieldFault": {"minimum", "maximum"},
		"PingResult": {"latency_ms", "reason"},
	}
	return slices.Contains(may[schema], property)
}

func enumText(values []any) string {
	words := make([]string, 0, len(values))
	for _, value := range values {
		words = append(words, fmt.Sprint(value))
	}
	return strings.Join(words, ", ")
}
