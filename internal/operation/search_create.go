package operation

import "net/http"

var _ = register(Operation{
	Name: "search.create", Tier: Named, Effect: Create, On: searchIndex,
	Summary: "Create a Search index",
	Method:  http.MethodPost, Path: "/search/indexes",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/search"},
	Fields: []Field{
		{Name: "name", Type: Text, Required: true, IsName: true, Help: "the index's name", Example: "my-index"},
		{
			Name: "region", Type: Text, Required: true, Bound: Regions, Help: "the index's region", Example: "eu-west-1",
			Enum: []string{"eu-west-1", "us-central1"},
		},
		{
			Name: "type", Type: Text, Required: true, Bound: Plans, Help: "the plan", Example: "payg",
			Enum: []string{"free", "payg", "fixed"},
		},
	},
	Response: searchObject,
})
