package partner

import (
	"context"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// BuiltInID is the id of the operator's own service, which comes from the configuration.
const BuiltInID = "self"

// Service is a registered backend of a partner.
type Service struct {
	ID         string // "self", or chosen by the operator: ^[a-z][a-z0-9-]{0,31}$
	Name       string // shown to users
	Policy     Policy
	ReturnURLs []string
	CreatedAt  time.Time
	DisabledAt time.Time // zero: enabled
}

// Token is the stored part of a service token.
type Token struct {
	ID         string
	ServiceID  string
	Hash       [hashBytes]byte // SHA-256 of the complete token
	Scopes     []string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // to the minute; zero: never
	RevokedAt  time.Time // zero: not revoked
}

// MaxOpenSessions limits the connect sessions of one end user of a service. A further one deletes the oldest, unless
// its user has approved it: an approved session is stored for a day.
const MaxOpenSessions = 32

// MaxAllowedSessions limits the connect sessions of one end user of a service that are stored for a day because the
// user approved them. At the limit, none can be opened until the oldest is deleted. MaxEndedGrants limits the ended
// grants that are listed for one end user: the oldest are deleted.
const (
	MaxAllowedSessions = 128
	MaxEndedGrants     = 32
)

// SessionState is the progress of a connect session.
type SessionState string

// open -> authenticating -> consenting -> awaiting_completion -> completed; refused, expired and failed end it.
const (
	SessionOpen               SessionState = "open"                // nobody has opened the invitation
	SessionAuthenticating     SessionState = "authenticating"      // a browser has opened the invitation
	SessionConsenting         SessionState = "consenting"          // the user has chosen an Upstash account
	SessionAwaitingCompletion SessionState = "awaiting_completion" // the user approved; the service gets a code
	SessionCompleted          SessionState = "completed"
	SessionRefused            SessionState = "refused" // by the user
	SessionExpired            SessionState = "expired"
	SessionFailed             SessionState = "failed" // another external id, or a code of another session
)

// ConnectSession is one invitation for one end user. Only the SHA-256 hashes of its secrets are stored.
type ConnectSession struct {
	ID          string
	ServiceID   string
	ExternalID  string
	DisplayName string
	LoginHint   string
	ReturnURL   string
	ReconnectID string // grant whose connection the user should repair; empty: a new grant
	Asked       Policy // what the service requests
	Select      string // SelectDatabase: the user also selects a database; empty: nothing
	CreatedAt   time.Time
	ExpiresAt   time.Time

	InvitationHash []byte // unique
	StatusHash     []byte

	// The fields below change with the state.
	State           SessionState
	TransactionHash []byte // hash of the cookie of the browser that opened the invitation; unique
	ConnectionID    string // connection of the account that the user chose
	Epoch           int64  // epoch of the connection at that time
	Consent         Policy // what the user allowed
	CodeHash        []byte
	CodeUntil       time.Time
	GrantID         string    // set when completed
	DatabaseID      string    // database that the user selected; set when the user approved
	LeftAt          time.Time // when the browser reported that the user closed the page; zero: the page is open
}

// SessionKey selects one connect session: by id, and by service if that is not empty; or by one of its secrets.
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
	Epoch        int64  // epoch of its connection: a disconnect ends the grant permanently
	Asked        Policy // what the service requested and may narrow
	Consent      Policy // what the user allowed and may narrow
	CreatedAt    time.Time
	RevokedAt    time.Time
	RevokedBy    string    // user, service, operator, disconnect or replaced
	LastUsedAt   time.Time // to the minute
	LastUsedFor  string    // the scope

	// Read with the grant, never written.
	Service         Service
	Account         keys.Account
	Email           string
	ConnectionState keys.State
	CurrentEpoch    int64
	DatabaseIDs     []string // created or selected, oldest first; set only by Grants
}

// GrantFilter selects grants; empty fields match all.
type GrantFilter struct {
	ID, ServiceID, ExternalID, ConnectionID string
	Email                                   string // e-mail of the connection
	Active                                  bool   // only active grants: not revoked, and of the current epoch
}

// Store stores services, tokens, connect sessions and grants. Every method is one transaction.
type Store interface {
	// PutService inserts a service, or replaces the name, policy and return URLs of the one with this id. A stored
	// DisabledAt does not change.
	PutService(ctx context.Context, service Service) error
	// InsertService returns ErrServiceExists when the id or the name exists.
	InsertService(ctx context.Context, service Service, event keys.Event) error
	// Services lists all services by id.
	Services(ctx context.Context) ([]Service, error)
	// FindService returns ErrServiceNotFound.
	FindService(ctx context.Context, id string) (Service, error)
	// DisableService returns ErrServiceNotFound; a disabled service keeps its earlier date.
	DisableService(ctx context.Context, id string, at time.Time, event keys.Event) error

	// InsertToken returns ErrServiceNotFound for an unknown service.
	InsertToken(ctx context.Context, token Token, event keys.Event) error
	// Tokens lists the tokens of a service, oldest first, or of all services if serviceID is empty.
	Tokens(ctx context.Context, serviceID string) ([]Token, error)
	// FindToken returns a token and its service with one query; ErrInvalidToken when there is none.
	FindToken(ctx context.Context, id string) (Token, Service, error)
	// RecordTokenUse sets when the token was last used.
	RecordTokenUse(ctx context.Context, id string, at time.Time) error
	// EndToken makes a token expire at until, unless it expires earlier. With revoke, it is also marked as revoked at
	// until, unless it was already. ErrTokenNotFound.
	EndToken(ctx context.Context, id string, until time.Time, revoke bool, event keys.Event) error

	// InsertConnectSession inserts a session and deletes the end user's sessions beyond MaxOpenSessions.
	// ErrServiceNotFound, and *SessionLimitError for an end user who has MaxAllowedSessions.
	InsertConnectSession(ctx context.Context, session ConnectSession) error
	// FindConnectSession returns a session and its service with one query; ErrSessionNotFound.
	FindConnectSession(ctx context.Context, key SessionKey) (ConnectSession, Service, error)
	// MoveConnectSession writes the fields that change with the state, if the stored state is one of from. The event
	// is written in the same transaction, unless it has no action.
	MoveConnectSession(
		ctx context.Context, session ConnectSession, event keys.Event, from ...SessionState,
	) (moved bool, err error)
	// RecordDeparture sets LeftAt of a session that the user has not decided; zero clears it.
	RecordDeparture(ctx context.Context, id string, at time.Time) error
	// CompleteConnectSession moves the session from awaiting_completion to completed and creates its grant in one
	// transaction. In it, the connection must still have session.Epoch and not be disconnected (else
	// ErrGrantRequired), and the session's code must be unused (else ErrCodeUsed).
	//
	// An active grant of this service and external id on the same connection and epoch keeps its id, its databases and
	// its creation time, and takes over Asked, Consent and DisplayName. One on another connection is revoked
	// ("replaced"), and the new grant is inserted. With session.ReconnectID set, the grant does not change: it must be
	// active, else ErrGrantRequired.
	//
	// A selected database is added to the grant in the same transaction. If the service created it earlier, it is both.
	CompleteConnectSession(
		ctx context.Context, session ConnectSession, grant Grant, event keys.Event,
	) (grantID string, err error)

	// ActiveGrant returns the active grant by (service, id) or by (service, external id), with service and
	// connection, in one query and without DatabaseIDs; ErrGrantRequired when there is none.
	ActiveGrant(ctx context.Context, serviceID, id, externalID string) (Grant, error)
	// Grants lists grants, newest first, including revoked ones unless the filter excludes them.
	Grants(ctx context.Context, filter GrantFilter) ([]Grant, error)
	// NarrowGrant calls narrow to change Asked and Consent of the selected active grant, which is locked meanwhile.
	// narrow may be called again. The event names the changed fields; without a change, nothing is written. When the
	// user narrows, an approved connect session that is not completed yet ends too. ErrGrantNotFound.
	NarrowGrant(
		ctx context.Context, filter GrantFilter, event keys.Event, narrow func(*Grant) error,
	) (Grant, error)
	// RevokeGrants revokes the selected active grants, writes event once for each, with its GrantID and ConnectionID,
	// and returns their number, also with an error. Unless a service revokes them, connect sessions in the filter that
	// await completion end too.
	RevokeGrants(ctx context.Context, filter GrantFilter, by string, event keys.Event) (int, error)
	// RecordGrantUse sets when, and for what, the grant was last used.
	RecordGrantUse(ctx context.Context, id, scope string, at time.Time) error

	// GrantDatabases lists the databases that the grant covers: created under it, or selected by the user.
	GrantDatabases(ctx context.Context, grantID string) ([]GrantDatabase, error)

	// Events calls each with every audit event that matches the filter.
	Events(ctx context.Context, filter keys.EventFilter, each func(keys.Event) error) error
	// EraseConnection deletes a connection with all related data, and blanks its audit events except action, time and
	// random id. keys.ErrNotFound.
	EraseConnection(ctx context.Context, connectionID string, event keys.Event) error
	// ConnectionsOf finds the connections of an e-mail, or the connection with an id.
	ConnectionsOf(ctx context.Context, emailOrID string) ([]keys.Connection, error)
}

// GrantDatabase is a database that a grant covers.
type GrantDatabase struct {
	ID       string
	Selected bool  // selected by the user
	Created  bool  // created under the grant: it counts against the grant's limits
	Budget   int64 // budget of its create; 0: none
}
