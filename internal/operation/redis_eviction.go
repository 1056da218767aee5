package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.eviction", Tier: Guarded, Effect: Change, On: redisDatabase,
	Summary: "Switch a database's eviction on or off",
	Detail:  "With eviction, a full database drops keys instead of rejecting writes.",
	Method:  http.MethodPut, Path: "/databases/{id}/eviction",
	Upstream: Upstream{
		Method: http.MethodPost, Path: "/v2/redis/enable-eviction/{id}",
		Switch: "eviction", Off: "/v2/redis/disable-eviction/{id}",
		Redundant: "already",
	},
	Fields: []Field{
		{Name: "eviction", Type: Boolean, Required: true, Help: "whether the database evicts keys", Example: true},
	},
	Response: redisSettings,
	Settle:   same("eviction", "eviction"),
})
