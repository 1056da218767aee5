package operation

import "net/http"

var _ = register(Operation{
	Name: "qstash.stats", Tier: Named, Effect: Read, On: qstashUser,
	Summary: "Get a QStash's usage",
	Method:  http.MethodGet, Path: "/qstash/{id}/stats",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/qstash/stats/{id}"},
	Fields:   []Field{statsPeriod},
	Response: qstashStats,
})
