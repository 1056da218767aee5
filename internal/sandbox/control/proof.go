package control

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
)

const maxNonce = 128 // characters

// proof proves to a caller who knows the key that this sandbox has it, and is not a program that got its port later.
// The proof is the HMAC-SHA256 of its purpose and the caller's nonce. It reveals nothing about the key.
func (c *Control) proof(w http.ResponseWriter, r *http.Request) {
	nonce := r.URL.Query().Get("nonce")

	switch {
	case c.ProofKey == "":
		refuse(w, http.StatusNotFound, "this sandbox has no proof key")
		return
	case nonce == "" || len(nonce) > maxNonce:
		refuse(w, http.StatusBadRequest, "nonce: 1 to 128 characters")
		return
	}

	mac := hmac.New(sha256.New, []byte(c.ProofKey))
	mac.Write([]byte("upstash-connect sandbox\n" + nonce))
	writeJSON(w, http.StatusOK, map[string][]byte{"proof": mac.Sum(nil)})
}
