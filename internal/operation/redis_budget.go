package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.budget", Tier: Guarded, Effect: Change, On: redisDatabase,
	Summary: "Change a database's monthly budget",
	Detail:  "The unit is Upstash's, whose documents do not define it. 0 means unlimited.",
	Method:  http.MethodPut, Path: "/databases/{id}/budget",
	Upstream: Upstream{Method: http.MethodPatch, Path: "/v2/redis/update-budget/{id}"},
	Fields: []Field{
		{
			Name: "budget", Type: Integer, Required: true, Bound: Budget, Help: "the monthly budget; 0: unlimited", Example: 20,
		},
	},
	Response: redisSettings,
	Settle:   same("budget", "budget"),
})
