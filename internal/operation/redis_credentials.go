package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.credentials", Tier: Default, Effect: Reveal, On: redisDatabase,
	Summary: "Reveal a database's credentials",
	Method:  http.MethodGet, Path: "/databases/{id}/credentials",
})
