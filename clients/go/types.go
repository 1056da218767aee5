package connect

import "github.com/upstash-connect/bff/clients/go/internal/wire"

// The types of requests and responses, as openapi.yaml defines them. Their names are those of the contract: a "session"
// alone would be a browser's.
type (
	// ConnectSessionRequest opens a connect session. Only ExternalID is always required.
	ConnectSessionRequest = wire.ConnectSessionRequest //nolint:revive // the name of the contract
	// OpenedConnectSession has the URL to which you send the user's browser, and the token for your page.
	OpenedConnectSession = wire.OpenedConnectSession
	// ConnectSession is the state of a connect session.
	ConnectSession = wire.ConnectSession //nolint:revive // the name of the contract
	// Completion is the grant of a completed connect session, with the database that the user selected.
	Completion = wire.Completion
	// Grant is one user's permission for your service.
	Grant = wire.Grant
	// GrantChange narrows a grant. Fields that are zero stay as they are.
	GrantChange = wire.NarrowGrantRequest
	// Database is a database without its credentials.
	Database = wire.Database
	// CreateDatabaseRequest creates a database. Name and PrimaryRegion are required.
	CreateDatabaseRequest = wire.CreateDatabaseRequest
	// Credentials are the secrets of a database. Reading them is recorded in the user's activity.
	Credentials = wire.Credentials
	// Catalog lists operations, regions and plans.
	Catalog = wire.Catalog
	// Event is what happened to a grant.
	Event = wire.WebhookEvent
	// EventGrant is the grant of an event, without the user's e-mail and name.
	EventGrant = wire.WebhookGrant
	// FieldError is an invalid field of a request. Pointer is a JSON pointer (RFC 6901).
	FieldError = wire.FieldFault
)
