package keys

import (
	"context"
	"time"
)

// Action names an audited action.
type Action string

// The audited actions.
const (
	ActionConnected           Action = "connected"
	ActionMinted              Action = "minted"
	ActionMintFailed          Action = "mint_failed"
	ActionDisconnected        Action = "disconnected"
	ActionStateChanged        Action = "state_changed"
	ActionCredentialsRevealed Action = "credentials_revealed"
	ActionDatabasePinged      Action = "database_pinged" // with a token of the database, which did not leave the server
	ActionDatabaseCreated     Action = "database_created"
	ActionResourceCreated     Action = "resource_created" // by an operation of the catalogue, which Detail names
	ActionResourceChanged     Action = "resource_changed"
	ActionResourceDeleted     Action = "resource_deleted"
	ActionAPICalled           Action = "api_called"  // bff api, on a desktop
	ActionToolCalled          Action = "tool_called" // bff mcp, on a desktop; Detail begins with the operation's name
	ActionBackedUp            Action = "backed_up"   // recorded only in the copy
	ActionRestored            Action = "restored"

	ActionServiceAdded    Action = "service_added"
	ActionServiceDisabled Action = "service_disabled"
	ActionTokenCreated    Action = "token_created"
	ActionTokenRotated    Action = "token_rotated"
	ActionTokenRevoked    Action = "token_revoked"
	ActionGrantApproved   Action = "grant_approved" // by the user; the service has not completed it yet
	ActionGrantRefused    Action = "grant_refused"
	ActionGrantFailed     Action = "grant_failed" // another end user, or a code of another session
	ActionGrantCreated    Action = "grant_created"
	ActionGrantNarrowed   Action = "grant_narrowed"
	ActionGrantRecovered  Action = "grant_recovered" // the user repaired the connection
	ActionGrantRevoked    Action = "grant_revoked"
	ActionUserErased      Action = "user_erased"
)

// Actions lists all actions.
func Actions() []Action {
	return []Action{
		ActionConnected, ActionMinted, ActionMintFailed, ActionDisconnected, ActionStateChanged,
		ActionCredentialsRevealed, ActionDatabasePinged, ActionDatabaseCreated, ActionResourceCreated,
		ActionResourceChanged, ActionResourceDeleted, ActionAPICalled, ActionToolCalled, ActionBackedUp, ActionRestored,
		ActionServiceAdded, ActionServiceDisabled, ActionTokenCreated, ActionTokenRotated, ActionTokenRevoked,
		ActionGrantApproved, ActionGrantRefused, ActionGrantFailed, ActionGrantCreated, ActionGrantNarrowed,
		ActionGrantRecovered, ActionGrantRevoked, ActionUserErased,
	}
}

// ActorKind is the kind of caller that caused an event.
type ActorKind string

// The kinds of actors.
const (
	ActorUser      ActorKind = "user"      // the account's own session or access token
	ActorService   ActorKind = "service"   // a service token; ID is the service's
	ActorOperator  ActorKind = "operator"  // a command of this program
	ActorServer    ActorKind = "server"    // no caller: the server acted on its own
	ActorAssistant ActorKind = "assistant" // a tool call of the user's assistant, on a desktop
)

// Actor identifies who caused an event, and by which request.
type Actor struct {
	Kind      ActorKind
	ID        string // the service's id; empty for other kinds
	GrantID   string // the grant that the service acted under
	RequestID string
	Address   string // the client's IP address, without the port
}

type actorKey struct{}

// WithActor sets the actor of this context. The store writes it into every audit event that names no actor of its own.
func WithActor(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorOf returns the actor of this context; the server itself when none was set.
func ActorOf(ctx context.Context) Actor {
	actor, ok := ctx.Value(actorKey{}).(Actor)
	if !ok {
		return Actor{Kind: ActorServer}
	}

	return actor
}

// Event is one line of the audit log. Detail names things (a key, a database, a state) and never contains a secret.
type Event struct {
	At           time.Time
	Action       Action
	ConnectionID string // empty: concerns no connection
	Detail       string
	Actor        Actor // zero: the context's actor

	// Set by the store, which merges events that repeat within an hour into one.
	Times  int64     // how often it happened; 0: once
	LastAt time.Time // when it last happened; zero: once
}

// EventFilter selects audit events. Its zero value selects all.
type EventFilter struct {
	Since        time.Time
	Action       Action
	ConnectionID string
	Last         int // return this many of the newest events, newest first; 0: all, oldest first
}
