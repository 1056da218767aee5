package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.regions", Tier: Guarded, Effect: Change, On: redisDatabase,
	Summary: "Replace a database's read regions",
	Detail:  "Replaces the complete list. Each read region costs extra.",
	Method:  http.MethodPut, Path: "/databases/{id}/regions",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/redis/update-regions/{id}"},
	Fields: []Field{
		{
			Name: "read_regions", Type: Texts, Required: true, Max: 16, Bound: Regions,
			Help: "all read regions, on the platform of the primary region", Example: []string{"us-west-1", "us-west-2"},
		},
	},
	Response: redisSettings,
	Settle:   sameTexts("read_regions"),
})
