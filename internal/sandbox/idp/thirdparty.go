package idp

import (
	"net/url"
	"slices"
	"strings"
)

// strictParameters are the only parameters that Auth0 accepts at /authorize from a third-party client, besides ext-*.
// response_mode, which browser SDKs always send, is not among them.
var strictParameters = []string{
	"acr_values", "audience", "authorization_details", "client_id", "code_challenge", "code_challenge_method",
	"connection", "correlation_id", "display", "dpop_jkt", "login_hint", "max_age", "nonce", "prompt",
	"redirect_uri", "resource", "response_type", "scope", "state", "ui_locales",
}

// strictFault rejects parameters that are not on the list. It reports the alphabetically first one, so that the same
// request always gets the same response.
func strictFault(query url.Values) *redirectFault {
	unknown := []string{}
	for name := range query {
		if !slices.Contains(strictParameters, name) && !strings.HasPrefix(name, "ext-") {
			unknown = append(unknown, name)
		}
	}

	if len(unknown) == 0 {
		return nil
	}

	return &redirectFault{"invalid_request", "Unsupported parameter: " + slices.Min(unknown)}
}
