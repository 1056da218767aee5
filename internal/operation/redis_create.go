package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.create", Tier: Default, Effect: Create, On: redisDatabase,
	Summary: "Create a database",
	Method:  http.MethodPost, Path: "/databases",
})
