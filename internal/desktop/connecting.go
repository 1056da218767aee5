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

// ConnectOptions say how an account is connected. All may be left out but Browser.
type ConnectOptions struct {
	Replace    bool // put the account in the place of another that is saved, or whose key opens no more
	UpstashCLI bool // also save the login where the official Upstash CLI reads it

	Port    int           // of the redirect http://localhost:PORT; 0 picks a free one, for a provider that allows any
	Timeout time.Duration // how long the login is waited for; default 5 min

	// Browser is given the address to log in at, and the one at which the browser will end, once the listener accepts.
	Browser       func(address, redirect string)
	Pasted        io.Reader          // lines of a person: the address at which a browser elsewhere ended; default: none
	PasteRejected func(words string) // hears why one was not taken; default: nobody

	LoggedIn func()                 // hears that tokens have come; default: nobody
	Words    func(err error) string // say on the page why it failed; default: the error's own
}

// errNoClient means that there is nobody to log in as.
const errNoClient = "BFF_NATIVE_CLIENT_ID is required: the client id that Upstash gave you (partnerships@upstash.com); " +
	"--sandbox needs none"

// Connecting is one connect under way: from before the login to the saved key.
type Connecting struct {
	options ConnectOptions
	desktop *Desktop
	tokens  *broker.Tokens
	stop    context.CancelFunc // of reading the issuer's keys
}

// BeginConnect opens what is kept here and looks whether it could be used after the login. Close it.
//
// Errors: *config.FaultsError without a client id or a home directory, *EntryMissingError unless that is to be
// replaced, native.ErrKeyringUnavailable, and those of opening.
func (s *Settings) BeginConnect(ctx context.Context, options ConnectOptions) (*Connecting, error) {
	if s.Config.NativeClientID == "" {
		return nil, &config.FaultsError{Faults: []string{errNoClient}}
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

	d, err := s.find()
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

// Close gives up what was not finished. After a finished connect it does nothing more.
func (c *Connecting) Close() error {
	c.stop()
	return c.desktop.Close()
}

// Login has the user log in, in the browser, and finishes.
//
// Errors: those of native.Connect and of Finish.
func (c *Connecting) Login(ctx context.Context) (done *Connected, err error) {
	settings := c.desktop.Config

	err = native.Connect(ctx, native.Options{
		Provider: native.Provider{
			Issuer: settings.AuthIssuer, ClientID: settings.NativeClientID, Audience: settings.AuthAudience,
			Scope: settings.AuthScope, Proxies: settings.Proxies,
		},
		Port: c.options.Port, AppName: settings.AppName, Timeout: c.options.Timeout, Browser: c.options.Browser,
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

// keysPatience bounds how long the issuer's keys are waited for once the tokens are there.
const keysPatience = 10 * time.Second

// verified checks the tokens as the server does.
func (c *Connecting) verified(ctx context.Context, tokens native.Tokens) (keys.Login, error) {
	waiting, cancel := context.WithTimeout(ctx, keysPatience)
	defer cancel()
	// When the keys do not come in time, Verify says so, as the caller is to be told.
	_ = c.tokens.Keys.WaitReady(waiting)

	claims, err := c.tokens.Verify(ctx, tokens.Access.Reveal())
	if err != nil {
		return keys.Login{}, err
	}

	return c.tokens.Login(ctx, tokens.Access, claims, tokens.ID.Reveal())
}
