package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.list", Tier: Default, Effect: Read, On: redisDatabase,
	Summary: "List databases",
	Method:  http.MethodGet, Path: "/databases",
})
