package operation

import "net/http"

var _ = register(Operation{
	Name: "vector.get", Tier: Named, Effect: Read, On: vectorIndex,
	Summary: "Get a Vector index",
	Method:  http.MethodGet, Path: "/vector/indexes/{id}",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/vector/index/{id}"},
	Response: vectorObject,
})
