package operation

import "net/http"

var _ = register(Operation{
	Name: "search.stats", Tier: Named, Effect: Read, On: searchIndex,
	Summary: "Get a Search index's usage",
	Method:  http.MethodGet, Path: "/search/indexes/{id}/stats",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/search/{id}/stats"},
	Fields:   []Field{statsPeriod},
	Response: indexStats,
})
