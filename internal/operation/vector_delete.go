package operation

import "net/http"

var _ = register(Operation{
	Name: "vector.delete", Tier: Guarded, Effect: Destroy, On: vectorIndex,
	Summary: "Delete a Vector index",
	Detail:  "Deletes the index with all its data. Upstash cannot bring it back.",
	Method:  http.MethodDelete, Path: "/vector/indexes/{id}",
	Upstream: Upstream{Method: http.MethodDelete, Path: "/v2/vector/index/{id}"},
})
