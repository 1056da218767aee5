package operation

import "net/http"

var _ = register(Operation{
	Name: "search.list", Tier: Named, Effect: Read, On: searchIndex,
	Summary: "List Search indexes",
	Method:  http.MethodGet, Path: "/search/indexes",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/search"},
	Response: searchObject,
	List:     "indexes",
})
