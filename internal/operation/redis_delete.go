package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.delete", Tier: Guarded, Effect: Destroy, On: redisDatabase,
	Summary: "Delete a database",
	Detail:  "Deletes the database with all its data. Upstash cannot bring it back.",
	Method:  http.MethodDelete, Path: "/databases/{id}",
	Upstream: Upstream{Method: http.MethodDelete, Path: "/v2/redis/database/{id}"},
})
