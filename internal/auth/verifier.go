// Package auth verifies access tokens: signed by the issuer with RS256, for the configured audience, issued to an
// allowed client, and within their dates. RFC 7519 and RFC 8725 define the checks; Auth0's token profiles define the
// claims.
package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// maxTokenBytes limits the size of a token.
	maxTokenBytes = 16 << 10
	// Leeway is the accepted difference between the server's and the issuer's clocks.
	Leeway = 30 * time.Second
)

// Options configure a Verifier. All fields are required except Now.
type Options struct {
	Issuer     string   // exact, with its trailing slash
	Audience   string   // value that `aud` must contain
	ClientIDs  []string // clients whose tokens are accepted
	EmailClaim string   // name of the claim with the account's e-mail
	Keys       *KeySet
	Now        func() time.Time // default time.Now
}

// Verifier verifies tokens and caches accepted ones. It is safe for concurrent use.
type Verifier struct {
	options  Options
	verified *verified
}

// NewVerifier creates a Verifier. It rejects empty options, because golang-jwt skips the check of an empty value.
func NewVerifier(options Options) (*Verifier, error) {
	if options.Issuer == "" || options.Audience == "" || options.EmailClaim == "" || options.Keys == nil ||
		len(options.ClientIDs) == 0 || slices.Contains(options.ClientIDs, "") {
		return nil, errors.New("auth: issuer, audience, client ids, e-mail claim and keys are required")
	}

	if options.Now == nil {
		options.Now = time.Now
	}

	return &Verifier{options: options, verified: newVerified()}, nil
}

// Verify returns the claims of an access token. Its errors are ErrInvalidToken, ErrClientNotAllowed and
// *KeysUnavailableError.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	if len(token) > maxTokenBytes {
		return Claims{}, errNoSignedJWT
	}
	digest, generation := digestOfToken(token), v.options.Keys.generation.Load()

	if claims, ok := v.verified.find(digest, generation, v.options.Now()); ok {
		if err := v.options.Keys.Ready(); err != nil { // the keys may have become too old
			return Claims{}, err
		}

		return claims, nil
	}

	claims, err := v.verify(ctx, token, digest)
	if err == nil {
		v.verified.add(claims, generation, v.options.Now())
	}

	return claims, err
}

// verify verifies a token without the cache.
func (v *Verifier) verify(ctx context.Context, token string, digest [sha256.Size]byte) (Claims, error) {
	claims, err := v.parse(ctx, token, v.options.Audience, v.options.EmailClaim)
	if err != nil {
		return Claims{}, err
	}

	for _, audience := range claims.audience {
		// Auth0 adds its userinfo URL for the scope openid. With any other audience, the token is also valid for
		// another party.
		if audience != v.options.Audience && audience != v.options.Issuer+"userinfo" {
			return Claims{}, invalid("aud also names another party")
		}
	}

	clientID, err := v.client(claims)
	if err != nil {
		return Claims{}, err
	}

	return Claims{
		Issuer:    claims.issuer,
		Subject:   claims.subject,
		ClientID:  clientID,
		Email:     claims.email,
		IssuedAt:  claims.issued.Time,
		ExpiresAt: claims.expires.Time,

		AuthenticatedAt: claims.authenticatedAt(),
		Digest:          digest,
	}, nil
}

// VerifiedEmail returns the e-mail of an ID token that belongs to the same login as the access token with these
// claims: same issuer, subject and client. It returns an empty e-mail if the issuer has not verified it. Errors are
// those of Verify.
func (v *Verifier) VerifiedEmail(ctx context.Context, idToken string, access Claims) (string, error) {
	claims, err := v.parse(ctx, idToken, access.ClientID, "email")
	if err != nil {
		return "", err
	}

	if claims.subject != access.Subject {
		return "", invalid("the ID token belongs to another account")
	}

	if len(claims.audience) > 1 && claims.azp != access.ClientID {
		return "", invalid("the ID token has several audiences and another azp") // OpenID Connect Core section 3.1.3.7
	}

	if claims.emailVerified == nil || !*claims.emailVerified {
		return "", nil
	}

	return claims.email, nil
}

func (v *Verifier) parse(ctx context.Context, token, audience, emailClaim string) (*wireClaims, error) {
	if len(token) > maxTokenBytes || strings.Count(token, ".") != 2 {
		return nil, errNoSignedJWT
	}
	claims := &wireClaims{emailClaim: emailClaim}
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), // an allow-list of one: RFC 8725 section 3.1
		jwt.WithIssuer(v.options.Issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(Leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(v.options.Now),
	).ParseWithClaims(token, claims, v.options.Keys.keyfunc(ctx))

	var unavailable *KeysUnavailableError
	switch {
	case errors.As(err, &unavailable):
		return nil, unavailable
	case onlyExpired(err):
		return nil, errExpired
	case err != nil:
		return nil, invalid("%.200s", err) // for the log; limited, because it may quote the header
	case claims.issued == nil:
		return nil, invalid("iat is missing")
	case claims.authenticatedAt().After(v.options.Now().Add(Leeway)):
		return nil, invalid("auth_time is in the future")
	}

	return claims, checkSubject(claims.subject)
}

// onlyExpired reports whether the token is valid except that it has expired. The signature is valid, because
// golang-jwt checks the claims after it.
func onlyExpired(err error) bool {
	return errors.Is(err, jwt.ErrTokenExpired) && !slices.ContainsFunc([]error{
		jwt.ErrTokenInvalidAudience,
		jwt.ErrTokenInvalidIssuer,
		jwt.ErrTokenNotValidYet,
		jwt.ErrTokenUsedBeforeIssued,
		jwt.ErrTokenRequiredClaimMissing,
	}, func(other error) bool { return errors.Is(err, other) })
}

// client returns the client to which the token was issued: azp in Auth0's profile, client_id in RFC 9068. If both are
// present, they must be equal.
func (v *Verifier) client(claims *wireClaims) (string, error) {
	id := claims.azp
	if id == "" {
		id = claims.clientID
	}

	if claims.clientID != "" && claims.clientID != id {
		return "", fmt.Errorf("%w: azp and client_id differ", ErrClientNotAllowed)
	}

	if !slices.Contains(v.options.ClientIDs, id) {
		return "", ErrClientNotAllowed
	}

	return id, nil
}
