package partner

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/upstash-connect/bff/internal/loopback"
)

// ReturnURL is an address that a service registered, to which its end users' browsers may be redirected. Make one with
// ParseReturnURL.
type ReturnURL struct {
	address
	anyPath bool // and any port: http://localhost:*
}

// address is a URL split for comparison: scheme and host in lower case, the rest as written.
type address struct {
	scheme, host, port, path string
}

const maxReturnURL = 2048

var (
	// unreservedURL excludes characters that a browser and a parser may read differently: white space, backslashes,
	// control characters and letters beyond ASCII. It also excludes user info, query and fragment.
	unreservedURL = regexp.MustCompile(`^[A-Za-z0-9/:\[\]._~!$&'()+,;=%-]+$`)
	hostLabel     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// ParseReturnURL parses a registered return URL: https on any host, or http on loopback, without user info, query,
// fragment, dot segment or empty segment. "http://localhost:*" matches any port and any path. The error completes a
// sentence that begins with the URL.
func ParseReturnURL(registered string) (ReturnURL, error) {
	if origin, ok := strings.CutSuffix(registered, ":*"); ok {
		parsed, err := parseAddress(origin)
		if err != nil || !loopback.Host(parsed.host) || parsed.port != "" || parsed.path != "" {
			return ReturnURL{}, errors.New("has a wildcard, which is allowed as http://localhost:* only")
		}

		return ReturnURL{address: parsed, anyPath: true}, nil
	}

	parsed, err := parseAddress(registered)
	if err != nil {
		return ReturnURL{}, err
	}

	return ReturnURL{address: parsed}, nil
}

// Matches reports whether a browser may be redirected to the candidate. It must equal the registered URL character by
// character, except for the case of scheme and host. On loopback the port may differ (RFC 8252 section 7.3).
func (u ReturnURL) Matches(candidate string) bool {
	parsed, err := parseAddress(candidate)
	if err != nil || u.scheme == "" || parsed.scheme != u.scheme || parsed.host != u.host {
		return false
	}

	if parsed.port != u.port && !loopback.Host(u.host) {
		return false
	}

	return parsed.path == u.path || u.anyPath
}

// AllowsOrigin reports whether an Origin header equals the origin of this URL. Browsers omit a default port.
func (u ReturnURL) AllowsOrigin(origin string) bool {
	parsed, err := parseAddress(origin)
	if err != nil || u.scheme == "" || parsed.path != "" || parsed.scheme != u.scheme || parsed.host != u.host {
		return false
	}

	return loopback.Host(u.host) || parsed.effectivePort() == u.effectivePort()
}

// Host is the part that users see: the host, with its port if it has one.
func (u ReturnURL) Host() string {
	host := u.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}

	if u.port != "" {
		host += ":" + u.port
	}

	return host
}

func (a address) effectivePort() string {
	switch {
	case a.port != "":
		return a.port
	case a.scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// parseAddress accepts less than url.Parse: only what every browser reads in the same way.
func parseAddress(text string) (address, error) {
	if len(text) > maxReturnURL {
		return address{}, errors.New("is longer than 2048 characters")
	}

	if !unreservedURL.MatchString(text) {
		return address{}, errors.New("must be an absolute URL in ASCII, without user info, query, fragment or wildcard")
	}

	parsed, err := url.Parse(text)
	if err != nil || parsed.Opaque != "" || parsed.Host == "" {
		return address{}, errors.New("is not an absolute URL")
	}

	found := address{scheme: parsed.Scheme, host: strings.ToLower(parsed.Hostname()), port: parsed.Port()}
	if start := strings.Index(text[len(found.scheme)+len("://"):], "/"); start >= 0 {
		found.path = text[len(found.scheme)+len("://")+start:]
	}

	return found, found.check(parsed.Host)
}

// check rejects what url.Parse accepts but a browser might read differently. written is host and port as written.
func (a address) check(written string) error {
	switch {
	case a.scheme != "https" && a.scheme != "http":
		return errors.New("must be an https URL")
	case !plainHost(a.host, strings.HasPrefix(written, "[")):
		return errors.New("must name its host in ASCII (xn--… for other letters), without a dot at its end")
	case !plainPort(a.port) || strings.HasSuffix(written, ":"):
		return errors.New("must have no port, or one from 1 to 65535")
	case a.scheme == "http" && !loopback.Host(a.host):
		return errors.New("must be https; http is accepted for localhost, 127.0.0.1 and [::1] only")
	case !plainPath(a.path):
		return errors.New("must have a path without empty segments, dot segments and encoded separators")
	}

	return nil
}

func plainHost(host string, bracketed bool) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == "" && ip.Is6() == bracketed
	}

	if bracketed || len(host) > 253 {
		return false
	}

	for label := range strings.SplitSeq(host, ".") {
		if !hostLabel.MatchString(label) {
			return false
		}
	}

	return true
}

func plainPort(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)

	return port == "" || (err == nil && number > 0 && strconv.FormatUint(number, 10) == port)
}

// plainPath rejects paths that a server or proxy might normalize to another path: //, dot segments, and the same in
// percent encoding.
func plainPath(path string) bool {
	if strings.ContainsAny(path, "[]") {
		return false
	}

	decoded, err := url.PathUnescape(path)
	if err != nil {
		return false
	}

	// An encoded separator would add a segment; an encoded percent sign would be decoded twice.
	if strings.Count(decoded, "/") != strings.Count(path, "/") || strings.ContainsAny(decoded, "\\%?#") ||
		strings.ContainsFunc(decoded, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}

	segments := strings.Split(decoded, "/")
	for i, segment := range segments {
		last := i == len(segments)-1
		if segment == "." || segment == ".." || (segment == "" && i > 0 && !last) {
			return false
		}
	}

	return true
}
