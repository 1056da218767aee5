package idp

import "time"

// codeLife is how long a code may wait to be redeemed. RFC 6749 section 4.1.2 asks for ten minutes at most.
const codeLife = time.Minute

// grant is what an authorization code stands for. It is kept, marked used, until the code would have died, so that a
// replay can be told from a stray code.
type grant struct {
	clientID        string
	redirectURI     string
	challenge       string
	scope           string
	audience        string
	nonce           string
	subject         string
	authenticatedAt time.Time
	family          string // of the refresh tokens this code leads to
	used            bool
}
