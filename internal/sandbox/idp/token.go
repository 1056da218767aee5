package idp

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// AccessTokenLife is the expires_in of Upstash's partner guide.
const AccessTokenLife = 48 * time.Hour

const idTokenLife = 10 * time.Hour

// ErrTokenInvalid is returned for an access token that this provider does not accept.
var ErrTokenInvalid = errors.New("access token is not valid")

// opaqueToken is what Auth0 issues when the request names no audience: a string that is not a JWT and works only at
// /userinfo.
type opaqueToken struct {
	subject string
	scope   string
}

// AccessClaims builds the claims of an access token in Auth0's default profile, and a jti. RS256 is deterministic:
// without a jti, two logins within a second would get the same token, and the second would look like a replay.
func (p *Provider) AccessClaims(account state.Account, clientID, scope string) map[string]any {
	now := p.now().Unix()

	claims := map[string]any{
		"iss":      p.issuer,
		"sub":      account.Subject,
		"aud":      Audience,
		"azp":      clientID,
		"iat":      now,
		"exp":      now + int64(AccessTokenLife.Seconds()),
		"jti":      randomString()[:22],
		EmailClaim: account.Email,
	}
	if scope != "" {
		claims["scope"] = scope
	}
	// With openid the token is valid at /userinfo too, and lists it as an audience.
	if slices.Contains(scopes(scope), "openid") {
		claims["aud"] = []string{Audience, p.issuer + "userinfo"}
	}

	return claims
}

// idClaims builds the claims of an ID token (OpenID Connect Core section 2).
func (p *Provider) idClaims(account state.Account, granted grant) map[string]any {
	now := p.now().Unix()
	claims := profileClaims(account, granted.scope)
	claims["iss"] = p.issuer
	claims["aud"] = granted.clientID
	claims["iat"] = now
	claims["exp"] = now + int64(idTokenLife.Seconds())

	claims["auth_time"] = granted.authenticatedAt.Unix()
	if granted.nonce != "" {
		claims["nonce"] = granted.nonce
	}

	return claims
}

// picture is every account's picture: Auth0 names an address at Gravatar, which is not available offline.
const picture = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
	"%3Crect width='16' height='16' rx='8' fill='%23047857'/%3E%3C/svg%3E"

// profileClaims returns the claims that the scopes request (OpenID Connect Core 5.4).
func profileClaims(account state.Account, scope string) map[string]any {
	claims := map[string]any{"sub": account.Subject}

	granted := scopes(scope)
	if slices.Contains(granted, "email") {
		claims["email"] = account.Email
		claims["email_verified"] = true
	}

	if slices.Contains(granted, "profile") {
		nickname, _, _ := strings.Cut(account.Email, "@")
		claims["nickname"] = nickname
		claims["name"] = account.Email
		claims["picture"] = picture
		claims["updated_at"] = account.CreatedAt.UTC().Format(time.RFC3339)
	}

	return claims
}

func (p *Provider) sign(claims map[string]any) (string, error) {
	return p.Mint(nil, claims)
}

// Mint builds a JWT with exactly these claims and the current key. Members of header replace the defaults; nil
// removes one. An "alg" of none, in any spelling, leaves the token unsigned. An RSA algorithm other than RS256 is
// used to sign. Any other value is signed with RS256, whatever the header names. It exists so that tests can make
// every kind of broken token.
func (p *Provider) Mint(header, claims map[string]any) (string, error) {
	key := p.keys.current()

	full := map[string]any{"alg": "RS256", "typ": "JWT", "kid": key.id}
	for name, value := range header {
		if full[name] = value; value == nil {
			delete(full, name)
		}
	}

	head, err := json.Marshal(full)
	if err != nil {
		return "", fmt.Errorf("encode token header: %w", err)
	}

	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode token claims: %w", err)
	}
	input := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)

	algorithm, _ := full["alg"].(string)
	if strings.EqualFold(algorithm, "none") {
		return input + ".", nil
	}

	signature, err := rsaMethod(algorithm).Sign(input, key.private)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}

	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func rsaMethod(algorithm string) jwt.SigningMethod {
	switch method := jwt.GetSigningMethod(algorithm).(type) {
	case *jwt.SigningMethodRSA:
		return method
	case *jwt.SigningMethodRSAPSS:
		return method
	default:
		return jwt.SigningMethodRS256
	}
}

// VerifyAccessToken returns the subject of a token that is signed by a published key, currently valid, and issued for
// the audience; otherwise an error that wraps ErrTokenInvalid. The client it was issued to does not matter, as at
// Upstash.
func (p *Provider) VerifyAccessToken(raw, audience string) (string, error) {
	claims, err := p.parse(raw, audience)
	if err != nil {
		return "", err
	}

	return claims.GetSubject()
}

func (p *Provider) parse(raw, audience string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}

	_, err := jwt.ParseWithClaims(raw, claims, p.keyOf,
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Name}),
		jwt.WithIssuer(p.issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(p.now),
	)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenInvalid, err)
	}

	return claims, nil
}

func (p *Provider) keyOf(token *jwt.Token) (any, error) {
	id, _ := token.Header["kid"].(string)
	if key, ok := p.keys.public(id); ok {
		return key, nil
	}

	return nil, errors.New("no such key")
}
