package operation

import "net/http"

var _ = register(Operation{
	Name: "search.reset-password", Tier: Guarded, Effect: Change, On: searchIndex,
	Summary: "Reset a Search index's tokens",
	Detail:  "Replaces both tokens. The response has no secrets: read the new ones with search.credentials.",
	Method:  http.MethodPost, Path: "/search/indexes/{id}/reset-password",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/search/{id}/reset-password"},
	Response: searchObject,
	Settle:   secretsChanged,
})
