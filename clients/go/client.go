package connect

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	callTimeout = 2 * time.Minute // of one attempt; the longest call is a create, 90 s
	maxAnswer   = 16 << 20        // bytes
)

// Client calls a server with a service token. It is safe for concurrent use.
type Client struct {
	base  string
	token secret
	http  *http.Client
	// header and value name the end user for whom the client acts; empty: the service itself.
	header, value string
}

// Option changes a new client.
type Option func(*Client)

// WithToken sets the service token (upc_…).
func WithToken(token string) Option { return func(c *Client) { c.token = hidden(token) } }

// WithHTTPClient sets the HTTP client; default: one that waits 2 minutes for a response. Redirects are not followed:
// another host must not get the token.
func WithHTTPClient(client *http.Client) Option {
	return func(c *Client) {
		copied := *client
		c.http = &copied
	}
}

// New returns a client of the server at baseURL, such as https://connect.example.com, with its path if it has one. The
// URL must be https, except on loopback, because the token is sent to it.
func New(baseURL string, options ...Option) (*Client, error) {
	parsed, err := url.Parse(baseURL)
	if err != nil || parsed.Hostname() == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return nil, errors.New("connect: the server's URL must be such as https://connect.example.com")
	}

	if parsed.Scheme != "https" && (parsed.Scheme != "http" || !isLoopback(parsed.Hostname())) {
		return nil, errors.New("connect: the server's URL must be https, except on loopback")
	}

	c := &Client{
		base: strings.TrimSuffix(baseURL, "/"), token: hidden(""), http: &http.Client{Timeout: callTimeout},
	}

	for _, option := range options {
		option(c)
	}

	if len(strings.Fields(c.token())) != 1 {
		return nil, errors.New("connect: one service token is required; use WithToken")
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	return c, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// ForUser returns a client that acts for one of your users, under the grant that they gave you. externalID is your own
// id of the user.
func (c *Client) ForUser(externalID string) *Client { return c.acting("Connect-User", externalID) }

// ForGrant returns a client that acts under a grant.
func (c *Client) ForGrant(id string) *Client { return c.acting("Connect-Grant", id) }

func (c *Client) acting(header, value string) *Client {
	acting := *c
	acting.header, acting.value = header, value

	return &acting
}
