package operation

import "net/http"

var _ = register(Operation{
	Name: "vector.credentials", Tier: Named, Effect: Reveal, On: vectorIndex,
	Summary: "Reveal a Vector index's tokens",
	Method:  http.MethodGet, Path: "/vector/indexes/{id}/credentials",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/vector/index/{id}"},
	Response: vectorCredentials,
})
