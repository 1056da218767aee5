package operation

import "net/http"

var _ = register(Operation{
	Name: "vector.stats", Tier: Named, Effect: Read, On: vectorIndex,
	Summary: "Get a Vector index's usage",
	Method:  http.MethodGet, Path: "/vector/indexes/{id}/stats",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/vector/index/{id}/stats"},
	Fields:   []Field{statsPeriod},
	Response: indexStats,
})
