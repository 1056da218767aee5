package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.rename", Tier: Named, Effect: Change, On: redisDatabase,
	Summary: "Rename a database",
	Detail:  "Changes the name only. The ID, the endpoint and the credentials stay.",
	Method:  http.MethodPatch, Path: "/databases/{id}",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/redis/rename/{id}"},
	Fields: []Field{
		{Name: "name", Type: Text, Required: true, IsName: true, Help: "the new name", Example: "orders"},
	},
	Response: redisSettings,
	Settle:   named("database_name"),
})
