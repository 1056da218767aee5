package operation

import "net/http"

var _ = register(Operation{
	Name: "qstash.list", Tier: Named, Effect: Read, On: qstashUser,
	Summary: "List the account's QStash",
	Detail:  "An account has one QStash for each region that it uses.",
	Method:  http.MethodGet, Path: "/qstash",
	Upstream: Upstream{Method: http.MethodGet, Path: "/v2/qstash/users"},
	Response: qstashObject,
	List:     "qstash",
})
