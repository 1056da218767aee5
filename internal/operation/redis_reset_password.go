package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.reset-password", Tier: Guarded, Effect: Change, On: redisDatabase,
	Summary: "Reset a database's credentials",
	Detail: "Replaces the password and both REST tokens, and disconnects their users. The response has no " +
		"secrets: read the new ones with redis.credentials.",
	Method: http.MethodPost, Path: "/databases/{id}/reset-password",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/redis/reset-password/{id}"},
	Response: redisSettings,
	Settle:   secretsChanged,
})
