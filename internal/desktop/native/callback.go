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
)

// redirected is what the browser brought back under our state.
type redirected struct{ code, failed string }

// callback is the one path of the listener, and takes what is pasted. It takes one answer, the one that bears the
// attempt's state; whatever else comes, from a page, a program on this machine or a clipboard, changes nothing.
type callback struct {
	attempt attempt
	options Options
	hosts   map[string]bool
	page    pages

	once      sync.Once
	answered  chan redirected
	outcome   chan error
	told      chan struct{}
	strangers atomic.Int64 // answers with another state, or none
}

func newCallback(a attempt, port int, options Options) *callback {
	hosts := map[string]bool{}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		hosts[net.JoinHostPort(host, strconv.Itoa(port))] = true
	}

	return &callback{
		attempt: a, options: options, hosts: hosts, page: newPages(options.AppName),
		answered: make(chan redirected), outcome: make(chan error, 1), told: make(chan struct{}),
	}
}

// ServeHTTP answers GET / alone. A Host that is not loopback's is another site's name, rebound to this machine.
func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !c.hosts[strings.ToLower(r.Host)]:
		http.Error(w, "not here", http.StatusMisdirectedRequest)
	case r.URL.Path != "/":
		http.NotFound(w, r)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
	default:
		c.take(w, r)
	}
}

// ours looks at the state before anything else is believed (RFC 9700 section 4.7), and at the issuer, if it is named
// (RFC 9207). Whichever way an answer comes, this is what it has to bear.
func (c *callback) ours(query url.Values) bool {
	ours := len(query["state"]) == 1 &&
		subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(c.attempt.state)) == 1
	if !ours || (query.Has("iss") && query.Get("iss") != c.attempt.provider.Issuer) || len(query["code"]) > 1 ||
		len(query["error"]) > 1 {
		c.strangers.Add(1)
		return false
	}

	return true
}

// claim makes an answer the one that counts; false when another does already, or the login was given up.
func (c *callback) claim() (claimed bool) {
	c.once.Do(func() { claimed = true })
	return claimed
}

// deliver hands on the answer that counts, and tells whoever brought it what came of it. Whoever brought it may leave
// meanwhile: it is finished all the same.
func (c *callback) deliver(query url.Values, tell func(error)) {
	defer close(c.told)
	c.answered <- redirected{code: query.Get("code"), failed: query.Get("error")}
	tell(<-c.outcome)
}

func (c *callback) take(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()

	switch {
	case !c.ours(query):
		c.page.write(w, http.StatusBadRequest, wrongState)
	case !c.claim():
		c.page.write(w, http.StatusConflict, alreadyAnswered)
	default:
		c.deliver(query, func(err error) {
			if err != nil {
				c.page.write(w, http.StatusOK, failedBecause(c.options.Words(err)))
				return
			}
			c.page.write(w, http.StatusOK, connected)
		})
	}
}

// giveUp lets no answer count any more; false when one does already.
func (c *callback) giveUp() bool { return c.claim() }
