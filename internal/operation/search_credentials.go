package operation

import "net/http"

var _ = register(Operation{
	Name: "search.credentials", Tier: Named, Effect: Reveal, On: searchIndex,
	Summary: "Reveal a Search index's tokens",
	Method:  http.MethodGet, Path: "/search/indexes/{id}/credentials",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/search/{id}"},
	Response: searchCredentials,
})
