package main

import (
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	catalogue "github.com/upstash-connect/bff/internal/operation"
)

// addOperations adds the operations of the catalogue that the handlers' comments do not describe: the server has one
// handler for all of them.
func addOperations(document *openapi3.T) {
	tags := map[catalogue.Product]string{catalogue.Redis: "databases"}
	descriptions := map[catalogue.Product]string{
		catalogue.Vector: "Vector indexes, where BFF_ALLOW_OPERATIONS opens them",
		catalogue.Search: "Search indexes, where BFF_ALLOW_OPERATIONS opens them",
		catalogue.QStash: "QStash, where BFF_ALLOW_OPERATIONS opens it",
	}

	after := 1 + slices.IndexFunc(document.Tags, func(t *openapi3.Tag) bool { return t.Name == "databases" })
	for _, product := range catalogue.Products()[1:] {
		tags[product] = string(product)
		document.Tags = slices.Insert(
			document.Tags, after, &openapi3.Tag{Name: string(product), Description: descriptions[product]},
		)
		after++
	}

	addPoints(document)

	for _, called := range catalogue.All() {
		if called.Upstream.Method == "" {
			continue
		}

		item := document.Paths.Value(called.Path)
		if item == nil {
			item = &openapi3.PathItem{}
			document.Paths.Set(called.Path, item)
		}
		item.SetOperation(called.Method, operationOf(document, called, tags[called.On.Product]))
	}
}

func operationOf(document *openapi3.T, called *catalogue.Operation, tag string) *openapi3.Operation {
	operation := openapi3.NewOperation()
	operation.OperationID, operation.Summary, operation.Tags = camelCase(called.Name), called.Summary, []string{tag}
	operation.Description = describe(called)
	operation.Security = openapi3.NewSecurityRequirements()

	for _, scheme := range []string{"AccessToken", "SessionCookie", "ServiceToken"} {
		operation.Security.With(openapi3.NewSecurityRequirement().Authenticate(scheme))
	}
	operation.Extensions = map[string]any{problemCodes: problemsOf(called)}

	for _, parameter := range parametersOf(called) {
		operation.AddParameter(parameter)
	}

	if called.Effect.Writes() && len(called.Fields) > 0 {
		name := strings.ToUpper(operation.OperationID[:1]) + operation.OperationID[1:] + "Request"
		document.Components.Schemas[name] = openapi3.NewSchemaRef("", requestSchema(called))
		body := openapi3.NewRequestBody().WithRequired(true).WithDescription("the values to send").
			WithJSONSchemaRef(reference(document, name))
		operation.RequestBody = &openapi3.RequestBodyRef{Value: body}
	}
	addResponses(document, operation, called)

	return operation
}

// describe composes the description: what the operation does, then the rules of its tier and effect.
func describe(called *catalogue.Operation) string {
	sentences := []string{strings.TrimSuffix(called.Summary, ".") + "."}
	if called.Detail != "" {
		sentences = append(sentences, called.Detail)
	}

	if called.Tier == catalogue.Guarded {
		sentences = append(sentences, "A user needs a login of the last 10 minutes: otherwise the call returns 401 "+
			"fresh_login_required with a challenge (RFC 9470). Repeat the resource's name in Confirm-Name. A service may "+
			"act only on what it created.")
	}

	switch called.Effect {
	case catalogue.Create, catalogue.Change, catalogue.Destroy:
		sentences = append(sentences, "For 24 hours, calls with the same Idempotency-Key and the same values take effect "+
			"once. 504 outcome_uncertain means that the response of Upstash was lost: send the same call again after "+
			"Retry-After to learn the outcome.")
	case catalogue.Reveal:
		sentences = append(sentences, "The server records each call in the audit log.")
	case catalogue.Read:
	}

	return strings.Join(append(sentences, "Open only where BFF_ALLOW_OPERATIONS names "+called.Name+"."), " ")
}

func problemsOf(called *catalogue.Operation) []any {
	codes := []any{
		"operation_disabled", "connect_required", "reconnect_required", "upstream_forbidden", "upstream_error",
		"upstream_redirect", "upstream_unavailable", "upstream_timeout", "insufficient_scope", "grant_required",
		"grant_paused",
	}

	if strings.Contains(called.Path, "{id}") {
		if called.On.Product == catalogue.Redis {
			codes = append(codes, "database_not_found")
		}

		if called.On.Product != catalogue.Redis || strings.Contains(called.Path, "backup") {
			codes = append(codes, "resource_not_found")
		}
	}

	if len(called.Fields) > 0 {
		codes = append(codes, "validation_failed", "not_allowed")
	}

	if called.Tier == catalogue.Guarded {
		codes = append(codes, "fresh_login_required", "confirmation_mismatch")
	}

	switch called.Effect {
	case catalogue.Create:
		codes = append(codes, "resource_limit", "grant_limit", "idempotency_key_missing")

		fallthrough
	case catalogue.Change, catalogue.Destroy:
		codes = append(codes, "idempotency_key_invalid", "idempotency_key_reused", "create_in_progress",
			"outcome_uncertain", "grant_limit",
			"invalid_json", "unknown_field", "unsupported_media_type") // of the body, also where it may be empty only
	case catalogue.Reveal:
		codes = append(codes, "credentials_disabled")
	case catalogue.Read:
	}

	return codes
}

func parametersOf(called *catalogue.Operation) []*openapi3.Parameter {
	parameters := []*openapi3.Parameter{
		headerParameter("X-CSRF", "1; required when the session cookie authenticates the call"),
		headerParameter("Connect-User", "with a service token: the external ID of the end user"),
		headerParameter("Connect-Grant", "with a service token, instead of Connect-User: the grant ID"),
	}

	if called.Effect.Writes() {
		parameters = append(parameters, headerParameter("Idempotency-Key",
			"1 to 255 visible characters, with or without quotes; choose a new one for each call"+
				map[bool]string{true: "; required with a service token"}[called.Effect == catalogue.Create]))
	}

	if called.Tier == catalogue.Guarded {
		confirm := headerParameter("Confirm-Name", "the resource's name, or its ID where it has none")
		confirm.Required = true
		parameters = append(parameters, confirm)
	}

	if called.Effect == catalogue.Read {
		parameters = append(parameters, headerParameter("If-None-Match",
			"the ETag of a response that the caller has; several ETags or * are accepted (RFC 9110 section 13.1.2)"))
	}

	if strings.Contains(called.Path, "{id}") {
		noun := called.On.Noun
		if called.On.Of != nil {
			noun = called.On.Of.Noun
		}
		parameters = append(parameters, pathParameter("id", "the "+noun+"'s ID"))
	}

	if strings.Contains(called.Path, "{backup_id}") {
		parameters = append(parameters, pathParameter("backup_id", "the backup's ID"))
	}

	if !called.Effect.Writes() {
		for n := range called.Fields {
			field := &called.Fields[n]
			parameters = append(parameters, openapi3.NewQueryParameter(field.Name).
				WithDescription(helpOf(field)).WithSchema(fieldSchema(field)))
		}
	}

	return parameters
}

func headerParameter(name, description string) *openapi3.Parameter {
	return openapi3.NewHeaderParameter(name).WithDescription(description).WithSchema(openapi3.NewStringSchema())
}

func pathParameter(name, description string) *openapi3.Parameter {
	parameter := openapi3.NewPathParameter(name).WithDescription(description).WithSchema(openapi3.NewStringSchema())
	parameter.Example = "96ad0856-03b1-4ee7-9666-e81abd0349e1"

	return parameter
}

func addResponses(document *openapi3.T, operation *openapi3.Operation, called *catalogue.Operation) {
	operation.Responses = openapi3.NewResponses()
	operation.Responses.Delete("default")

	problem := openapi3.NewResponse().WithDescription("a problem").
		WithContent(openapi3.Content{problemType: {Schema: reference(document, "Problem")}})
	operation.AddResponse(0, problem)

	if called.Effect == catalogue.Destroy {
		operation.AddResponse(http.StatusNoContent, openapi3.NewResponse().WithDescription("deleted"))
		return
	}

	status := http.StatusOK
	if called.Effect == catalogue.Create {
		status = http.StatusCreated
	}

	name := called.Response.Name
	document.Components.Schemas[name] = openapi3.NewSchemaRef("", responseSchema(document, called.Response))

	if called.List != "" {
		list := openapi3.NewObjectSchema().WithRequired([]string{called.List})
		array := openapi3.NewArraySchema()
		array.Items = reference(document, name)
		list.Properties = openapi3.Schemas{called.List: openapi3.NewSchemaRef("", array)}
		name += "List"
		document.Components.Schemas[name] = openapi3.NewSchemaRef("", list)
	}

	response := openapi3.NewResponse().WithDescription(map[catalogue.Effect]string{
		catalogue.Read: "the requested values", catalogue.Create: "created", catalogue.Change: "as it is after the change",
		catalogue.Reveal: "the resource with its secrets",
	}[called.Effect]).WithJSONSchemaRef(reference(document, name))
	operation.AddResponse(status, response)

	if called.Effect == catalogue.Read {
		tag := openapi3.Headers{"ETag": &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{
			Description: "identifies this response", Schema: openapi3.NewSchemaRef("", openapi3.NewStringSchema()),
		}}}}
		response.Headers = tag
		unchanged := openapi3.NewResponse().WithDescription("nothing changed: the caller's copy is current")
		unchanged.Headers = openapi3.Headers{"ETag": tag["ETag"]}
		operation.AddResponse(http.StatusNotModified, unchanged)
	}
}

func reference(document *openapi3.T, name string) *openapi3.SchemaRef {
	return openapi3.NewSchemaRef("#/components/schemas/"+name, document.Components.Schemas[name].Value)
}

func camelCase(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '-' })
	for n := range words[1:] {
		words[n+1] = strings.ToUpper(words[n+1][:1]) + words[n+1][1:]
	}

	return strings.Join(words, "")
}
