package webhook

import "github.com/upstash-connect/bff/internal/problem"

var (
	// ErrNoEndpoint means that the service has no webhook endpoint.
	ErrNoEndpoint = problem.Sentinel(problem.NotFound, "no webhook endpoint",
		"The service has no webhook endpoint. bff webhooks set creates one.")
	// ErrConfigured means that the configuration defines the endpoint of the built-in service.
	ErrConfigured = problem.Sentinel(problem.ValidationFailed, "the endpoint is configured",
		"BFF_WEBHOOK_URL and BFF_WEBHOOK_SECRET define the endpoint of the service self.")
	// ErrEventNotFound means that no event matches.
	ErrEventNotFound = problem.Sentinel(problem.NotFound, "no such event",
		"No stored event of a service with an endpoint matches. bff webhooks list shows the stored ones.")
)
