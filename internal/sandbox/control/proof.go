package control

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
)

const maxNonce = 128 // characters

// proof proves to anyone who knows the key that this is the sandbox that has it, and not a program that got its port
// later: with the HMAC-SHA256 of what the proof is for and the caller's nonce. It tells nothing of the key.
func (c *Control) proof(w http.ResponseWriter, r *http.Request) {
	nonce := r.URL.Query().Get("nonce")

	switch {
	case c.ProofKey == "":
		refuse(w, http.StatusNotFound, "this sandbox has no key to prove itself with")
		return
	case nonce == "" || len(nonce) > maxNonce:
		refuse(w, http.StatusBadRequest, "nonce: 1 to 128 characters")
		return
	}

	mac := hmac.New(sha256.New, []byte(c.ProofKey))
	mac.Write([]byte("upstash-connect sandbox\n" + nonce))
	writeJSON(w, http.StatusOK, map[string][]byte{"proof": mac.Sum(nil)})
}
