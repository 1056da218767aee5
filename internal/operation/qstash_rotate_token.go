package operation

import "net/http"

var _ = register(Operation{
	Name: "qstash.rotate-token", Tier: Guarded, Effect: Change, On: qstashUser,
	Summary: "Rotate a QStash's tokens",
	Detail:  "Replaces both tokens. The response has no secrets: read the new ones with qstash.credentials.",
	Method:  http.MethodPost, Path: "/qstash/{id}/rotate-token",
	Upstream: Upstream{Method: http.MethodPost, Path: "/v2/qstash/rotate-token/{id}"},
	Response: qstashObject,
	Settle:   secretsChanged,
})
