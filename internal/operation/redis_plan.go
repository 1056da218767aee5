package operation

import "net/http"

var _ = register(Operation{
	Name: "redis.plan", Tier: Guarded, Effect: Change, On: redisDatabase,
	Summary: "Change a database's plan",
	Detail: "Changes what the database costs. Upstash reports plans in words of its own, so reading back may " +
		"not recognize the plan; a repeat after a lost response then sends the same plan again.",
	Method: http.MethodPut, Path: "/databases/{id}/plan",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/redis/{id}/change-plan"},
	Fields: []Field{
		{
			Name: "plan_name", Type: Text, Required: true, Bound: Plans, Help: "the new plan", Example: "fixed_1gb",
			Enum: []string{
				"free", "payg", "fixed_250mb", "fixed_1gb", "fixed_5gb", "fixed_10gb", "fixed_50gb", "fixed_100gb", "fixed_500gb",
			},
		},
		{Name: "auto_upgrade", Type: Boolean, Bound: Plans, Help: "whether Upstash upgrades the plan automatically", Example: false},
	},
	Response: redisSettings,
	Settle:   all(same("plan_name", "type"), sameIfSent("auto_upgrade", "auto_upgrade")),
})
