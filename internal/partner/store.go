package partner

import (
	"context"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// BuiltInID is the id of the operator's own service, which the configuration makes.
const BuiltInID = "self"

// Service is a partner's backend that is registered here.
type Service struct {
	ID         string // "self", or chosen by the operator: ^[a-z][a-z0-9-]{0,31}$
	Name       string // as users read it
	Policy     Policy
	ReturnURLs []string
	CreatedAt  time.Time
	DisabledAt time.Time // zero: it may act
}

// Token is what is kept of a service token.
type Token struct {
	ID         string
	ServiceID  string
	Hash       [hashBytes]byte // SHA-256 of the whole token
	Scopes     []string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // to the minute; zero: never
	RevokedAt  time.Time // zero: not revoked
}

// MaxOpenSessions is how many connect sessions one end user of a service has. One more ends the oldest, unless its user has
// allowed something: then it stays for its day.
const MaxOpenSessions = 32

// MaxAllowedSessions is how many connect sessions of one end user of a service are kept for their day because the user has
// allowed something. Then none can be opened before the oldest is forgotten. MaxEndedGrants is how many grants that ended
// are listed of one end user: the oldest are forgotten.
const (
	MaxAllowedSessions = 128
	MaxEndedGrants     = 32
)

// SessionState is how far a connect session has come.
type SessionState string

// open -> authenticating -> consenting -> awaiting_completion -> completed; refused, expired and failed end it.
const (
	SessionOpen               SessionState = "open"                // nobody has opened the invitation
	SessionAuthenticating     SessionState = "authenticating"      // a browser has
	SessionConsenting         SessionState = "consenting"          // its user has chosen an Upstash account
	SessionAwaitingCompletion SessionState = "awaiting_completion" // the user allowed it; the service holds a code
	SessionCompleted          SessionState = "completed"
	SessionRefused            SessionState = "refused" // by the user
	SessionExpired            SessionState = "expired"
	SessionFailed             SessionState = "failed" // another external id, or a foreign code
)

// ConnectSession is one invitation for one end user. Of every secret only the SHA-256 is kept.
type ConnectSession struct {
	ID          string
	ServiceID   string
	ExternalID  string
	DisplayName string
	LoginHint   string
	ReturnURL   string
	ReconnectID string // of the grant whose connection is to be repaired; empty: a new grant
	Asked       Policy // what the service asks for
	CreatedAt   time.Time
	ExpiresAt   time.Time

	InvitationHash []byte // unique
	StatusHash     []byte

	// What follows changes with the state.
	State           SessionState
	TransactionHash []byte // of the cookie of the browser that opened the invitation; unique
	ConnectionID    string // of the account that the user chose
	Epoch           int64  // of that connection then
	Consent         Policy // what the user allowed
	CodeHash        []byte
	CodeUntil       time.Time
	GrantID         string // once completed
}

// SessionKey picks one connect session: by id, and by service where that is not empty; or by one of its secrets.
type SessionKey struct {
	ID, ServiceID               string
	InvitationHash, Transaction []byte
}

// Grant is one service's permission to use one connection for one end user.
type Grant struct {
	ID           string
	ServiceID    string
	ExternalID   string
	DisplayName  string
	ConnectionID string
	Epoch        int64  // of the connection that it belongs to: a disconnect ends it for good
	Asked        Policy // by the service, which may narrow it
	Consent      Policy // of the user, who may narrow it
	CreatedAt    time.Time
	RevokedAt    time.Time
	RevokedBy    string    // user, service, operator, disconnect or replaced
	LastUsedAt   time.Time // to the minute
	LastUsedFor  string    // the scope

	// Read along, and never written.
	Service         Service
	Account         keys.Account
	Email           string
	ConnectionState keys.State
	CurrentEpoch    int64
	DatabaseIDs     []string // created or selected, oldest first; only of GrantByID and Grants
}

// GrantFilter picks grants; empty fields pick all.
type GrantFilter struct {
	ID, ServiceID, ExternalID, ConnectionID string
	Email                                   string // of the connection
	Standing                                bool   // only those that are not revoked and of the connection's epoch
}

// Store keeps services, tokens, connect sessions and grants. Every method is one transaction.
type Store interface {
	// PutService inserts a service, or replaces name, policy and return URLs of the one with this id. What DisabledAt
	// says of a stored one stays.
	PutService(ctx context.Context, service Service) error
	// InsertService returns ErrServiceExists when the id or the name is taken.
	InsertService(ctx context.Context, service Service, event keys.Event) error
	// Services lists them by id.
	Services(ctx context.Context) ([]Service, error)
	// FindService returns ErrServiceNotFound.
	FindService(ctx context.Context, id string) (Service, error)
	// DisableService returns ErrServiceNotFound; one that is disabled stays so since then.
	DisableService(ctx context.Context, id string, at time.Time, event keys.Event) error

	// InsertToken returns ErrServiceNotFound for an unknown service.
	InsertToken(ctx context.Context, token Token, event keys.Event) error
	// Tokens lists the tokens of a service (of all where it is empty), oldest first.
	Tokens(ctx context.Context, serviceID string) ([]Token, error)
	// FindToken returns a token and its service by one query; ErrInvalidToken when there is none.
	FindToken(ctx context.Context, id string) (Token, Service, error)
	// TouchToken sets when it was last used.
	TouchToken(ctx context.Context, id string, at time.Time) error
	// EndToken makes a token expire at until, unless it expires sooner. With revoke, it is revoked at until as well,
	// unless it was before. ErrTokenNotFound.
	EndToken(ctx context.Context, id string, until time.Time, revoke bool, event keys.Event) error

	// InsertConnectSession forgets what its end user has beyond MaxOpenSessions. ErrServiceNotFound, and *SessionLimitError
	// for an end user who has MaxAllowedSessions.
	InsertConnectSession(ctx context.Context, session ConnectSession) error
	// FindConnectSession returns it and its service by one query; ErrSessionNotFound.
	FindConnectSession(ctx context.Context, key SessionKey) (ConnectSession, Service, error)
	// MoveConnectSession writes what changes with the state, if the stored state is one of from. The event is written
	// with it, unless it has no action.
	MoveConnectSession(
		ctx context.Context, session ConnectSession, event keys.Event, from ...SessionState,
	) (moved bool, err error)
	// CompleteConnectSession moves the session from awaiting_completion to completed and makes its grant, in one
	// transaction, in which the connection is still of session.Epoch and not disconnected (else ErrGrantRequired) and
	// the session's code is still unused (else ErrCodeUsed).
	//
	// A standing grant of this service and external id on the same connection and epoch keeps its id, its databases and
	// when it was made, and takes over Asked, Consent and DisplayName. One on another connection is revoked
	// ("replaced"), and grant is inserted. With session.ReconnectID set nothing of the grant changes: it must stand,
	// else ErrGrantRequired.
	CompleteConnectSession(
		ctx context.Context, session ConnectSession, grant Grant, event keys.Event,
	) (grantID string, err error)

	// StandingGrant returns the standing grant by (service, id) or by (service, external id), with service and
	// connection by one query and without DatabaseIDs; ErrGrantRequired when there is none.
	StandingGrant(ctx context.Context, serviceID, id, externalID string) (Grant, error)
	// Grants lists them, newest first, revoked ones among them unless the filter says otherwise.
	Grants(ctx context.Context, filter GrantFilter) ([]Grant, error)
	// NarrowGrant lets narrow change Asked and Consent of the standing grant that the filter picks, while nobody else
	// can. narrow may be called again. The event says which fields changed; where none did, nothing is written. When it
	// is not the service that narrows, what its user allowed anew and it has not completed ends too. ErrGrantNotFound.
	NarrowGrant(
		ctx context.Context, filter GrantFilter, event keys.Event, narrow func(*Grant) error,
	) (Grant, error)
	// RevokeGrants revokes the standing grants that the filter picks, writes event once for each, with its GrantID and
	// ConnectionID, and returns how many there were. Unless a service gives them back, connect sessions within the
	// filter that await completion end too.
	RevokeGrants(ctx context.Context, filter GrantFilter, by string, event keys.Event) (int, error)
	// TouchGrant sets what the grant was last used for, and when.
	TouchGrant(ctx context.Context, id, scope string, at time.Time) error

	// GrantDatabases lists the databases that the grant covers: those created under it, and those selected.
	GrantDatabases(ctx context.Context, grantID string) ([]GrantDatabase, error)

	// Events calls each with every audit event that the filter picks.
	Events(ctx context.Context, filter keys.EventFilter, each func(keys.Event) error) error
	// EraseConnection deletes a connection with all that hangs on it, and blanks what its audit events say beyond
	// action, time and its random id. keys.ErrNotFound.
	EraseConnection(ctx context.Context, connectionID string, event keys.Event) error
	// ConnectionsOf finds the connections of an e-mail, or the one of a connection id.
	ConnectionsOf(ctx context.Context, emailOrID string) ([]keys.Connection, error)
}

// GrantDatabase is a database that a grant covers.
type GrantDatabase struct {
	ID       string
	Selected bool  // by the user; else created under the grant
	Budget   int64 // of its create; 0: none was given
}
