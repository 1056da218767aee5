package operation

import "net/http"

var _ = register(Operation{
	Name: "search.rename", Tier: Guarded, Effect: Change, On: searchIndex,
	Summary: "Rename a Search index",
	Detail:  "Changes the name only. The ID, the endpoint and the tokens stay.",
	Method:  http.MethodPatch, Path: "/search/indexes/{id}",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/search/{id}/rename"},
	Fields: []Field{
		{Name: "name", Type: Text, Required: true, IsName: true, Help: "the new name", Example: "products"},
	},
	Response: searchObject,
	Settle:   named("name"),
})
