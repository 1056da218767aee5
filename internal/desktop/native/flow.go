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
	// ErrDenied means that the user, at the provider, did not agree.
	ErrDenied = problem.Sentinel(problem.LoginDenied, "the login was cancelled",
		"You, or Upstash, said no to the login. Nothing was saved.")
	// ErrWrongState means that answers came which belong to no login of ours, and the right one did not come in time.
	ErrWrongState = problem.Sentinel(problem.LoginWrongState, "only answers to another login came",
		"Nothing was done with them and nothing was saved. Log in at the address that bff shows, and not at an older one.")
	// ErrTimeout means that no answer came in time.
	ErrTimeout = problem.Sentinel(problem.LoginTimedOut, "nobody finished the login in time",
		"Nothing was saved. Run it again, with a longer --timeout if you need it.")
)

// Options configure Connect. All are required but those with a default.
type Options struct {
	Provider Provider
	Port     int           // of the redirect http://localhost:PORT; 0 picks a free one, for providers that allow any
	AppName  string        // shown on the page
	Patience time.Duration // how long the browser is waited for; default 5 min
	// Browser is given the URL to log in at, and the redirect at which the browser will end, once the listener accepts.
	Browser func(url, redirect string)
	// Pasted are lines that a person types. One may be the address at which a browser on another machine ended, which
	// reached no listener. It is read until it ends, also after Connect returned. Default: none.
	Pasted io.Reader
	// PasteRefused is told, in words for people, why a line was not taken. Default: nobody.
	PasteRefused func(words string)
	// Finish is given the tokens and does everything that is to be done with them. The page in the browser waits for
	// it, so that it says what happened.
	Finish func(ctx context.Context, tokens Tokens) error
	// Words say on the page why it failed. Default: the error's own.
	Words func(err error) string
}

const (
	usualPatience = 5 * time.Minute
	lastWords     = 5 * time.Second // for the page to reach the browser
)

// Connect runs one login in the system's browser. The listener is there from before the browser opens until one answer
// is given.
//
// Errors: ErrPortInUse, ErrDenied, ErrWrongState, ErrTimeout, *ProviderError, ctx's, and those of Finish.
func Connect(ctx context.Context, options Options) error {
	if options.Browser == nil || options.Finish == nil {
		return errors.New("native: a login needs a browser and an end")
	}

	if options.Patience == 0 {
		options.Patience = usualPatience
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
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
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

// wait returns when the login has ended, one way or the other.
func (c *callback) wait(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, c.options.Patience)
	defer cancel()

	select {
	case got := <-c.answered:
		return c.end(ctx, got)
	case <-waiting.Done():
	}

	if !c.giveUp() { // an answer came in this very moment, and its page waits
		return c.end(ctx, <-c.answered)
	}

	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.strangers.Load() > 0:
		return ErrWrongState
	}

	return ErrTimeout
}

// end finishes what was brought, and waits until whoever brought it has been told.
func (c *callback) end(ctx context.Context, got redirected) error {
	err := c.finish(ctx, got)
	c.outcome <- err
	<-c.told

	return err
}

// finish redeems the code of an answer whose state was ours.
func (c *callback) finish(ctx context.Context, got redirected) error {
	if got.failed == "access_denied" { // RFC 6749 section 4.1.2.1
		return ErrDenied
	}

	if got.failed != "" || got.code == "" {
		return &ProviderError{Reason: errorCode(got.failed)}
	}

	tokens, err := c.attempt.exchange(ctx, got.code)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // no fault of the provider's
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
