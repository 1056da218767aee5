package keys

import (
	"slices"
	"time"

	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/problem"
)

// Account is an Upstash account: the issuer's and its identifier of the user, never the e-mail.
type Account struct{ Issuer, Subject string }

// Caller is the account as limits know it, whether it comes with a cookie or a token.
func (a Account) Caller() limit.Caller { return limit.NewCaller("account", a.Issuer, a.Subject) }

// State of a connection.
type State string

// pending -> active -> suspect -> active or reconnect_required; disconnected.
const (
	Pending           State = "pending"            // known, no key yet
	Active            State = "active"             // the key works as far as we know
	Suspect           State = "suspect"            // upstream refused the key once
	ReconnectRequired State = "reconnect_required" // upstream refused it again: a new login is needed
	Disconnected      State = "disconnected"       // our copy of the key is destroyed
)

// States lists them all.
func States() []State { return []State{Pending, Active, Suspect, ReconnectRequired, Disconnected} }

// Connection is our one record per account. SealedKey opens only at this connection's place.
type Connection struct {
	ID             string
	Account        Account
	Email          string
	State          State
	KeyName        string
	SealedKey      []byte
	ConnectedAt    time.Time // zero while pending
	DisconnectedAt time.Time // of the last disconnect; zero when there was none
	LeaseHeld      bool      // whether a mint is under way
	Epoch          int64     // how often it was disconnected: a grant belongs to one epoch
	EndedGrants    int       // how many grants its disconnect ended; only in Disconnect's answer
	Intents        []Intent  // every key name ever sent upstream for this account that is not known to be gone
}

// Intent is one key name that was, or was about to be, sent upstream.
type Intent struct {
	ID           string
	ConnectionID string
	Name         string
	State        IntentState
	Fence        int64
	CreatedAt    time.Time
}

// IntentState says what became of a key name.
type IntentState string

// What became of a key name.
const (
	IntentOpen IntentState = "open" // committed; the call may be under way, or its process died
	// the call's outcome is unknown: settled by its own name at the next mint
	IntentUncertain   IntentState = "uncertain"
	IntentLive        IntentState = "live"        // its key is the one stored
	IntentRefused     IntentState = "refused"     // upstream made no key
	IntentLeftBehind  IntentState = "left_behind" // a key of this name is upstream and nobody here holds it
	IntentUnconfirmed IntentState = "unconfirmed" // its key stopped working; whether it was deleted cannot be known
)

// IntentStates lists them all.
func IntentStates() []IntentState {
	return []IntentState{IntentOpen, IntentUncertain, IntentLive, IntentRefused, IntentLeftBehind, IntentUnconfirmed}
}

// StoredKey is what StoreKey commits.
type StoredKey struct {
	ConnectionID string
	IntentID     string
	Fence        int64
	Email        string
	Name         string
	Sealed       []byte
	At           time.Time
	Events       []Event // that say so in the audit log
}

// Leftovers lists them, oldest first.
func (c Connection) Leftovers() []problem.Leftover {
	leftovers := []problem.Leftover{}
	for _, intent := range c.Intents {
		switch intent.State {
		case IntentLeftBehind:
			leftovers = append(leftovers, problem.Leftover{Name: intent.Name, Certain: true, Since: intent.CreatedAt})
		case IntentUncertain, IntentUnconfirmed:
			leftovers = append(leftovers, problem.Leftover{Name: intent.Name, Since: intent.CreatedAt})
		case IntentOpen:
			// Under way while its lease is held; after that, its process died inside the call.
			if !c.LeaseHeld {
				leftovers = append(leftovers, problem.Leftover{Name: intent.Name, Since: intent.CreatedAt})
			}
		case IntentLive, IntentRefused:
		}
	}

	return leftovers
}

func (c Connection) hasKey() bool { return len(c.SealedKey) > 0 }

// Usable is nil for a connection with a key that upstream has not refused for good; ErrReconnectRequired or
// ErrConnectRequired for any other.
func (c Connection) Usable() error {
	switch {
	case c.State == ReconnectRequired:
		return ErrReconnectRequired
	case !c.hasKey():
		return ErrConnectRequired
	}

	return nil
}

// hasLiveIntent reports whether the intent's key is the one stored.
func (c Connection) hasLiveIntent(intentID string) bool {
	return slices.ContainsFunc(c.Intents, func(i Intent) bool { return i.ID == intentID && i.State == IntentLive })
}

// unsettled are the intents whose outcome is not known, oldest first.
func (c Connection) unsettled() []Intent {
	var open []Intent
	for _, intent := range c.Intents {
		if intent.State == IntentOpen || intent.State == IntentUncertain {
			open = append(open, intent)
		}
	}

	return open
}
