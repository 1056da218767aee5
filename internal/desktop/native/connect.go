package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
)

var (
	// ErrDenied means that the user or the provider denied the login.
	ErrDenied = problem.Sentinel(problem.LoginDenied, "the login was cancelled",
		"You or Upstash denied the login. Nothing was saved.")
	// ErrWrongState means that only responses to other logins arrived before the timeout.
	ErrWrongState = problem.Sentinel(problem.LoginWrongState, "only responses to another login arrived",
		"bff ignored them and saved nothing. Log in at the address that bff prints, not at an older one.")
	// ErrTimeout means that no response arrived before the timeout.
	ErrTimeout = problem.Sentinel(problem.LoginTimedOut, "nobody finished the login in time",
		"Nothing was saved. Run the command again, with a longer --timeout if needed.")
)

// Options configure Connect. Options without a default are required.
type Options struct {
	Provider Provider
	Port     int           // of the redirect http://localhost:PORT; 0 picks a free one, if the provider allows any
	AppName  string        // shown on the page
	Language string        // of the page: en or de; default: the one that the browser prefers
	Timeout  time.Duration // of the login; default 5 min
	// Browser is called with the URL of the login and the redirect URI, once the listener accepts connections.
	Browser func(url, redirect string)
	// Pasted reads lines that a person types. One of them may be the redirect from a browser on another machine. It is
	// read to its end, even after Connect returns. Default: none.
	Pasted io.Reader
	// PasteRejected is called with the reason for rejecting a line, as a text for people. Default: none.
	PasteRejected func(words string)
	// Finish receives the tokens and completes the connect. The page in the browser waits for it, and shows the
	// outcome.
	Finish func(ctx context.Context, tokens Tokens) error
	// Words returns the text of an error for the page in English. Default: the error's own.
	Words func(err error) string
}

const (
	defaultTimeout = 5 * time.Minute
	pageTimeout    = 5 * time.Second // for the browser to load the page
)

// Connect runs one login in the system's browser. The listener accepts connections before the browser opens, and closes
// after one response.
//
// Errors: ErrPortInUse, ErrDenied, ErrWrongState, ErrTimeout, *ProviderError, ctx's, and those of Finish.
func Connect(ctx context.Context, options Options) error {
	if options.Browser == nil || options.Finish == nil {
		return errors.New("native: Browser and Finish are required")
	}

	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}

	if options.Words == nil {
		options.Words = error.Error
	}

	listeners, port, err := Listen(ctx, options.Port)
	if err != nil {
		return err
	}

	a, err := newAttempt(options.Provider, "http://localhost:"+strconv.Itoa(port))
	if err != nil {
		closeAll(listeners)
		return err
	}
	c := newCallback(a, port, options)

	server := &http.Server{
		Handler:           c,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       10 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // its lines could quote a request
	}
	for _, listener := range listeners {
		go func() { _ = server.Serve(listener) }()
	}

	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), pageTimeout)
		defer cancel()

		if server.Shutdown(stop) != nil {
			_ = server.Close()
		}
	}()
	options.Browser(a.url(), a.redirect)

	if options.Pasted != nil {
		go c.readPasted(options.Pasted)
	}

	return c.wait(ctx)
}

// wait returns when the login succeeds, fails or times out.
func (c *callback) wait(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()

	select {
	case got := <-c.responses:
		return c.end(ctx, got)
	case <-waiting.Done():
	}

	if !c.cancel() { // a response arrived at this moment, and its page waits
		return c.end(ctx, <-c.responses)
	}

	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.foreign.Load() > 0:
		return ErrWrongState
	}

	return ErrTimeout
}

// end finishes the login, and waits until deliver has reported the outcome.
func (c *callback) end(ctx context.Context, got authorizationResponse) error {
	err := c.finish(ctx, got)
	c.outcome <- err
	<-c.delivered

	return err
}

// finish redeems the code of a valid response.
func (c *callback) finish(ctx context.Context, got authorizationResponse) error {
	if got.failed == "access_denied" { // RFC 6749 section 4.1.2.1
		return ErrDenied
	}

	if got.failed != "" || got.code == "" {
		return &ProviderError{Reason: errorCode(got.failed)}
	}

	tokens, err := c.attempt.redeem(ctx, got.code)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // not an error of the provider
	}

	if err != nil {
		return err
	}

	if err := c.options.Finish(ctx, tokens); err != nil {
		return fmt.Errorf("after the login: %w", err)
	}

	return nil
}

func closeAll(listeners []net.Listener) {
	for _, listener := range listeners {
		_ = listener.Close()
	}
}
