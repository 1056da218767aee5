package auth

import (
	"crypto/rsa"
	"encoding/json"
	"errors"

	"github.com/MicahParks/jwkset"
)

const maxKeys = 64

// parseKeys parses the RSA signature keys one by one, so that an invalid key does not affect the others.
func parseKeys(body []byte) (keys []jwkset.JWK, rejected int, err error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, 0, errors.New("the issuer's key set is not JSON")
	}

	seen := map[string]bool{}
	for _, raw := range set.Keys[:min(len(set.Keys), maxKeys)] {
		key, err := parseKey(raw)
		if err != nil || seen[key.Marshal().KID] {
			rejected++
			continue
		}
		seen[key.Marshal().KID] = true
		keys = append(keys, key)
	}

	if len(keys) == 0 {
		return nil, rejected, errors.New("the issuer's key set contains no usable key")
	}

	return keys, rejected + max(0, len(set.Keys)-maxKeys), nil
}

const (
	minModulusBits = 2048 // RFC 7518 section 3.3
	// 8192 bits in base64url. Verification with a larger modulus would be too expensive.
	maxModulusChars = 1366
	minExponent     = 3
)

func parseKey(raw json.RawMessage) (jwkset.JWK, error) {
	var key jwkset.JWKMarshal
	if err := json.Unmarshal(raw, &key); err != nil {
		return jwkset.JWK{}, err
	}

	switch {
	case key.KTY != jwkset.KtyRSA: // an "oct" key in a public document would let anyone sign
		return jwkset.JWK{}, errors.New("not an RSA key")
	case key.KID == "" || len(key.KID) > maxKidBytes:
		return jwkset.JWK{}, errors.New("no usable kid")
	case key.USE != "" && key.USE != jwkset.UseSig:
		return jwkset.JWK{}, errors.New("not a signature key")
	case key.ALG != "" && key.ALG != jwkset.AlgRS256:
		return jwkset.JWK{}, errors.New("not an RS256 key")
	case len(key.N) > maxModulusChars:
		return jwkset.JWK{}, errors.New("modulus too long")
	}
	// Use only the public numbers: ignore certificates and private parts, and fix the algorithm.
	public := jwkset.JWKMarshal{
		KTY: key.KTY,
		KID: key.KID,
		ALG: jwkset.AlgRS256,
		USE: jwkset.UseSig,
		N:   key.N,
		E:   key.E,
	}

	parsed, err := jwkset.NewJWKFromMarshal(public, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return jwkset.JWK{}, err
	}
	// Check the number itself, because the length of the text includes leading zeros.
	if number, ok := parsed.Key().(*rsa.PublicKey); !ok || number.N.BitLen() < minModulusBits ||
		number.E < minExponent {
		return jwkset.JWK{}, errors.New("modulus or exponent too small")
	}

	return parsed, nil
}
