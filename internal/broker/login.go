package broker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/secret"
)

// TokensOptions configure Tokens. Config, ClientIDs and Logger are required; of Config, what is said of the issuer is
// read.
type TokensOptions struct {
	Config    *config.Config
	ClientIDs []string // whose tokens are taken: those of the page for a server, the native one for a desktop
	Logger    *slog.Logger
	Now       func() time.Time // default time.Now
}

// Tokens checks tokens and makes logins of them.
type Tokens struct {
	Keys     *auth.KeySet // of the issuer; nothing is accepted before its Run has read them
	verifier *auth.Verifier
}

// NewTokens refuses a half-made value.
func NewTokens(options TokensOptions) (*Tokens, error) {
	if options.Config == nil || options.Logger == nil {
		return nil, errors.New("broker: checking tokens takes a configuration and a logger")
	}
	c := options.Config

	issuerKeys, err := auth.NewKeySet(
		auth.KeySetOptions{Issuer: c.AuthIssuer, Proxies: c.Proxies, Logger: options.Logger, Now: options.Now},
	)
	if err != nil {
		return nil, err
	}

	verifier, err := auth.NewVerifier(auth.Options{
		Issuer: c.AuthIssuer, Audience: c.AuthAudience, ClientIDs: options.ClientIDs, EmailClaim: c.AuthEmailClaim,
		Keys: issuerKeys, Now: options.Now,
	})
	if err != nil {
		return nil, err
	}

	return &Tokens{Keys: issuerKeys, verifier: verifier}, nil
}

// Verify returns the claims of an access token; errors are those of auth.Verifier.
func (t *Tokens) Verify(ctx context.Context, token string) (auth.Claims, error) {
	return t.verifier.Verify(ctx, token)
}

// Remembered says how many verified tokens are remembered, and how often one came again.
func (t *Tokens) Remembered() auth.VerifiedStats { return t.verifier.VerifiedStats() }

// Login is what the holder of a verified access token asks custody for. The e-mail is the one of the access token's
// claim. Where that has none, it is the one of idToken, which may be empty and must belong to the same login; one that
// does not is keys.ErrEmailUnusable, because "invalid token" would say that the access token is bad.
func (t *Tokens) Login(
	ctx context.Context, access secret.Text, claims auth.Claims, idToken string,
) (keys.Login, error) {
	email := claims.Email
	if email == "" && idToken != "" {
		verified, err := t.verifier.VerifiedEmail(ctx, idToken, claims)
		if errors.Is(err, auth.ErrInvalidToken) {
			return keys.Login{}, keys.ErrEmailUnusable
		}

		if err != nil {
			return keys.Login{}, err
		}
		email = verified
	}

	return keys.Login{
		Account: keys.Account{Issuer: claims.Issuer, Subject: claims.Subject}, Email: email, Token: access,
		Digest: claims.Digest, IssuedAt: claims.IssuedAt, ExpiresAt: claims.ExpiresAt,
	}, nil
}
