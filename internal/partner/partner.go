// Package partner lets a partner's backend act for the users who allowed it. It registers services and their tokens,
// runs connect sessions (one invitation for one end user, finished in the browser and completed by the service that
// opened it), and stores grants. It decides in one place what a grant may do: the intersection of installation,
// service, grant and consent (Permitted). It is independent of HTTP.
package partner

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/secret"
)

// Databases offers the operations that a grant may include, as they work for the account itself.
type Databases interface {
	List(ctx context.Context, account keys.Account) (*proxy.Listing, error)
	Database(ctx context.Context, account keys.Account, id string) (proxy.Database, error)
	Credentials(ctx context.Context, account keys.Account, id string) (proxy.Credentials, error)
	Validate(request proxy.CreateRequest) proxy.Validated
	CreateFor(
		ctx context.Context, caller proxy.Caller, idempotencyKey string, request proxy.Validated,
	) (database proxy.Database, replayed bool, err error)
	Run(ctx context.Context, caller proxy.Caller, call proxy.Call) (proxy.Result, error)
}

// Connections finds the connection of an account.
type Connections interface {
	Find(ctx context.Context, account keys.Account) (keys.Connection, error)
}

// Options configure Partners. All are required except those with a default.
type Options struct {
	Store       Store
	Databases   Databases
	Connections Connections
	// Installation is the most that this server allows.
	Installation Policy
	Environment  Environment // environment of accepted tokens
	// BuiltIn are the configured tokens of the built-in service; without any, there is no such service.
	BuiltIn []secret.Text
	Logger  *slog.Logger
	Now     func() time.Time // default time.Now
}

// Partners is safe for concurrent use.
type Partners struct {
	options Options
	builtIn map[[hashBytes]byte]struct{}
}

// New rejects incomplete options and malformed built-in tokens.
func New(options Options) (*Partners, error) {
	if options.Store == nil || options.Databases == nil || options.Connections == nil || options.Logger == nil ||
		(options.Environment != Live && options.Environment != Test) {
		return nil, errors.New("partner: a required option is missing")
	}

	if options.Now == nil {
		options.Now = time.Now
	}

	p := &Partners{options: options, builtIn: map[[hashBytes]byte]struct{}{}}
	for _, token := range options.BuiltIn {
		parsed, err := ParseToken(token.Reveal(), options.Environment)
		if err != nil {
			return nil, errors.New("partner: a built-in service token is malformed")
		}
		p.builtIn[parsed.Hash] = struct{}{}
	}

	return p, nil
}
