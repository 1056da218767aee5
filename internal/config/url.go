package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/upstash-connect/bff/internal/hostname"
	"github.com/upstash-connect/bff/internal/loopback"
)

// webURL parses an https URL, or an http URL on loopback: elsewhere http would send tokens and cookies unencrypted. The
// host must be safe in a header: the issuer's is in the page's Content-Security-Policy, where a semicolon would start
// another directive.
func webURL(value string) (*url.URL, error) {
	parsed, err := url.Parse(value)
	switch {
	case err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http"):
		return nil, errors.New("must be an http(s) URL")
	case parsed.User != nil || parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return nil, errors.New("must not have a user, query or fragment")
	case parsed.Hostname() == "" || !usablePort(parsed.Port()):
		return nil, errors.New("has no host, or an invalid port")
	case parsed.Scheme == "http" && !loopback.Host(parsed.Hostname()):
		return nil, errors.New("must be https; http is allowed only on loopback")
	case strings.Contains(parsed.Host, "*"):
		return nil, errors.New("must not have a wildcard")
	case strings.ContainsFunc(parsed.Host, func(r rune) bool { return r > unicode.MaxASCII }):
		return nil, errors.New("must have its host in punycode (xn--…), as browsers send it")
	case !hostname.Valid(parsed.Hostname()):
		return nil, errors.New("has an invalid host")
	}

	if found := stray(value, ofURL); found != "" {
		return nil, fmt.Errorf("has %s, which must be percent-encoded in a URL", found)
	}

	return parsed, nil
}

func usablePort(port string) bool {
	if port == "" {
		return true
	}
	number, err := strconv.ParseUint(port, 10, 16)

	return err == nil && number > 0
}

// hideUser redacts user, query and fragment of a URL. Our URLs must not have them, so a URL that does is invalid, and
// they are likely to contain a secret.
func hideUser(value string) string {
	const endpoint = "{endpoint}" // a placeholder for a host

	parsed, err := url.Parse(strings.ReplaceAll(value, endpoint, "localhost"))
	if err != nil || parsed.Host == "" {
		return "(invalid)"
	}

	if parsed.User == nil && parsed.RawQuery == "" && parsed.Fragment == "" {
		return value
	}

	shown := url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}
	if parsed.User != nil {
		shown.User = url.User(hidden)
	}

	if parsed.RawQuery != "" {
		shown.RawQuery = hidden
	}

	if parsed.Fragment != "" {
		shown.Fragment = hidden
	}

	return shown.String()
}

func publicURL(c *Config, value string) error {
	parsed, err := webURL(value)
	if err != nil {
		return err
	}

	path, err := publicPath(parsed.EscapedPath())
	if err != nil {
		return err
	}

	if err := asBrowsersSend(parsed); err != nil {
		return err
	}
	c.PublicURL = &url.URL{Scheme: parsed.Scheme, Host: strings.ToLower(parsed.Host), Path: path}

	return nil
}

// unreserved matches a path segment that needs no percent-encoding (RFC 3986 section 2.3).
var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// publicPath returns the path of the public URL without a trailing slash. The server compares it exactly with the paths
// that browsers and proxies send, and writes it into documents, headers and cookies. So it must not contain anything
// that one of them would escape or resolve.
//
// A proxy may remove the path prefix from requests or keep it; the server recognizes which by the path that it
// receives. To keep this unambiguous, the prefix must not start like one of the server's own paths. (The page's own
// /connect, /callback and /account do not matter: they return the same document as the root.)
func publicPath(escaped string) (string, error) {
	path := strings.TrimSuffix(escaped, "/")
	if strings.Trim(path, "/") == "" {
		return "", nil
	}

	segments := strings.Split(path, "/")[1:]
	for _, segment := range segments {
		if !unreserved.MatchString(segment) || segment == "." || segment == ".." {
			return "", errors.New(
				"must have a path of letters, digits, and - . _ ~ between single slashes, such as /connect",
			)
		}
	}

	switch segments[0] {
	case "api", "assets", "databases", "livez", "readyz":
		return "", fmt.Errorf("has a path that begins with /%s, which the server uses itself; choose another", segments[0])
	}

	return path, nil
}

// corsOrigins parses complete origins, which the server compares exactly with the Origin header.
func corsOrigins(c *Config, value string) error {
	parts, err := entries(value, ofURLs)
	if err != nil {
		return err
	}

	for _, part := range parts {
		if part == "*" || part == "null" {
			return fmt.Errorf("contains %s, which allows any page; list the origins of your pages", part)
		}

		parsed, err := webURL(part)
		if err == nil {
			err = asBrowsersSend(parsed)
		}

		if err != nil {
			return fmt.Errorf("contains an origin that %w", err)
		}

		if parsed.Path != "" {
			return errors.New(
				"contains an origin with a path or a trailing slash; an origin is https://HOST or https://HOST:PORT",
			)
		}

		host := strings.ToLower(parsed.Host)
		if implied := map[string]string{"https": "443", "http": "80"}[parsed.Scheme]; parsed.Port() == implied {
			host = strings.TrimSuffix(host, ":"+implied) // browsers omit it
		}
		c.CORSOrigins = append(c.CORSOrigins, parsed.Scheme+"://"+host)
	}

	return nil
}

// asBrowsersSend rejects a trailing dot, because the server compares the Host and Origin headers exactly.
func asBrowsersSend(parsed *url.URL) error {
	if strings.HasSuffix(parsed.Hostname(), ".") {
		return errors.New("must not have a dot after its host")
	}

	return nil
}

func issuer(c *Config, value string) error {
	if _, err := webURL(value); err != nil {
		return err
	}

	if !strings.HasSuffix(value, "/") {
		return errors.New("must end with /: issuers are compared exactly, and those of Auth0 end with /")
	}
	c.AuthIssuer = value

	return nil
}

func upstashURL(c *Config, value string) error {
	if _, err := webURL(value); err != nil {
		return err
	}
	c.UpstashAPIURL = value

	return nil
}

func consoleURL(c *Config, value string) error {
	if _, err := webURL(value); err != nil {
		return err
	}
	c.ConsoleURL = value

	return nil
}

func restURL(c *Config, value string) error {
	if _, err := webURL(strings.ReplaceAll(value, "{endpoint}", "endpoint.example")); err != nil {
		return err
	}
	c.RestURL = value

	return nil
}
