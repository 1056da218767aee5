package fault

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// foreignKeys returns a key set of the same form without any of the keys that sign here. A verifier sees this when an
// issuer lost its keys or is another issuer.
func foreignKeys(value any) any {
	for _, key := range keysOf(value) {
		known := fmt.Sprint(key["kid"])

		key["kid"] = "rotated-" + encoded(known, 1)[:12]
		if _, isRSA := key["n"]; isRSA {
			key["n"] = encoded(known, 8) // 2048 bits, like a real modulus
		}

		for _, name := range []string{"x5c", "x5t", "x5t#S256"} {
			delete(key, name)
		}
	}

	return value
}

// encoded returns times*256 bits that pass for a modulus: the highest and the lowest bit are set. The same seed
// always gives the same bits.
func encoded(seed string, times int) string {
	var bits []byte
	for n := range times {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s#%d", seed, n))
		bits = append(bits, sum[:]...)
	}
	bits[0] |= 0x80
	bits[len(bits)-1] |= 1

	return base64.RawURLEncoding.EncodeToString(bits)
}

// malformedKeys retains the key ids, so that a verifier finds the key it needs but cannot use it.
func malformedKeys(value any) any {
	broken := []any{}
	for _, key := range keysOf(value) {
		kid := key["kid"]
		broken = append(broken,
			map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": "not base64!", "e": "AQAB"},
			map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": "", "e": ""},
			map[string]any{"kty": "oct", "use": "sig", "alg": "HS256", "kid": kid, "k": "c2VjcmV0"},
			map[string]any{"kty": 7, "kid": kid},
		)
	}

	return map[string]any{"keys": append(broken, "a key", nil, map[string]any{})}
}

func keysOf(value any) []map[string]any {
	document, _ := value.(map[string]any)
	list, _ := document["keys"].([]any)

	keys := []map[string]any{}
	for _, element := range list {
		if key, ok := element.(map[string]any); ok {
			keys = append(keys, key)
		}
	}

	return keys
}
