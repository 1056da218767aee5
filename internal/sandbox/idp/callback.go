package idp

import (
	"net/url"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// withoutFragment removes the fragment, which RFC 6749 section 3.1.2 forbids, as Auth0 does.
func withoutFragment(redirectURI string) string {
	bare, _, _ := strings.Cut(redirectURI, "#")
	return bare
}

// callbackAllowed compares exactly, except for a native client's port.
func callbackAllowed(client state.Client, redirectURI string) bool {
	if redirectURI == "" {
		return false
	}

	if slices.Contains(client.Callbacks, redirectURI) {
		return true
	}

	if !client.AnyLoopbackPort {
		return false
	}
	asked, ok := withoutPort(redirectURI)

	return ok && slices.ContainsFunc(client.Callbacks, func(callback string) bool {
		registered, ok := withoutPort(callback)
		return ok && registered == asked
	})
}

// withoutPort reduces a loopback callback to the parts that must match (RFC 8252 section 7.3). It rejects anything
// that a plain callback does not need.
func withoutPort(raw string) (string, bool) {
	parsed, err := url.Parse(raw)
	if err != nil || parsed.Scheme != "http" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return "", false
	}

	if !loopbackHost(parsed.Hostname()) {
		return "", false
	}

	return parsed.Hostname() + "/" + strings.TrimPrefix(parsed.EscapedPath(), "/"), true
}

func loopbackHost(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// verifiable reports whether only one application can receive the callback. Any program on the user's machine may
// listen on loopback or claim a scheme.
func verifiable(redirectURI string) bool {
	parsed, err := url.Parse(redirectURI)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && !loopbackHost(parsed.Hostname())
}

func originOf(raw string) string {
	parsed, err := url.Parse(raw)
	if err != nil {
		return ""
	}

	return parsed.Scheme + "://" + parsed.Host
}
