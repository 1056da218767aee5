package desktop

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/keys"
)

// ConnectOptions configure a connect. All except Browser are optional.
type ConnectOptions struct {
	Replace    bool // replace the saved account, or one whose key can no longer be decrypted
	UpstashCLI bool // also log in the official Upstash CLI

	Port    int           // of the redirect http://localhost:PORT; 0 picks a free one, if the provider allows any
	Timeout time.Duration // of the login; default 5 min

	// Browser is called with the URL of the login and the redirect URI, once the listener accepts connections.
	Browser       func(address, redirect string)
	Pasted        io.Reader          // lines of a person: the redirect of a browser on another machine; default: none
	PasteRejected func(words string) // is called with the reason for rejecting a line; default: none

	LoggedIn func()                 // is called when the tokens arrive; default: none
	Words    func(err error) string // returns the text of an error for the page; default: the error's own
}

// errNoClient means that the client ID is missing.
const errNoClient = "BFF_NATIVE_CLIENT_ID is required: the client ID that Upstash gave you (partnerships@upstash.com); " +
	"--sandbox needs none"

// Connecting is a connect in progress, from before the login to the saved key.
type Connecting struct {
	options ConnectOptions
	desktop *Desktop
	tokens  *broker.Tokens
	stop    context.CancelFunc // stops reading the issuer's keys
}

// BeginConnect opens the saved state and checks that a connect can use it. The caller must call Close.
//
// Errors: *config.InvalidError without a client ID or a home directory, *EntryMissingError unless Replace is set,
// native.ErrKeyringUnavailable, and those of opening.
func (s *Settings) BeginConnect(ctx context.Context, options ConnectOptions) (*Connecting, error) {
	if s.Config.NativeClientID == "" {
		return nil, &config.InvalidError{Errors: []string{errNoClient}}
	}

	if _, err := s.options.upstashCLI(); err != nil && options.UpstashCLI {
		return nil, err
	}

	tokens, err := broker.NewTokens(broker.TokensOptions{
		Config: s.Config, ClientIDs: []string{s.Config.NativeClientID}, Logger: s.logger,
	})
	if err != nil {
		return nil, err
	}

	d, err := s.locate()
	if err != nil {
		return nil, err
	}

	if err := d.checkSaved(ctx, options.Replace); err != nil {
		return nil, errors.Join(err, d.Close())
	}

	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	go tokens.Keys.Run(reading) // while the user logs in

	return &Connecting{options: options, desktop: d, tokens: tokens, stop: stop}, nil
}

// Close cancels an unfinished connect.
func (c *Connecting) Close() error {
	c.stop()
	return c.desktop.Close()
}

// Login runs the login in the browser, and finishes the connect.
//
// Errors: those of native.Connect and of Finish.
func (c *Connecting) Login(ctx context.Context) (done *Connected, err error) {
	settings := c.desktop.Config

	err = native.Connect(ctx, native.Options{
		Provider: native.Provider{
			Issuer: settings.AuthIssuer, ClientID: settings.NativeClientID, Audience: settings.AuthAudience,
			Scope: settings.AuthScope, Proxies: settings.Proxies,
		},
		Port: c.options.Port, AppName: settings.AppName, Language: settings.Language,
		Timeout: c.options.Timeout, Browser: c.options.Browser,
		Pasted: c.options.Pasted, PasteRejected: c.options.PasteRejected,
		Finish: func(ctx context.Context, tokens native.Tokens) (err error) {
			if c.options.LoggedIn != nil {
				c.options.LoggedIn()
			}
			done, err = c.Finish(ctx, tokens)

			return err
		},
		Words: c.options.Words,
	})
	if err != nil {
		return nil, err
	}

	return done, nil
}

// keysTimeout limits the wait for the issuer's keys after the tokens arrive.
const keysTimeout = 10 * time.Second

// verified checks the tokens as the server does.
func (c *Connecting) verified(ctx context.Context, tokens native.Tokens) (keys.Login, error) {
	waiting, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	// If the keys do not arrive in time, Verify returns the right error.
	_ = c.tokens.Keys.WaitReady(waiting)

	claims, err := c.tokens.Verify(ctx, tokens.Access.Reveal())
	if err != nil {
		return keys.Login{}, err
	}

	return c.tokens.Login(ctx, tokens.Access, claims, tokens.ID.Reveal())
}
