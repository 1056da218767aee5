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

// webURL takes https everywhere and http on loopback only: beyond it, tokens and cookies would travel in the clear. Its
// host can stand in a header: the issuer's is in the page's Content-Security-Policy, where a semicolon would begin
// another directive.
func webURL(value string) (*url.URL, error) {
	parsed, err := url.Parse(value)
	switch {
	case err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http"):
		return nil, errors.New("is not an http(s) URL")
	case parsed.User != nil || parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return nil, errors.New("must hold no user, query or fragment")
	case parsed.Hostname() == "" || !usablePort(parsed.Port()):
		return nil, errors.New("has no host, or an invalid port")
	case parsed.Scheme == "http" && !loopback.Host(parsed.Hostname()):
		return nil, errors.New("must be https; http is taken on loopback only")
	case strings.Contains(parsed.Host, "*"):
		return nil, errors.New("holds a wildcard")
	case strings.ContainsFunc(parsed.Host, func(r rune) bool { return r > unicode.MaxASCII }):
		return nil, errors.New("must spell its host as browsers send it, in punycode (xn--…)")
	case !hostname.Valid(parsed.Hostname()):
		return nil, errors.New("has a host that is neither an address nor a host's name")
	}

	if found := stray(value, ofURL); found != "" {
		return nil, fmt.Errorf("has %s, which a URL has percent-encoded", found)
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

// hideUser is a URL as it may be shown. Neither user nor query belong into ours, so a URL that has them is faulty, and
// what they hold is likely to be a secret.
func hideUser(value string) string {
	const endpoint = "{endpoint}" // is no host, but stands for one

	parsed, err := url.Parse(strings.ReplaceAll(value, endpoint, "localhost"))
	if err != nil || parsed.Host == "" {
		return "(unusable)"
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

// unreserved is a segment of a path that is spelt alike by everyone (RFC 3986 section 2.3).
var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// publicPath is the path of the public URL, without a slash at its end. It is compared letter by letter with what
// browsers and proxies send, and written into documents, headers and cookies, so nothing may stand in it that is
// escaped, or that one of them would resolve.
//
// A proxy may take the path from its requests or leave it, and the server tells which by the path that it sees. Hence
// the path may not begin like one of the server's own, with which a request could mean two things. (The page's own
// /connect, /callback and /account are no matter: the same document stands there as at the front.)
func publicPath(escaped string) (string, error) {
	path := strings.TrimSuffix(escaped, "/")
	if strings.Trim(path, "/") == "" {
		return "", nil
	}

	segments := strings.Split(path, "/")[1:]
	for _, segment := range segments {
		if !unreserved.MatchString(segment) || segment == "." || segment == ".." {
			return "", errors.New(
				"has a path that is not of letters, digits, and - . _ ~ between single slashes, such as /connect",
			)
		}
	}

	switch segments[0] {
	case "api", "assets", "databases", "livez", "readyz":
		return "", fmt.Errorf("has a path that begins with /%s, as paths of the server do; choose another", segments[0])
	}

	return path, nil
}

// corsOrigins takes origins, whole: what browsers send in Origin is compared with them letter by letter.
func corsOrigins(c *Config, value string) error {
	parts, err := entries(value, ofURLs)
	if err != nil {
		return err
	}

	for _, part := range parts {
		if part == "*" || part == "null" {
			return fmt.Errorf("holds %s, which stands for anyone; name the origins of your pages", part)
		}

		parsed, err := webURL(part)
		if err == nil {
			err = asBrowsersSend(parsed)
		}

		if err != nil {
			return fmt.Errorf("holds an origin that %w", err)
		}

		if parsed.Path != "" {
			return errors.New(
				"holds an origin with a path, or with a slash at its end; an origin is https://HOST or https://HOST:PORT",
			)
		}

		host := strings.ToLower(parsed.Host)
		if implied := map[string]string{"https": "443", "http": "80"}[parsed.Scheme]; parsed.Port() == implied {
			host = strings.TrimSuffix(host, ":"+implied) // browsers leave it out
		}
		c.CORSOrigins = append(c.CORSOrigins, parsed.Scheme+"://"+host)
	}

	return nil
}

// asBrowsersSend: what they send in Host and Origin is compared letter by letter.
func asBrowsersSend(parsed *url.URL) error {
	if strings.HasSuffix(parsed.Hostname(), ".") {
		return errors.New("must hold no dot behind its host")
	}

	return nil
}

func issuer(c *Config, value string) error {
	if _, err := webURL(value); err != nil {
		return err
	}

	if !strings.HasSuffix(value, "/") {
		return errors.New("must end in /: issuers are compared letter by letter, and Auth0's end so")
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
