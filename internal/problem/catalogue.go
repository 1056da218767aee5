package problem

import (
	"net/http"
	"slices"
)

// Row is the catalogue's entry for one code.
type Row struct {
	Code   Code
	Status int    // the HTTP status; 0 for a code that only desktop commands use
	Exit   int    // the exit code of a command that fails with it
	Label  string // the metric label of a mint or a create that ends with it
	Retry  Retry  // whether the same call can succeed later
	Title  string // the same for every problem of the code (RFC 9457 section 3.1.3)
}

// The exit codes of commands.
const (
	ExitFailed       = 1
	ExitUsage        = 2 // invalid flags, arguments, values or settings
	ExitConnect      = 3 // no account is connected, or it must reconnect
	ExitUncertain    = 4 // sent, but the outcome is unknown
	ExitDenied       = 10
	ExitWrongState   = 11
	ExitPortInUse    = 12
	ExitProvider     = 13
	ExitNoEmail      = 14
	ExitKeyLimit     = 15
	ExitTimedOut     = 16
	ExitOtherAccount = 17
	ExitInterrupted  = 130 // as shells report SIGINT
)

// Retry reports whether the same call can succeed later.
type Retry bool

// Whether the same call can succeed later. Errors of a Final code have no RetryAfter.
const (
	Final Retry = false // only after the caller, the user or the operator changes something
	Later Retry = true  // after a while, without changes
)

// The metric labels. Several codes share one: metrics count the outcome of a call, not its cause.
const (
	LabelBusy         = "busy"
	LabelFailed       = "failed"
	LabelInvalid      = "invalid"
	LabelKeyLimit     = "key_limit"
	LabelQuota        = "limit"
	LabelRateLimited  = "limited"
	LabelNoKey        = "no_key"
	LabelNotSent      = "not_sent"
	LabelAccountType  = "account_type"
	LabelOvertaken    = "overtaken"
	LabelRefused      = "refused"
	LabelTokenRefused = "token_refused"
	LabelUncertain    = "uncertain"
)

// Catalogue lists everything that can go wrong: one row per code, by status, with those of desktop commands last. The
// API, commands and metrics read it. Tests compare docs/integrate/problems.md, docs/integrate/native.md and the page's
// texts with it.
func Catalogue() []Row { return slices.Clone(catalogue) }

// Rows are positional to keep the table readable: code, status, exit code, label, retry, title.
var catalogue = []Row{
	{InvalidRequest, http.StatusBadRequest, ExitFailed, LabelFailed, Final, "Invalid request"},
	{InvalidJSON, http.StatusBadRequest, ExitFailed, LabelFailed, Final, "The body is not a valid JSON object"},
	{UnknownField, http.StatusBadRequest, ExitFailed, LabelFailed, Final, "Unknown field in the body"},
	{
		IdempotencyKeyInvalid,
		http.StatusBadRequest,
		ExitUsage,
		LabelFailed,
		Final,
		"Invalid Idempotency-Key",
	},
	{
		IdempotencyKeyMissing,
		http.StatusBadRequest,
		ExitUsage,
		LabelInvalid,
		Final,
		"Idempotency-Key required",
	},
	{AuthenticationRequired, http.StatusUnauthorized, ExitFailed, LabelFailed, Final, "Authentication required"},
	{InvalidToken, http.StatusUnauthorized, ExitProvider, LabelFailed, Final, "Invalid token"},
	{SessionExpired, http.StatusUnauthorized, ExitFailed, LabelFailed, Final, "Session expired"},
	{TokenTooOld, http.StatusUnauthorized, ExitFailed, LabelFailed, Final, "The login is too old"},
	{FreshLoginRequired, http.StatusUnauthorized, ExitFailed, LabelFailed, Final, "Recent login required"},
	{CSRF, http.StatusForbidden, ExitFailed, LabelFailed, Final, "Cross-site request rejected"},
	{
		ClientNotAllowed,
		http.StatusForbidden,
		ExitProvider,
		LabelFailed,
		Final,
		"The token belongs to another application",
	},
	{InsufficientScope, http.StatusForbidden, ExitFailed, LabelRefused, Final, "Insufficient scope"},
	{
		TransactionMismatch,
		http.StatusForbidden,
		ExitFailed,
		LabelFailed,
		Final,
		"Another user finished the connect session",
	},
	{UpstreamForbidden, http.StatusForbidden, ExitFailed, LabelRefused, Final, "Upstash denied the call"},
	{
		CredentialsDisabled,
		http.StatusForbidden,
		ExitFailed,
		LabelFailed,
		Final,
		"Credentials are disabled on this installation",
	},
	{
		OperationDisabled,
		http.StatusForbidden,
		ExitFailed,
		LabelFailed,
		Final,
		"The operation is disabled on this installation",
	},
	{NotFound, http.StatusNotFound, ExitFailed, LabelFailed, Final, "Not found"},
	{NotConnected, http.StatusNotFound, ExitConnect, LabelFailed, Final, "The account was never connected"},
	{DatabaseNotFound, http.StatusNotFound, ExitFailed, LabelFailed, Final, "Database not found"},
	{ResourceNotFound, http.StatusNotFound, ExitFailed, LabelFailed, Final, "Resource not found"},
	{MethodNotAllowed, http.StatusMethodNotAllowed, ExitFailed, LabelFailed, Final, "Method not allowed"},
	{ConnectRequired, http.StatusConflict, ExitConnect, LabelNoKey, Final, "Connect the account first"},
	{ReconnectRequired, http.StatusConflict, ExitConnect, LabelNoKey, Final, "Reconnect the account"},
	{ConnectInProgress, http.StatusConflict, ExitFailed, LabelFailed, Later, "The account is already being connected"},
	{
		UpstashKeyLimit,
		http.StatusConflict,
		ExitKeyLimit,
		LabelKeyLimit,
		Final,
		"Developer key limit reached",
	},
	{
		AccountMismatch,
		http.StatusConflict,
		ExitFailed,
		LabelFailed,
		Final,
		"Another account is connected in this browser",
	},
	{
		TokenAlreadyUsed,
		http.StatusConflict,
		ExitFailed,
		LabelFailed,
		Final,
		"The login is older than the last disconnect",
	},
	{DatabaseLimit, http.StatusConflict, ExitFailed, LabelQuota, Final, "Database limit reached"},
	{CreateInProgress, http.StatusConflict, ExitFailed, LabelBusy, Later, "A create is already in progress"},
	{CodeUsed, http.StatusConflict, ExitFailed, LabelFailed, Final, "The code has already been used"},
	{GrantRequired, http.StatusConflict, ExitConnect, LabelNoKey, Final, "The user has not granted access"},
	{GrantPaused, http.StatusConflict, ExitConnect, LabelNoKey, Final, "The grant is paused"},
	{InvitationExpired, http.StatusGone, ExitFailed, LabelFailed, Final, "The invitation has expired"},
	{BodyTooLarge, http.StatusRequestEntityTooLarge, ExitFailed, LabelFailed, Final, "The body is too large"},
	{UnsupportedMediaType, http.StatusUnsupportedMediaType, ExitFailed, LabelFailed, Final, "The body must be JSON"},
	{
		MisdirectedRequest,
		http.StatusMisdirectedRequest,
		ExitFailed,
		LabelFailed,
		Final,
		"Wrong host for this server",
	},
	{ValidationFailed, http.StatusUnprocessableEntity, ExitUsage, LabelInvalid, Final, "Some fields are invalid"},
	{NotAllowed, http.StatusUnprocessableEntity, ExitUsage, LabelInvalid, Final, "Not allowed on this installation"},
	{GrantLimit, http.StatusUnprocessableEntity, ExitFailed, LabelQuota, Final, "The grant does not allow this"},
	{
		ConfirmationMismatch,
		http.StatusUnprocessableEntity,
		ExitUsage,
		LabelInvalid,
		Final,
		"The name does not match the resource",
	},
	{ResourceLimit, http.StatusUnprocessableEntity, ExitFailed, LabelQuota, Final, "Resource limit reached"},
	{
		EmailUnusable,
		http.StatusUnprocessableEntity,
		ExitNoEmail,
		LabelFailed,
		Final,
		"The login has no usable e-mail address",
	},
	{
		IdempotencyKeyReused,
		http.StatusUnprocessableEntity,
		ExitUsage,
		LabelInvalid,
		Final,
		"Idempotency-Key reused with a different body",
	},
	{
		MintRefused,
		http.StatusUnprocessableEntity,
		ExitFailed,
		LabelRefused,
		Final,
		"Upstash did not create a developer key",
	},
	{
		AccountTypeUnsupported,
		http.StatusUnprocessableEntity,
		ExitFailed,
		LabelAccountType,
		Final,
		"Account type not supported",
	},
	{RateLimited, http.StatusTooManyRequests, ExitFailed, LabelRateLimited, Later, "Rate limit reached"},
	{Internal, http.StatusInternalServerError, ExitFailed, LabelFailed, Final, "Internal error"},
	{UpstreamError, http.StatusBadGateway, ExitFailed, LabelRefused, Final, "Unexpected response from Upstash"},
	{UpstreamRedirect, http.StatusBadGateway, ExitFailed, LabelRefused, Later, "Upstash responded with a redirect"},
	{
		IssuerUnavailable,
		http.StatusServiceUnavailable,
		ExitProvider,
		LabelFailed,
		Later,
		"The identity provider is unavailable",
	},
	{UpstreamUnavailable, http.StatusServiceUnavailable, ExitFailed, LabelNotSent, Later, "Upstash is unavailable"},
	{StorageUnavailable, http.StatusServiceUnavailable, ExitFailed, LabelFailed, Later, "Storage is unavailable"},
	{OutcomeUncertain, http.StatusGatewayTimeout, ExitUncertain, LabelUncertain, Later, "The outcome is unknown"},
	{UpstreamTimeout, http.StatusGatewayTimeout, ExitFailed, LabelNotSent, Later, "Upstash did not respond in time"},

	{Configuration, 0, ExitUsage, LabelFailed, Final, "The configuration has errors"},
	{EntryMissing, 0, ExitFailed, LabelFailed, Final, "The saved key was not found"},
	{Interrupted, 0, ExitInterrupted, LabelFailed, Later, "Interrupted"},
	{KeyringUnavailable, 0, ExitFailed, LabelFailed, Final, "The keyring does not respond"},
	{LoginDenied, 0, ExitDenied, LabelFailed, Later, "The login was denied"},
	{LoginTimedOut, 0, ExitTimedOut, LabelFailed, Later, "The login timed out"},
	{LoginWrongState, 0, ExitWrongState, LabelFailed, Later, "The responses belong to another login"},
	{NoSandbox, 0, ExitFailed, LabelFailed, Final, "No sandbox was found"},
	{OtherAccount, 0, ExitOtherAccount, LabelFailed, Final, "Another account is saved here"},
	{OtherUpstash, 0, ExitUsage, LabelFailed, Final, "The saved key belongs to another Upstash API"},
	{PortInUse, 0, ExitPortInUse, LabelFailed, Final, "The port is in use"},
	{ProviderError, 0, ExitProvider, LabelFailed, Later, "The identity provider failed"},
}

// unlisted is the row of a code without one, which is a bug in this program.
var unlisted = Row{
	Code:   Internal,
	Status: http.StatusInternalServerError,
	Exit:   ExitFailed,
	Label:  LabelFailed,
	Title:  "Internal error",
}

// Row returns the code's row of the catalogue.
func (c Code) Row() Row {
	for _, row := range catalogue {
		if row.Code == c {
			return row
		}
	}

	return unlisted
}

// Known reports whether the catalogue has a row for the code.
func (c Code) Known() bool {
	return slices.ContainsFunc(catalogue, func(row Row) bool { return row.Code == c })
}

// APICodes lists the codes that the API can return, in the order of the catalogue.
func APICodes() []Code {
	var codes []Code
	for _, row := range catalogue {
		if row.Status != 0 {
			codes = append(codes, row.Code)
		}
	}

	return codes
}
