package keys

import "time"

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
)

// Actions lists them all.
func Actions() []Action {
	return []Action{
		ActionConnected, ActionMinted, ActionMintFailed, ActionDisconnected, ActionStateChanged,
		ActionCredentialsRevealed, ActionDatabaseCreated, ActionBackedUp, ActionRestored,
	}
}

// Event is one line of the audit log. Detail names things (a key, a database, a state) and never holds a secret.
type Event struct {
	At           time.Time
	Action       Action
	ConnectionID string
	Detail       string
}

// EventFilter picks audit events. Its zero value picks all.
type EventFilter struct {
	Since  time.Time
	Action Action
}
