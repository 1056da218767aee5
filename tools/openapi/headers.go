package main

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// header is a response header, defined once under components and referenced by the responses that may have it.
type header struct {
	name, description string
	example           any
	schema            *openapi3.Schema
	on                func(operation *openapi3.Operation, status string) bool
}

func headers() []header {
	text := openapi3.NewStringSchema()
	always := func(*openapi3.Operation, string) bool { return true }
	secured := func(operation *openapi3.Operation, _ string) bool { return len(*operation.Security) > 0 }
	on := func(id string, statuses ...string) func(*openapi3.Operation, string) bool {
		return func(operation *openapi3.Operation, status string) bool {
			return operation.OperationID == id && slices.Contains(statuses, status)
		}
	}
	creates := func(operation *openapi3.Operation, status string) bool {
		return status == "201" && slices.Contains([]string{
			"createDatabase", "openConnectSession", "completeConnectSession", "vectorCreate", "searchCreate",
		}, operation.OperationID)
	}
	replays := func(operation *openapi3.Operation, status string) bool {
		return strings.HasPrefix(status, "2") && slices.ContainsFunc(operation.Parameters, func(p *openapi3.ParameterRef) bool {
			return p.Value.Name == "Idempotency-Key"
		})
	}
	problems := func(_ *openapi3.Operation, status string) bool { return status == "default" }
	return []header{
		{"X-Request-Id", "identifies the request in the server's log; include it in a report to the operator. The server uses the caller's X-Request-Id if it has 1 to 64 letters, digits or hyphens", "6G5M2KQJ4V7ZC3XN5W2RTYB4HA", text, always},
		{"RateLimit-Policy", "the rate limits that apply to this call: q units in w seconds (draft-ietf-httpapi-ratelimit-headers-10)", `"requests";q=100;w=1`, text, secured},
		{"RateLimit", "the caller's remaining quota: r units remain, and the full quota is available again after t seconds", `"requests";r=99;t=1`, text, secured},
		// A string, although this server sends whole seconds: a gateway may send a date (RFC 9110 section 10.2.3), and
		// a client that expects an integer would then fail to parse the response.
		{"Retry-After", "seconds to wait before a retry; an earlier retry will fail", "5", text, problems},
		{"WWW-Authenticate", "with 401: the authentication challenge (RFC 6750, RFC 9470)", `Bearer error="invalid_token"`, text, problems},
		{"Allow", "with 405: the methods that the path supports", "GET, POST", text, problems},
		{"Location", "path of the created resource", "/api/v1/databases/96ad0856-03b1-4ee7-9666-e81abd0349e1", text, creates},
		{"Idempotent-Replayed", "true if this is the stored response of an earlier call with the same Idempotency-Key; otherwise absent", "true", text, replays},
		{"Set-Cookie", "the session cookie: HttpOnly, SameSite=Strict and, except on plain-http loopback, Secure", "__Host-session=opaque; Path=/; HttpOnly; Secure; SameSite=Strict", text, on("startSession", "201")},
	}
}

func addHeaders(document *openapi3.T) {
	document.Components.Headers = openapi3.Headers{}
	for _, h := range headers() {
		parameter := openapi3.Parameter{Description: h.description, Schema: openapi3.NewSchemaRef("", h.schema), Example: h.example}
		document.Components.Headers[h.name] = &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: parameter}}
		for _, item := range document.Paths.Map() {
			for _, operation := range item.Operations() {
				for status, response := range operation.Responses.Map() {
					if !h.on(operation, status) {
						continue
					}
					if response.Value.Headers == nil {
						response.Value.Headers = openapi3.Headers{}
					}
					response.Value.Headers[h.name] = &openapi3.HeaderRef{
						Ref: "#/components/headers/" + h.name, Value: document.Components.Headers[h.name].Value,
					}
				}
			}
		}
	}
}
