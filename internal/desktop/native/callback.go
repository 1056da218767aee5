package native

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/upstash-connect/bff/internal/locale"
)

// authorizationResponse is a response with our state.
type authorizationResponse struct{ code, failed string }

// callback handles the redirect, from the listener or pasted. It accepts one response, which must have the attempt's
// state. Anything else, from a page, a local program or a clipboard, changes nothing.
type callback struct {
	attempt attempt
	options Options
	hosts   map[string]bool
	page    resultPage

	once      sync.Once
	responses chan authorizationResponse
	outcome   chan error
	delivered chan struct{}
	foreign   atomic.Int64 // responses with another state, or none
}

func newCallback(a attempt, port int, options Options) *callback {
	hosts := map[string]bool{}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		hosts[net.JoinHostPort(host, strconv.Itoa(port))] = true
	}

	return &callback{
		attempt: a, options: options, hosts: hosts,
		page:      newResultPage(options.AppName, locale.NewChoice(options.Language)),
		responses: make(chan authorizationResponse), outcome: make(chan error, 1), delivered: make(chan struct{}),
	}
}

// ServeHTTP serves only GET /. A Host that is not loopback may be a DNS rebinding attack.
func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !c.hosts[strings.ToLower(r.Host)]:
		http.Error(w, "wrong host", http.StatusMisdirectedRequest)
	case r.URL.Path != "/":
		http.NotFound(w, r)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
	default:
		c.respond(w, r)
	}
}

// valid checks the state before anything else (RFC 9700 section 4.7), and the issuer if the response names it (RFC
// 9207). It checks redirects and pasted addresses alike.
func (c *callback) valid(query url.Values) bool {
	valid := len(query["state"]) == 1 &&
		subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(c.attempt.state)) == 1
	if !valid || (query.Has("iss") && query.Get("iss") != c.attempt.provider.Issuer) || len(query["code"]) > 1 ||
		len(query["error"]) > 1 {
		c.foreign.Add(1)
		return false
	}

	return true
}

// claim reserves the attempt for one response; false if another one has it, or the login was cancelled.
func (c *callback) claim() (claimed bool) {
	c.once.Do(func() { claimed = true })
	return claimed
}

// deliver passes on the claimed response, and calls report with the outcome. The login finishes even if the client
// disconnects.
func (c *callback) deliver(query url.Values, report func(error)) {
	defer close(c.delivered)
	c.responses <- authorizationResponse{code: query.Get("code"), failed: query.Get("error")}
	report(<-c.outcome)
}

func (c *callback) respond(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()

	switch {
	case !c.valid(query):
		c.page.write(w, r, http.StatusBadRequest, wrongState, nil)
	case !c.claim():
		c.page.write(w, r, http.StatusConflict, alreadyAnswered, nil)
	default:
		c.deliver(query, func(err error) {
			if err != nil {
				c.page.write(w, r, http.StatusOK, notConnected, &failure{err, c.options.Words})
				return
			}
			c.page.write(w, r, http.StatusOK, connected, nil)
		})
	}
}

// cancel rejects all further responses; false if one was accepted already.
func (c *callback) cancel() bool { return c.claim() }
