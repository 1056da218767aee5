// Package webhook reports to services what happened to their grants. The store writes an event to an outbox in the
// same transaction as the change. A Sender on any server delivers it at least once, for 72 h, as Standard Webhooks
// specifies:
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package webhook

import (
	"time"

	"github.com/upstash-connect/bff/internal/seal"
)

// Type is what happened. The names are part of the contract.
type Type string

// The types of events.
const (
	GrantCreated     Type = "grant.created"     // a connect session was completed
	GrantPaused      Type = "grant.paused"      // Upstash rejected the connection's key
	GrantRecovered   Type = "grant.recovered"   // the connection works again
	GrantRevoked     Type = "grant.revoked"     // by user, service, operator, disconnect or replacement
	DatabaseCreated  Type = "database.created"  // the service created a database, or an index, under the grant
	DatabaseSelected Type = "database.selected" // the user selected a database in a connect session
)

// Retention is how long an event is stored, and how long its delivery is retried.
const Retention = 72 * time.Hour

// Event is a stored event of one grant.
type Event struct {
	ID        string // evt_…; the same for every delivery
	Cursor    int64  // position among all events, increasing in the order of their commits for each grant
	ServiceID string
	GrantID   string
	Type      Type
	Sequence  int64 // 1, 2, … for each grant
	At        time.Time
	Payload   []byte // the JSON text that is signed and sent; it contains no secret, e-mail or display name
}

// State is the progress of an event's delivery.
type State string

// pending -> delivered or failed. Events from before a service had an endpoint are unsent.
const (
	Pending   State = "pending"
	Delivered State = "delivered"
	Failed    State = "failed" // not delivered within Retention; an operator can resend it
	Unsent    State = "unsent" // recorded only for bff listen
)

// States lists all states.
func States() []State { return []State{Pending, Delivered, Failed, Unsent} }

// Delivery is an event with the history of its delivery.
type Delivery struct {
	Event
	State       State
	Attempts    int
	NextAttempt time.Time // zero unless pending
	GiveUpAt    time.Time // the delivery fails if no attempt succeeds until then
	LastStatus  int       // HTTP status of the last attempt; 0: there was no response
	LastError   string    // why the last attempt failed, without any text of the receiver; empty: it did not
	DeliveredAt time.Time
}

// Endpoint is where a service receives its events. A service has at most one.
type Endpoint struct {
	ServiceID string
	URL       string
	Secrets   []SealedSecret // newest first; none for the built-in service, whose secrets are configured
	Failures  int            // consecutive attempts without any response
	RetryAt   time.Time      // no attempt before then; zero: at any time
}

// SealedSecret is a sealed whsec_ text. During a rotation an endpoint has two, and both sign.
type SealedSecret struct {
	ID        string
	Sealed    []byte
	ExpiresAt time.Time // zero: it does not expire
}

// Cell is where the secret is stored, as the sealing keyset needs it.
func (s SealedSecret) Cell() seal.Cell {
	return seal.Cell{Table: "webhook_secrets", Row: s.ID, Column: "sealed_secret"}
}
