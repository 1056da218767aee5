package keys

import (
	"slices"
	"time"

	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/problem"
)

// Account identifies an Upstash account by the issuer and the issuer's subject id, never by e-mail.
type Account struct{ Issuer, Subject string }

// Caller identifies the account to rate limits, whether it authenticates with a cookie or a token.
func (a Account) Caller() limit.Caller { return limit.NewCaller("account", a.Issuer, a.Subject) }

// State is the state of a connection.
type State string

// pending -> active -> suspect -> active or reconnect_required; disconnected.
const (
	Pending           State = "pending"            // known, no key yet
	Active            State = "active"             // the key is believed to work
	Suspect           State = "suspect"            // upstream rejected the key once
	ReconnectRequired State = "reconnect_required" // upstream rejected it again: a new login is needed
	Disconnected      State = "disconnected"       // our copy of the key is destroyed
)

// States lists all states.
func States() []State { return []State{Pending, Active, Suspect, ReconnectRequired, Disconnected} }

// Connection is our one record per account. SealedKey can be decrypted only for this connection's row.
type Connection struct {
	ID             string
	Account        Account
	Email          string
	State          State
	KeyName        string
	SealedKey      []byte
	ConnectedAt    time.Time // zero while pending
	DisconnectedAt time.Time // of the last disconnect; zero when there was none
	LeaseHeld      bool      // a mint is in progress
	Epoch          int64     // number of disconnects so far; a grant belongs to one epoch
	EndedGrants    int       // number of grants that the disconnect ended; set only by Disconnect
	Intents        []Intent  // every key name sent upstream for this account, unless known to be deleted
}

// Intent is one key name that was sent upstream, or was about to be.
type Intent struct {
	ID           string
	ConnectionID string
	Name         string
	State        IntentState
	Fence        int64
	CreatedAt    time.Time
}

// IntentState is the outcome of an intent.
type IntentState string

// What became of a key name.
const (
	IntentOpen IntentState = "open" // committed; the call is in progress, or its process died
	// the call's outcome is unknown; the next mint settles it by sending the same name
	IntentUncertain   IntentState = "uncertain"
	IntentLive        IntentState = "live"        // its key is stored
	IntentRefused     IntentState = "refused"     // upstream made no key
	IntentLeftBehind  IntentState = "left_behind" // a key with this name exists upstream and we have no copy
	IntentUnconfirmed IntentState = "unconfirmed" // its key stopped working and may still exist upstream
)

// IntentStates lists all intent states.
func IntentStates() []IntentState {
	return []IntentState{IntentOpen, IntentUncertain, IntentLive, IntentRefused, IntentLeftBehind, IntentUnconfirmed}
}

// StoredKey is the input of StoreKey.
type StoredKey struct {
	ConnectionID string
	IntentID     string
	Fence        int64
	Email        string
	Name         string
	Sealed       []byte
	At           time.Time
	Events       []Event // audit events committed with the key
}

// Leftovers lists the keys that exist, or may exist, upstream without a copy here, oldest first.
func (c Connection) Leftovers() []problem.Leftover {
	leftovers := []problem.Leftover{}
	for _, intent := range c.Intents {
		switch intent.State {
		case IntentLeftBehind:
			leftovers = append(leftovers, problem.Leftover{Name: intent.Name, Certain: true, Since: intent.CreatedAt})
		case IntentUncertain, IntentUnconfirmed:
			leftovers = append(leftovers, problem.Leftover{Name: intent.Name, Since: intent.CreatedAt})
		case IntentOpen:
			// The mint is in progress while its lease is held. Afterwards, its process died during the call.
			if !c.LeaseHeld {
				leftovers = append(leftovers, problem.Leftover{Name: intent.Name, Since: intent.CreatedAt})
			}
		case IntentLive, IntentRefused:
		}
	}

	return leftovers
}

func (c Connection) hasKey() bool { return len(c.SealedKey) > 0 }

// Usable returns nil when the connection has a key that upstream has not finally rejected, else ErrReconnectRequired
// or ErrConnectRequired.
func (c Connection) Usable() error {
	switch {
	case c.State == ReconnectRequired:
		return ErrReconnectRequired
	case !c.hasKey():
		return ErrConnectRequired
	}

	return nil
}

// hasLiveIntent reports whether this intent's key is the stored one.
func (c Connection) hasLiveIntent(intentID string) bool {
	return slices.ContainsFunc(c.Intents, func(i Intent) bool { return i.ID == intentID && i.State == IntentLive })
}

// unsettled returns the intents whose outcome is unknown, oldest first.
func (c Connection) unsettled() []Intent {
	var open []Intent
	for _, intent := range c.Intents {
		if intent.State == IntentOpen || intent.State == IntentUncertain {
			open = append(open, intent)
		}
	}

	return open
}
