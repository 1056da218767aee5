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

// TokensOptions configure Tokens. Config, ClientIDs and Logger are required; only the issuer's settings of Config are
// used.
type TokensOptions struct {
	Config    *config.Config
	ClientIDs []string // accepted clients: those of the page on a server, the native one on a desktop
	Logger    *slog.Logger
	Now       func() time.Time // default time.Now
}

// Tokens verifies tokens and turns them into logins.
type Tokens struct {
	Keys     *auth.KeySet // of the issuer; no token is accepted until its Run has read them
	verifier *auth.Verifier
}

// NewTokens rejects incomplete options.
func NewTokens(options TokensOptions) (*Tokens, error) {
	if options.Config == nil || options.Logger == nil {
		return nil, errors.New("broker: a configuration and a logger are required to verify tokens")
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

// Remembered counts the cached verified tokens, and how often one was used again.
func (t *Tokens) Remembered() auth.VerifiedStats { return t.verifier.VerifiedStats() }

// Login makes a login of a verified access token. The e-mail comes from the access token's claim, else from idToken,
// which may be empty and must belong to the same login. An ID token that does not is keys.ErrEmailUnusable, because
// "invalid token" would mean that the access token is invalid.
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
