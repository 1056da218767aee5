package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.stats", Tier: Named, Effect: Read, On: redisDatabase,
	Summary: "Get a database's usage",
	Detail:  "Returns counters and time series. Upstash does not document how often it updates them.",
	Method:  http.MethodGet, Path: "/databases/{id}/stats",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/redis/stats/{id}"},
	Response: redisStats,
})
