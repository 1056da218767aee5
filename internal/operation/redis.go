package operation

import "net/http"

// redisDatabase is a database. Its object is what reading back a change compares; the API's Database object, which
// callers see, has a type of its own in package proxy.
var redisDatabase = &Resource{
	Product: Redis, Noun: "database",
	Get:    Upstream{Method: http.MethodGet, Path: "/v2/redis/database/{id}"},
	List:   Upstream{Method: http.MethodGet, Path: "/v2/redis/databases"},
	Object: redisSettings,
	ReadBack: redisSettings.Secrets("RedisReadBack",
		Out{Name: "password", Type: OutText, Secret: true}, Out{Name: "rest_token", Type: OutText, Secret: true}),
}

var redisSettings = &Object{
	Name: "DatabaseSettings", IDField: "database_id", NameField: "database_name",
	Fields: []Out{
		{Name: "database_id", As: "id", Type: OutText, Help: "the database's ID", Example: exampleID},
		{Name: "database_name", As: "name", Type: OutText, Help: "its name", Example: "myredis"},
		{Name: "state", Type: OutText, Help: "its state, as reported by Upstash", Example: "active"},
		{Name: "modifying_state", Type: OutText, Help: "what Upstash is changing; empty when idle", Example: ""},
		{Name: "type", As: "plan", Type: OutText, Help: "its plan, as reported by Upstash", Example: "payg"},
		{Name: "budget", Type: OutInteger, Help: "its monthly budget, in Upstash's unit", Example: 20},
		{Name: "eviction", Type: OutBoolean, Help: "whether it evicts keys when it is full", Example: false},
		{Name: "auto_upgrade", Type: OutBoolean, Help: "whether Upstash upgrades its plan automatically", Example: false},
		{Name: "primary_region", Type: OutText, Help: "its primary region", Example: "us-east-1"},
		{Name: "read_regions", Type: OutTexts, Help: "its read regions", Example: []string{"us-west-1"}},
	},
}

const exampleID = "96ad0856-03b1-4ee7-9666-e81abd0349e1"
