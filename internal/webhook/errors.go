package webhook

import "errors"

// ErrNoEndpoint means that the service has no webhook endpoint.
var ErrNoEndpoint = errors.New("the service has no webhook endpoint")
