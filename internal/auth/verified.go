package auth

import (
	"crypto/sha256"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// maxVerified bounds the tokens that are remembered, with about half a kilobyte each.
const maxVerified = 20_000

// verified remembers tokens that were accepted, by the SHA-256 of the whole token, until they expire or the issuer's
// keys change. Only what cannot change is remembered: the signature, the claims, and the verdict on them. The dates and
// the state of the keys are looked at for every call. A refusal is not remembered: anybody can cause any number.
type verified struct {
	tokens *lru.Cache[[sha256.Size]byte, acceptance]

	hits, misses atomic.Uint64
}

type acceptance struct {
	claims     Claims
	at         time.Time // when it was accepted
	generation uint64    // of the keys that it was accepted with
}

func newVerified() *verified {
	tokens, _ := lru.New[[sha256.Size]byte, acceptance](maxVerified) // fails of a size below 1
	return &verified{tokens: tokens}
}

// find returns the claims of a token that was accepted with the keys of this generation and is still within its dates.
func (v *verified) find(digest [sha256.Size]byte, generation uint64, now time.Time) (Claims, bool) {
	found, ok := v.tokens.Get(digest)

	switch {
	case !ok:
	case found.generation != generation || now.Before(found.at) || !now.Before(found.claims.ExpiresAt.Add(Leeway)):
		// It is judged anew, also after the clock was set back: then it may be one "issued in the future" again.
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

// digestOfToken is the SHA-256 of the whole token. Usual tokens are shorter than the room on the stack.
func digestOfToken(token string) [sha256.Size]byte {
	var room [2048]byte
	if len(token) > len(room) {
		return sha256.Sum256([]byte(token))
	}

	return sha256.Sum256(room[:copy(room[:], token)])
}

// VerifiedStats is what a Verifier remembers now, and how often it was asked.
type VerifiedStats struct {
	Entries      int
	Hits, Misses uint64
}

// VerifiedStats returns one snapshot.
func (v *Verifier) VerifiedStats() VerifiedStats {
	return VerifiedStats{
		Entries: v.verified.tokens.Len(), Hits: v.verified.hits.Load(), Misses: v.verified.misses.Load(),
	}
}
