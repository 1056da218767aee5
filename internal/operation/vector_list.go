package operation

import "net/http"

var _ = register(Operation{
	Name: "vector.list", Tier: Named, Effect: Read, On: vectorIndex,
	Summary: "List Vector indexes",
	Method:  http.MethodGet, Path: "/vector/indexes",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/vector/index"},
	Response: vectorObject,
	List:     "indexes",
})
