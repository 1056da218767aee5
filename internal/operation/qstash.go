package operation

import "net/http"

// qstashUser is an account's QStash in one region. Upstash creates and names it.
var qstashUser = &Resource{
	Product: QStash, Noun: "QStash",
	Get:      Upstream{Method: http.MethodGet, Path: "/v2/qstash/user/{id}"},
	List:     Upstream{Method: http.MethodGet, Path: "/v2/qstash/users"},
	Object:   qstashObject,
	ReadBack: qstashCredentials,
}

var qstashObject = &Object{
	Name: "QStash", IDField: "id",
	Fields: []Out{
		{Name: "id", Type: OutText, Help: "its ID", Example: exampleID},
		{Name: "region", Type: OutText, Help: "its region", Example: "eu-central-1"},
		{Name: "type", Type: OutText, Help: "its plan", Example: "free"},
		{Name: "state", Type: OutText, Help: "its state, as reported by Upstash", Example: "active"},
		{Name: "active", Type: OutBoolean, Help: "whether it delivers messages", Example: true},
		{Name: "budget", Type: OutInteger, Help: "its monthly budget in US dollars; 0: unlimited", Example: 0},
		{Name: "creation_time", Type: OutTime, Help: "when it was created", Example: exampleTime},
		{Name: "max_message_size", Type: OutInteger, Help: "the largest message, in bytes", Example: 1048576},
		{Name: "max_requests_per_day", Type: OutInteger, Help: "messages a day", Example: 1000},
		{Name: "max_requests_per_second", Type: OutInteger, Help: "messages a second", Example: 100},
		{Name: "max_schedules", Type: OutInteger, Help: "schedules", Example: 10},
		{Name: "max_queues", Type: OutInteger, Help: "queues", Example: 10},
		{Name: "max_topics", Type: OutInteger, Help: "URL groups", Example: 1},
		{Name: "max_retries", Type: OutInteger, Help: "retries of a message", Example: 3},
		{Name: "max_delay", Type: OutInteger, Help: "the longest delay of a message, in seconds", Example: 604800},
	},
}

var qstashCredentials = qstashObject.Secrets("QStashCredentials",
	Out{Name: "token", Type: OutText, Secret: true, Help: "a token that may publish", Example: "ZXhhbXBsZS10b2tlbg=="},
	Out{
		Name: "read_only_token", Type: OutText, Secret: true, Help: "a token that may read",
		Example: "ZXhhbXBsZS1yZWFkLW9ubHk=",
	},
)
