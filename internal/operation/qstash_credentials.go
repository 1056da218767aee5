package operation

import "net/http"

var _ = register(Operation{
	Name: "qstash.credentials", Tier: Named, Effect: Reveal, On: qstashUser,
	Summary: "Reveal a QStash's tokens",
	Method:  http.MethodGet, Path: "/qstash/{id}/credentials",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/qstash/user/{id}"},
	Response: qstashCredentials,
})
