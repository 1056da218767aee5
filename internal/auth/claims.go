package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// Bounds of the claims. A genuine Auth0 token is far below them.
const (
	maxSubjectBytes = 255 // OpenID Connect Core section 2: sub has at most 255 characters
	maxAudiences    = 16
)

// Claims are the verified claims of an access token. Issuer and Subject together identify the account; the e-mail does
// not (OpenID Connect Core section 5.7).
type Claims struct {
	Issuer    string
	Subject   string
	ClientID  string
	Email     string // the configured claim, unchecked; empty if absent. Callers must validate it
	IssuedAt  time.Time
	ExpiresAt time.Time
	// AuthenticatedAt is when the user last logged in at the issuer: the claim auth_time (OpenID Connect Core
	// section 2, RFC 9068 section 2.2.1), or IssuedAt if the token has none. A token obtained with a refresh token or
	// from the issuer's own session has a newer iat than the login, so an issuer should add auth_time.
	AuthenticatedAt time.Time
	Digest          [32]byte // SHA-256 of the token, to recognize it without storing it
}

// wireClaims decodes claims more strictly than golang-jwt: a date must be a plain integer, a name a string.
type wireClaims struct {
	issuer, subject, azp, clientID, email string
	emailVerified                         *bool
	audience                              jwt.ClaimStrings
	expires, issued, notBefore, authTime  *jwt.NumericDate
	emailClaim                            string
}

// UnmarshalJSON rejects claims of the wrong JSON type instead of treating them as absent.
func (c *wireClaims) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}

	for name, target := range map[string]*string{
		"iss": &c.issuer, "sub": &c.subject, "azp": &c.azp, "client_id": &c.clientID,
	} {
		if err := readString(raw, name, target); err != nil {
			return err
		}
	}

	for name, target := range map[string]**jwt.NumericDate{
		"exp": &c.expires, "iat": &c.issued, "nbf": &c.notBefore, "auth_time": &c.authTime,
	} {
		if err := readDate(raw, name, target); err != nil {
			return err
		}
	}
	// An e-mail of the wrong type only means "no usable e-mail". The token is still valid for reads.
	_ = readString(raw, c.emailClaim, &c.email)
	if value, ok := raw["email_verified"]; ok {
		_ = json.Unmarshal(value, &c.emailVerified)
	}

	return c.readAudience(raw["aud"])
}

// readAudience accepts a string or an array of strings (RFC 7519 section 4.1.3).
func (c *wireClaims) readAudience(raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}

	var one string
	if json.Unmarshal(raw, &one) == nil && raw[0] == '"' {
		c.audience = jwt.ClaimStrings{one}
		return nil
	}

	var many []string
	if raw[0] != '[' || json.Unmarshal(raw, &many) != nil || len(many) > maxAudiences {
		return fmt.Errorf("aud is neither a string nor a short array of strings")
	}
	c.audience = many

	return nil
}

func readString(raw map[string]json.RawMessage, name string, target *string) error {
	value, ok := raw[name]
	if !ok {
		return nil
	}

	if len(value) == 0 || value[0] != '"' || json.Unmarshal(value, target) != nil {
		return fmt.Errorf("%s is not a string", name)
	}

	return nil
}

const maxDateDigits = 12

// isDate reports whether a claim is a positive whole number of seconds: no sign, no fraction, no exponent.
func isDate(value []byte) bool {
	if len(value) == 0 || len(value) > maxDateDigits || value[0] == '0' {
		return false
	}

	for _, b := range value {
		if b < '0' || b > '9' {
			return false
		}
	}

	return true
}

func readDate(raw map[string]json.RawMessage, name string, target **jwt.NumericDate) error {
	value, ok := raw[name]
	if !ok {
		return nil
	}

	if !isDate(bytes.TrimSpace(value)) {
		return fmt.Errorf("%s is not a positive whole number of seconds", name)
	}

	seconds, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return fmt.Errorf("%s is out of range", name)
	}
	*target = jwt.NewNumericDate(time.Unix(seconds, 0))

	return nil
}

// GetExpirationTime and the five methods below make wireClaims a jwt.Claims.
func (c *wireClaims) GetExpirationTime() (*jwt.NumericDate, error) { return c.expires, nil }

// GetIssuedAt returns iat.
func (c *wireClaims) GetIssuedAt() (*jwt.NumericDate, error) { return c.issued, nil }

// GetNotBefore returns nbf.
func (c *wireClaims) GetNotBefore() (*jwt.NumericDate, error) { return c.notBefore, nil }

// GetIssuer returns iss.
func (c *wireClaims) GetIssuer() (string, error) { return c.issuer, nil }

// GetSubject returns sub.
func (c *wireClaims) GetSubject() (string, error) { return c.subject, nil }

// GetAudience returns aud.
func (c *wireClaims) GetAudience() (jwt.ClaimStrings, error) { return c.audience, nil }

// authenticatedAt returns the time of the login.
func (c *wireClaims) authenticatedAt() time.Time {
	if c.authTime != nil {
		return c.authTime.Time
	}

	return c.issued.Time
}

// checkSubject rejects subjects that would be unsafe as an identifier in the database or a log.
func checkSubject(subject string) error {
	switch {
	case subject == "":
		return invalid("sub is missing")
	case len(subject) > maxSubjectBytes:
		return invalid("sub is longer than %d bytes", maxSubjectBytes)
	case !utf8.ValidString(subject) || strings.ContainsFunc(subject, unicode.IsControl):
		return invalid("sub contains control characters")
	}

	return nil
}
