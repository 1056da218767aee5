// Package egress sends the program's outgoing calls directly or through the forward proxy that the environment names.
// If a proxy fails, the error names the proxy without its password, and is distinct from an error of the target.
package egress

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/upstash-connect/bff/internal/hostname"
)

// Proxies are the proxies of an environment. The zero value and nil mean no proxies. Create them with Parse.
type Proxies struct {
	https, http, except variable
	find                func(*url.URL) (*url.URL, error)
}

// variable is an environment variable with its value.
type variable struct{ name, value string }

// Parse reads HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY. Lower-case names take precedence. ALL_PROXY applies to
// each scheme without its own proxy. Each error is a sentence that starts with the variable's name and quotes no
// password. net/http would silently bypass the proxy for such values.
func Parse(environ []string) (proxies *Proxies, invalid []string) {
	all := first(environ, "all_proxy", "ALL_PROXY")
	p := &Proxies{
		https:  or(first(environ, "https_proxy", "HTTPS_PROXY"), all),
		http:   or(first(environ, "http_proxy", "HTTP_PROXY"), all),
		except: first(environ, "no_proxy", "NO_PROXY"),
	}

	var found []string
	for _, v := range distinct(p.https, p.http) {
		if _, err := parse(v.value); err != nil {
			found = append(found, v.name+" "+err.Error())
		}
	}

	if p.Any() && p.except.value != "" {
		if err := checkExceptions(p.except.value); err != nil {
			found = append(found, p.except.name+" "+err.Error())
		}
	}

	if len(found) > 0 {
		return nil, found
	}

	rules := httpproxy.Config{HTTPSProxy: p.https.value, HTTPProxy: p.http.value, NoProxy: p.except.value}
	p.find = rules.ProxyFunc()

	return p, nil
}

// Any reports whether the environment names a proxy.
func (p *Proxies) Any() bool { return p != nil && (p.https.value != "" || p.http.value != "") }

// Of returns the proxy for a target, without its password, and the variable that selected it. Both are empty if no
// proxy applies. If NO_PROXY excludes the target, the proxy is empty and the variable is NO_PROXY.
func (p *Proxies) Of(target string) (proxy, decidedBy string) {
	parsed, err := url.Parse(target)
	if !p.Any() || err != nil {
		return "", ""
	}

	found, _ := p.find(parsed) // fails only in CGI programs

	named := p.https
	if parsed.Scheme == "http" {
		named = p.http
	}

	switch {
	case named.value == "":
		return "", ""
	case found != nil:
		return shown(found), named.name
	case p.except.value != "":
		return "", p.except.name
	default: // loopback is never reached through a proxy
		return "", ""
	}
}

// Proxy returns the proxy for a request, or nil for a direct connection, as http.Transport.Proxy does.
func (p *Proxies) Proxy(request *http.Request) (*url.URL, error) {
	if !p.Any() {
		return nil, nil //nolint:nilnil // required by http.Transport.Proxy
	}

	return p.find(request.URL)
}

// Named lists the variables that name proxies and exceptions, as pairs of name and value without passwords.
func (p *Proxies) Named() [][2]string {
	if !p.Any() {
		return nil
	}

	var named [][2]string
	for _, v := range distinct(p.https, p.http) {
		parsed, _ := parse(v.value)
		text := shown(parsed)

		if parsed.User != nil {
			text = strings.Replace(text, "://", "://xxxxx@", 1) // as net/url writes a password
		}
		named = append(named, [2]string{v.name, text})
	}

	if p.except.value != "" {
		named = append(named, [2]string{p.except.name, p.except.value})
	}

	return named
}

// parse parses a proxy's address like net/http, but rejects values that net/http would misread.
func parse(value string) (*url.URL, error) {
	if !strings.Contains(value, "://") { // HOST:PORT
		value = "http://" + value
	}

	parsed, err := url.Parse(value)
	if err != nil {
		return nil, errors.New("is not a URL; percent-encode every character of its password that is neither a letter nor a digit")
	}

	port := parsed.Port()
	switch {
	case parsed.Scheme != "http" && parsed.Scheme != "https" && parsed.Scheme != "socks5" && parsed.Scheme != "socks5h":
		return nil, errors.New("must be http://, https://, socks5:// or socks5h://, or HOST:PORT")
	case !hostname.Valid(parsed.Hostname()) || (port == "" && strings.HasSuffix(parsed.Host, ":")):
		return nil, errors.New("has no valid host; write it as http://USER:PASSWORD@HOST:PORT, without quotation marks")
	case strings.Trim(parsed.Path, "/") != "" || parsed.RawQuery != "" || parsed.Fragment != "":
		return nil, errors.New("must contain only the address of a proxy: PAC files are not supported; " +
			"percent-encode every character of its password that is neither a letter nor a digit")
	case port != "" && !usable(port):
		return nil, errors.New("has no port from 1 to 65535")
	}

	return parsed, nil
}

// shown formats a proxy without user information.
func shown(proxy *url.URL) string { return proxy.Scheme + "://" + proxy.Host }

func or(one, other variable) variable {
	if one.value == "" {
		return other
	}

	return one
}

// distinct returns the variables that are set, without duplicates of ALL_PROXY.
func distinct(variables ...variable) []variable {
	var found []variable
	for _, v := range variables {
		if v.value != "" && (len(found) == 0 || found[0] != v) {
			found = append(found, v)
		}
	}

	return found
}

// first returns the first variable that is not empty.
func first(environ []string, names ...string) variable {
	for _, name := range names {
		for _, entry := range environ {
			if value, ok := strings.CutPrefix(entry, name+"="); ok && value != "" {
				return variable{name, value}
			}
		}
	}

	return variable{}
}
