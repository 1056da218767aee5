package auth

import (
	"crypto/sha256"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// maxVerified limits the cached tokens, at about half a kilobyte each.
const maxVerified = 20_000

// verified caches accepted tokens by the SHA-256 of the complete token, until they expire or the issuer's keys change.
// It caches only what cannot change: the valid signature and the claims. The verifier checks the dates and the state
// of the keys at every call. Rejected tokens are not cached, because anyone can send any number of them.
type verified struct {
	tokens *lru.Cache[[sha256.Size]byte, acceptance]

	hits, misses atomic.Uint64
}

type acceptance struct {
	claims     Claims
	at         time.Time // time of acceptance
	generation uint64    // generation of the keys that verified the token
}

func newVerified() *verified {
	tokens, _ := lru.New[[sha256.Size]byte, acceptance](maxVerified) // fails only for a size below 1
	return &verified{tokens: tokens}
}

// find returns the claims of a token that was accepted with this generation of keys and has not expired.
func (v *verified) find(digest [sha256.Size]byte, generation uint64, now time.Time) (Claims, bool) {
	found, ok := v.tokens.Get(digest)

	switch {
	case !ok:
	case found.generation != generation || now.Before(found.at) || !now.Before(found.claims.ExpiresAt.Add(Leeway)):
		// Verify it again, also if the clock was set back, because its iat and auth_time may then be in the future.
		v.tokens.Remove(digest)
	default:
		v.hits.Add(1)
		return found.claims, true
	}
	v.misses.Add(1)

	return Claims{}, false
}

func (v *verified) add(claims Claims, generation uint64, now time.Time) {
	v.tokens.Add(claims.Digest, acceptance{claims: claims, at: now, generation: generation})
}

// digestOfToken returns the SHA-256 of the token. For usual lengths it uses a buffer on the stack.
func digestOfToken(token string) [sha256.Size]byte {
	var buffer [2048]byte
	if len(token) > len(buffer) {
		return sha256.Sum256([]byte(token))
	}

	return sha256.Sum256(buffer[:copy(buffer[:], token)])
}

// VerifiedStats are statistics of a Verifier's cache.
type VerifiedStats struct {
	Entries      int
	Hits, Misses uint64
}

// VerifiedStats returns a snapshot.
func (v *Verifier) VerifiedStats() VerifiedStats {
	return VerifiedStats{
		Entries: v.verified.tokens.Len(), Hits: v.verified.hits.Load(), Misses: v.verified.misses.Load(),
	}
}
