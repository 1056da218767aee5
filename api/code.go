package api

import (
	"maps"
	"net/http"
	"slices"
)

// Code names a kind of problem. Codes are stable: scripts may rely on them. New ones may be added.
type Code string // @name ProblemCode

// The codes, by status.
const (
	CodeInvalidRequest         Code = "invalid_request"
	CodeInvalidJSON            Code = "invalid_json"
	CodeUnknownField           Code = "unknown_field"
	CodeIdempotencyKeyInvalid  Code = "idempotency_key_invalid"
	CodeAuthenticationRequired Code = "authentication_required"
	CodeInvalidToken           Code = "invalid_token"
	CodeSessionExpired         Code = "session_expired"
	CodeTokenTooOld            Code = "token_too_old"
	CodeCSRF                   Code = "csrf"
	CodeClientNotAllowed       Code = "client_not_allowed"
	CodeUpstreamForbidden      Code = "upstream_forbidden"
	CodeCredentialsDisabled    Code = "credentials_disabled"
	CodeNotFound               Code = "not_found"
	CodeNotConnected           Code = "not_connected"
	CodeDatabaseNotFound       Code = "database_not_found"
	CodeMethodNotAllowed       Code = "method_not_allowed"
	CodeConnectRequired        Code = "connect_required"
	CodeReconnectRequired      Code = "reconnect_required"
	CodeConnectInProgress      Code = "connect_in_progress"
	CodeUpstashKeyLimit        Code = "upstash_key_limit"
	CodeAccountMismatch        Code = "account_mismatch"
	CodeTokenAlreadyUsed       Code = "token_already_used"
	CodeDatabaseLimit          Code = "database_limit"
	CodeCreateInProgress       Code = "create_in_progress"
	CodeBodyTooLarge           Code = "body_too_large"
	CodeUnsupportedMediaType   Code = "unsupported_media_type"
	CodeMisdirectedRequest     Code = "misdirected_request"
	CodeValidationFailed       Code = "validation_failed"
	CodeNotAllowed             Code = "not_allowed"
	CodeEmailUnusable          Code = "email_unusable"
	CodeIdempotencyKeyReused   Code = "idempotency_key_reused"
	CodeMintRefused            Code = "mint_refused"
	CodeAccountTypeUnsupported Code = "account_type_unsupported"
	CodeRateLimited            Code = "rate_limited"
	CodeInternal               Code = "internal"
	CodeUpstreamError          Code = "upstream_error"
	CodeUpstreamRedirect       Code = "upstream_redirect"
	CodeIssuerUnavailable      Code = "issuer_unavailable"
	CodeUpstreamUnavailable    Code = "upstream_unavailable"
	CodeStorageUnavailable     Code = "storage_unavailable"
	CodeOutcomeUncertain       Code = "outcome_uncertain"
	CodeUpstreamTimeout        Code = "upstream_timeout"
)

// Codes lists them all, sorted.
func Codes() []Code { return slices.Sorted(maps.Keys(definitions())) }

type definition struct {
	status int
	title  string
}

// definitions is the status and title of every code. A refusal may carry another status where the contract says so.
func definitions() map[Code]definition {
	return map[Code]definition{
		CodeInvalidRequest:         {http.StatusBadRequest, "The request cannot be understood"},
		CodeInvalidJSON:            {http.StatusBadRequest, "The body is not one JSON object"},
		CodeUnknownField:           {http.StatusBadRequest, "The body has a field that is not taken"},
		CodeIdempotencyKeyInvalid:  {http.StatusBadRequest, "The Idempotency-Key cannot be taken"},
		CodeAuthenticationRequired: {http.StatusUnauthorized, "Log in first"},
		CodeInvalidToken:           {http.StatusUnauthorized, "The access token is not accepted"},
		CodeSessionExpired:         {http.StatusUnauthorized, "The session has ended"},
		CodeTokenTooOld:            {http.StatusUnauthorized, "The log-in is too old"},
		CodeCSRF:                   {http.StatusForbidden, "The request did not come from our page"},
		CodeClientNotAllowed:       {http.StatusForbidden, "The token belongs to another application"},
		CodeUpstreamForbidden:      {http.StatusForbidden, "Upstash forbids this"},
		CodeCredentialsDisabled:    {http.StatusForbidden, "Credentials are not revealed here"},
		CodeNotFound:               {http.StatusNotFound, "Not found"},
		CodeNotConnected:           {http.StatusNotFound, "Never connected"},
		CodeDatabaseNotFound:       {http.StatusNotFound, "No such database"},
		CodeMethodNotAllowed:       {http.StatusMethodNotAllowed, "Method not allowed"},
		CodeConnectRequired:        {http.StatusConflict, "Connect first"},
		CodeReconnectRequired:      {http.StatusConflict, "Connect again"},
		CodeConnectInProgress:      {http.StatusConflict, "Connecting is under way"},
		CodeUpstashKeyLimit:        {http.StatusConflict, "The account holds too many developer keys"},
		CodeAccountMismatch:        {http.StatusConflict, "Another account is connected in this browser"},
		CodeTokenAlreadyUsed:       {http.StatusConflict, "The log-in was used before the disconnect"},
		CodeDatabaseLimit:          {http.StatusConflict, "No further database is allowed"},
		CodeCreateInProgress:       {http.StatusConflict, "A create is under way"},
		CodeBodyTooLarge:           {http.StatusRequestEntityTooLarge, "The body is too large"},
		CodeUnsupportedMediaType:   {http.StatusUnsupportedMediaType, "The body must be JSON"},
		CodeMisdirectedRequest:     {http.StatusMisdirectedRequest, "This is not the server for that host"},
		CodeValidationFailed:       {http.StatusUnprocessableEntity, "Some fields cannot be taken"},
		CodeNotAllowed:             {http.StatusUnprocessableEntity, "Not allowed here"},
		CodeEmailUnusable:          {http.StatusUnprocessableEntity, "No usable e-mail"},
		CodeIdempotencyKeyReused:   {http.StatusUnprocessableEntity, "The Idempotency-Key belongs to another body"},
		CodeMintRefused:            {http.StatusUnprocessableEntity, "Upstash refused to make a key"},
		CodeAccountTypeUnsupported: {http.StatusUnprocessableEntity, "This kind of account is not supported"},
		CodeRateLimited:            {http.StatusTooManyRequests, "Too many calls"},
		CodeInternal:               {http.StatusInternalServerError, "Internal error"},
		CodeUpstreamError:          {http.StatusBadGateway, "Upstash answered unexpectedly"},
		CodeUpstreamRedirect:       {http.StatusBadGateway, "Upstash answered with a redirect"},
		CodeIssuerUnavailable:      {http.StatusServiceUnavailable, "The identity provider is unavailable"},
		CodeUpstreamUnavailable:    {http.StatusServiceUnavailable, "Upstash is unavailable"},
		CodeStorageUnavailable:     {http.StatusServiceUnavailable, "Storage is unavailable"},
		CodeOutcomeUncertain:       {http.StatusGatewayTimeout, "The outcome is not known"},
		CodeUpstreamTimeout:        {http.StatusGatewayTimeout, "Upstash did not answer in time"},
	}
}
