package keys

import (
	"context"
	"time"
)

// Action is what an audit event says was done.
type Action string

// The actions that are written down.
const (
	ActionConnected           Action = "connected"
	ActionMinted              Action = "minted"
	ActionMintFailed          Action = "mint_failed"
	ActionDisconnected        Action = "disconnected"
	ActionStateChanged        Action = "state_changed"
	ActionCredentialsRevealed Action = "credentials_revealed"
	ActionDatabaseCreated     Action = "database_created"
	ActionBackedUp            Action = "backed_up" // in the copy alone: what happened later is not in it
	ActionRestored            Action = "restored"

	ActionServiceAdded    Action = "service_added"
	ActionServiceDisabled Action = "service_disabled"
	ActionTokenCreated    Action = "token_created"
	ActionTokenRotated    Action = "token_rotated"
	ActionTokenRevoked    Action = "token_revoked"
	ActionGrantApproved   Action = "grant_approved" // by its user; the service has not completed it
	ActionGrantRefused    Action = "grant_refused"
	ActionGrantFailed     Action = "grant_failed" // another end user, or a foreign code
	ActionGrantCreated    Action = "grant_created"
	ActionGrantNarrowed   Action = "grant_narrowed"
	ActionGrantRecovered  Action = "grant_recovered" // its user repaired the connection
	ActionGrantRevoked    Action = "grant_revoked"
	ActionUserErased      Action = "user_erased"
)

// Actions lists them all.
func Actions() []Action {
	return []Action{
		ActionConnected, ActionMinted, ActionMintFailed, ActionDisconnected, ActionStateChanged,
		ActionCredentialsRevealed, ActionDatabaseCreated, ActionBackedUp, ActionRestored,
		ActionServiceAdded, ActionServiceDisabled, ActionTokenCreated, ActionTokenRotated, ActionTokenRevoked,
		ActionGrantApproved, ActionGrantRefused, ActionGrantFailed, ActionGrantCreated, ActionGrantNarrowed,
		ActionGrantRecovered, ActionGrantRevoked, ActionUserErased,
	}
}

// ActorKind is the kind of whoever caused an event.
type ActorKind string

// The kinds of actors.
const (
	ActorUser     ActorKind = "user"     // the account's own session or access token
	ActorService  ActorKind = "service"  // a service token; ID is the service's
	ActorOperator ActorKind = "operator" // a command of this program
	ActorServer   ActorKind = "server"   // nobody asked
)

// Actor is who caused an event, and by which request.
type Actor struct {
	Kind      ActorKind
	ID        string // of the service; empty for the others
	GrantID   string // that the service acted under
	RequestID string
	Address   string // of the client, without its port
}

type actorKey struct{}

// WithActor says who acts in this context. The store writes it into every audit event that names no actor itself.
func WithActor(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorOf is who acts in this context; the server itself when nobody was named.
func ActorOf(ctx context.Context) Actor {
	actor, ok := ctx.Value(actorKey{}).(Actor)
	if !ok {
		return Actor{Kind: ActorServer}
	}

	return actor
}

// Event is one line of the audit log. Detail names things (a key, a database, a state) and never holds a secret.
type Event struct {
	At           time.Time
	Action       Action
	ConnectionID string // empty: it concerns no connection
	Detail       string
	Actor        Actor // zero: the context's

	// What the store adds: an event that was repeated within an hour is one, with how often and when last.
	Times  int64     // 0: it happened once
	LastAt time.Time // zero: it happened once
}

// EventFilter picks audit events. Its zero value picks all.
type EventFilter struct {
	Since        time.Time
	Action       Action
	ConnectionID string
	Last         int // only so many of the newest, newest first; 0: all, oldest first
}
