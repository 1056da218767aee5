package idp

import "net/http"

// These endpoints exist because Auth0's discovery document lists them. They reject every request because no partner's
// client is registered for them. The first response is Auth0's; the other two are our guess.

func refuseDevice(w http.ResponseWriter, _ *http.Request) {
	oauthError(
		w, http.StatusForbidden, "unauthorized_client", notAllowed("urn:ietf:params:oauth:grant-type:device_code"),
	)
}

func refuseChallenge(w http.ResponseWriter, _ *http.Request) {
	oauthError(w, http.StatusForbidden, "unauthorized_client", notAllowed("http://auth0.com/oauth/grant-type/mfa-otp"))
}

func refuseRegistration(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusNotFound, map[string]any{
		"statusCode": http.StatusNotFound,
		"error":      "Not Found",
		"message":    "Dynamic client registration is not enabled",
	})
}

func notAllowed(grantType string) string {
	return "Grant type '" + grantType + "' not allowed for the client."
}
