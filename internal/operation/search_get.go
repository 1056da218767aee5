package operation

import "net/http"

var _ = register(Operation{
	Name: "search.get", Tier: Named, Effect: Read, On: searchIndex,
	Summary: "Get a Search index",
	Method:  http.MethodGet, Path: "/search/indexes/{id}",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/search/{id}"},
	Response: searchObject,
})
