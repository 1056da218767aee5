package operation

import "net/http"

var _ = register(Operation{
	Name: "qstash.get", Tier: Named, Effect: Read, On: qstashUser,
	Summary: "Get a QStash",
	Method:  http.MethodGet, Path: "/qstash/{id}",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/qstash/user/{id}"},
	Response: qstashObject,
})
