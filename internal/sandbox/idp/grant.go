package idp

import "time"

// codeLife is how long a code can be redeemed. RFC 6749 section 4.1.2 recommends ten minutes at most.
const codeLife = time.Minute

// grant is what an authorization code allows. A used grant stays, marked as used, until the code would have expired,
// so that a replayed code can be distinguished from an unknown one.
type grant struct {
	clientID        string
	redirectURI     string
	challenge       string
	scope           string
	audience        string
	nonce           string
	subject         string
	authenticatedAt time.Time
	family          string // of the refresh tokens issued for this code
	used            bool
}
