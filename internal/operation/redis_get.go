package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.get", Tier: Default, Effect: Read, On: redisDatabase,
	Summary: "Get a database",
	Method:  http.MethodGet, Path: "/databases/{id}",
})
