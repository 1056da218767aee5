package operation

import "net/http"

var _ = register(Operation{
	Name: "search.delete", Tier: Guarded, Effect: Destroy, On: searchIndex,
	Summary: "Delete a Search index",
	Detail:  "Deletes the index with all its data. Upstash cannot bring it back.",
	Method:  http.MethodDelete, Path: "/search/indexes/{id}",
	Upstream: Upstream{Method: http.MethodDelete, Path: "/v2/search/{id}"},
})
