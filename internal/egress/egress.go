// Package egress is how this program's own calls leave: directly, or through the forward proxy that the environment
// names. A proxy that fails is named by the error, without its password; the far end is not blamed for it.
package egress

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/upstash-connect/bff/internal/hostname"
)

// Proxies are those of an environment. The zero value, and nil, are none. Make one with Parse.
type Proxies struct {
	https, http, except variable
	find                func(*url.URL) (*url.URL, error)
}

// variable is one of the environment, as it was found.
type variable struct{ name, value string }

// Parse reads HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in small letters too, which win. ALL_PROXY is for
// either scheme that has no proxy of its own. Each fault is a sentence that begins with a variable's name and quotes no
// password. What net/http does with such a value is to go around the proxy, in silence.
func Parse(environ []string) (*Proxies, []string) {
	all := first(environ, "all_proxy", "ALL_PROXY")
	p := &Proxies{
		https:  or(first(environ, "https_proxy", "HTTPS_PROXY"), all),
		http:   or(first(environ, "http_proxy", "HTTP_PROXY"), all),
		except: first(environ, "no_proxy", "NO_PROXY"),
	}

	var faults []string
	for _, v := range distinct(p.https, p.http) {
		if _, err := parse(v.value); err != nil {
			faults = append(faults, v.name+" "+err.Error())
		}
	}

	if p.Any() && p.except.value != "" {
		if err := checkExceptions(p.except.value); err != nil {
			faults = append(faults, p.except.name+" "+err.Error())
		}
	}

	if len(faults) > 0 {
		return nil, faults
	}

	rules := httpproxy.Config{HTTPSProxy: p.https.value, HTTPProxy: p.http.value, NoProxy: p.except.value}
	p.find = rules.ProxyFunc()

	return p, nil
}

// Any reports whether a proxy is named.
func (p *Proxies) Any() bool { return p != nil && (p.https.value != "" || p.http.value != "") }

// Of is the proxy through which a target is reached, as it may be shown, and the variable that decided it: NO_PROXY
// where that excepts the target. Both are empty where no proxy is named for it; the proxy alone where the target is
// excepted.
func (p *Proxies) Of(target string) (proxy, decidedBy string) {
	parsed, err := url.Parse(target)
	if !p.Any() || err != nil {
		return "", ""
	}

	found, _ := p.find(parsed) // fails in CGI only

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

// Proxy is for http.Transport.Proxy: nil where the request goes directly.
func (p *Proxies) Proxy(request *http.Request) (*url.URL, error) {
	if !p.Any() {
		return nil, nil //nolint:nilnil // as net/http has it
	}

	return p.find(request.URL)
}

// Named lists what the environment says, without passwords, as pairs of a variable and its value.
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

// parse takes what net/http takes, less what it would misread.
func parse(value string) (*url.URL, error) {
	if !strings.Contains(value, "://") { // HOST:PORT
		value = "http://" + value
	}

	parsed, err := url.Parse(value)
	if err != nil {
		return nil, errors.New("cannot be read as a URL; in its password, what is neither letter nor digit must be percent-encoded")
	}

	port := parsed.Port()
	switch {
	case parsed.Scheme != "http" && parsed.Scheme != "https" && parsed.Scheme != "socks5" && parsed.Scheme != "socks5h":
		return nil, errors.New("must be http://, https://, socks5:// or socks5h://, or HOST:PORT")
	case !hostname.Valid(parsed.Hostname()) || (port == "" && strings.HasSuffix(parsed.Host, ":")):
		return nil, errors.New("names no host; it is written as http://USER:PASSWORD@HOST:PORT, without quotation marks")
	case strings.Trim(parsed.Path, "/") != "" || parsed.RawQuery != "" || parsed.Fragment != "":
		return nil, errors.New("must be the address of a proxy alone: files that choose one (PAC) are not read; " +
			"in its password, what is neither letter nor digit must be percent-encoded")
	case port != "" && !usable(port):
		return nil, errors.New("has no port from 1 to 65535")
	}

	return parsed, nil
}

// shown is a proxy without user info.
func shown(proxy *url.URL) string { return proxy.Scheme + "://" + proxy.Host }

func or(one, other variable) variable {
	if one.value == "" {
		return other
	}

	return one
}

// distinct leaves out those that are not set, and ALL_PROXY the second time.
func distinct(variables ...variable) []variable {
	var found []variable
	for _, v := range variables {
		if v.value != "" && (len(found) == 0 || found[0] != v) {
			found = append(found, v)
		}
	}

	return found
}

// first is the first variable that is not empty.
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
