package partner

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/upstash-connect/bff/internal/secret"
)

// Environment is the part of a service token that separates real installations from sandboxes.
type Environment string

// The environments.
const (
	Live Environment = "live"
	Test Environment = "test" // a sandbox
)

// TokenPrefix begins every service token, so that secret scanners find tokens and a server can tell them from access
// tokens.
const TokenPrefix = "upc_"

const (
	hashBytes      = sha256.Size
	checksumLength = 8
)

// ParsedToken is the part of a service token that is known without a query.
type ParsedToken struct {
	ID   string          // public
	Hash [hashBytes]byte // SHA-256 of the complete token
}

// NewToken creates a service token: upc_<env>_<id>_<secret><checksum>. The secret has 256 bits. The checksum is the
// CRC-32 (IEEE) of everything before it, in hexadecimal, so that a truncated or mistyped token is rejected without a
// query.
func NewToken(environment Environment, id string) (secret.Text, ParsedToken) {
	body := TokenPrefix + string(environment) + "_" + id + "_" + rand.Text() + rand.Text()
	text := body + checksum(body)

	return secret.New(text), ParsedToken{ID: id, Hash: sha256.Sum256([]byte(text))}
}

// NewTokenID creates the public part of a token.
func NewTokenID() string { return rand.Text()[:12] }

func checksum(body string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(body))) }

// ParseToken checks form, environment and checksum; ErrInvalidToken for anything else.
func ParseToken(text string, environment Environment) (ParsedToken, error) {
	rest, ours := strings.CutPrefix(text, TokenPrefix+string(environment)+"_")

	id, rest, complete := strings.Cut(rest, "_")
	if !ours || !complete || !isAlphanumeric(id, 4, 32) ||
		!isAlphanumeric(rest, 43+checksumLength, 96+checksumLength) ||
		checksum(text[:len(text)-checksumLength]) != text[len(text)-checksumLength:] {
		return ParsedToken{}, ErrInvalidToken
	}

	return ParsedToken{ID: id, Hash: sha256.Sum256([]byte(text))}, nil
}

// isAlphanumeric reports whether a text has only ASCII letters and digits, and a length from least to most.
func isAlphanumeric(text string, least, most int) bool {
	if len(text) < least || len(text) > most {
		return false
	}

	for n := range len(text) {
		if b := text[n]; (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && (b < '0' || b > '9') {
			return false
		}
	}

	return true
}

// IsServiceToken reports whether a bearer token has the prefix of service tokens.
func IsServiceToken(text string) bool { return strings.HasPrefix(text, TokenPrefix) }
