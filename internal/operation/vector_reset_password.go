package operation

import "net/http"

var _ = register(Operation{
	Name: "vector.reset-password", Tier: Guarded, Effect: Change, On: vectorIndex,
	Summary: "Reset a Vector index's tokens",
	Detail:  "Replaces both tokens. The response has no secrets: read the new ones with vector.credentials.",
	Method:  http.MethodPost, Path: "/vector/indexes/{id}/reset-password",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/vector/index/{id}/reset-password"},
	Response: vectorObject,
	Settle:   secretsChanged,
})
