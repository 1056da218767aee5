package operation

import "net/http"

var _ = register(Operation{
	Name: "vector.rename", Tier: Guarded, Effect: Change, On: vectorIndex,
	Summary: "Rename a Vector index",
	Detail:  "Changes the name only. The ID, the endpoint and the tokens stay.",
	Method:  http.MethodPatch, Path: "/vector/indexes/{id}",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/vector/index/{id}/rename"},
	Fields: []Field{
		{Name: "name", Type: Text, Required: true, IsName: true, Help: "the new name", Example: "products"},
	},
	Response: vectorObject,
	Settle:   named("name"),
})
