package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/upstash"
)

// Problem is the body of every error: RFC 9457, with a stable code, the request's id and the faults of single fields.
type Problem struct {
	Type         string        `json:"type" example:"/api/v1/problems/validation_failed"`    // URI of what the code means
	Title        string        `json:"title" example:"Some fields cannot be taken"`          // the same for every problem of this code
	Status       int           `json:"status" example:"422"`                                 // the HTTP status
	Detail       string        `json:"detail,omitempty" example:"Correct the fields named."` // what is wrong here, and what to do
	Instance     string        `json:"instance" example:"/api/v1/databases"`                 // the path of the request
	Code         Code          `json:"code" example:"validation_failed"`                     // stable; new codes may be added
	RequestID    string        `json:"request_id" example:"6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`      // quote it to the operator
	Errors       []FieldFault  `json:"errors,omitempty"`                                     // every field that cannot be taken
	LeftoverKeys []LeftoverKey `json:"leftover_keys,omitempty"`                              // with upstash_key_limit: keys of ours to delete by hand
	Limit        string        `json:"limit,omitempty" example:"creates"`                    // with rate_limited: requests, creates or mints; upstash when it is Upstash that asks for fewer calls
} // @name Problem

// FieldFault is one field that cannot be taken.
type FieldFault struct {
	Pointer string `json:"pointer" example:"/primary_region"` // JSON pointer (RFC 6901) into the request body
	Detail  string `json:"detail" example:"is not a region; GET /api/v1/catalog lists them"`
} // @name FieldFault

// refusal is an error of this package: a code, and words for this one case.
type refusal struct {
	code       Code
	detail     string
	status     int // when the code has more than one
	retryAfter time.Duration
	challenge  string // WWW-Authenticate
	faults     []FieldFault
	leftovers  []keys.Leftover
	limit      string
}

func (r *refusal) Error() string { return string(r.code) + ": " + r.detail }

// problem is the body of the answer, but for what is of the request. console is where keys are deleted.
func (r *refusal) problem(console string) Problem {
	definition := definitions()[r.code]
	status := r.status
	if status == 0 {
		status = definition.status
	}
	problem := Problem{
		Type: "/api/v1/problems/" + string(r.code), Title: definition.title, Status: status, Detail: r.detail,
		Code: r.code, Errors: r.faults, Limit: r.limit,
	}
	if len(r.leftovers) > 0 {
		problem.LeftoverKeys = leftoverKeys(r.leftovers, console)
	}
	return problem
}

func refuse(code Code, detail string) *refusal { return &refusal{code: code, detail: detail} }

// refusalOf is the one table from errors to problems. What it does not know is 500 and says nothing more.
func refusalOf(err error) *refusal {
	var (
		own         *refusal
		framework   *echo.HTTPError
		keysGone    *auth.KeysUnavailableError
		inProgress  *keys.InProgressError
		keyLimit    *keys.KeyLimitError
		faults      *proxy.FaultsError
		busy        *proxy.CreateBusyError
		uncertain   *proxy.UncertainError
		unavailable *upstash.UnavailableError
		exceeded    *limit.ExceededError
		storage     interface{ StorageUnavailable() bool }
		tooLarge    *http.MaxBytesError
	)
	is := func(target error) bool { return errors.Is(err, target) }
	switch {
	case errors.As(err, &own):
		return own

	// What may have happened upstream is said before what kept us from writing it down.
	case is(keys.ErrMintUncertain) && is(upstash.ErrRedirect):
		return &refusal{
			code: CodeUpstreamRedirect, retryAfter: 2 * time.Second,
			detail: "Upstash answered with a redirect, which is not followed. Connecting again settles whether a key was made; if one was left behind, it will be named.",
		}
	case is(keys.ErrMintUncertain):
		return &refusal{
			code: CodeOutcomeUncertain, status: mintStatus(err), retryAfter: 2 * time.Second,
			detail: "It is unknown whether Upstash made a key. Connecting again settles it; if a key was left behind, it will be named.",
		}
	case errors.As(err, &storage):
		return storageRefusal(err)
	case errors.As(err, &exceeded):
		return limitRefusal(exceeded.Standing)

	case is(auth.ErrClientNotAllowed):
		return refuse(CodeClientNotAllowed, "This access token was issued to another application.")
	case is(auth.ErrExpiredToken):
		return &refusal{code: CodeInvalidToken, detail: "The access token has expired. Get a new one by logging in again.", challenge: `Bearer error="invalid_token"`}
	case is(auth.ErrInvalidToken):
		return &refusal{code: CodeInvalidToken, detail: "The access token is not accepted here.", challenge: `Bearer error="invalid_token"`}
	case errors.As(err, &keysGone):
		return &refusal{code: CodeIssuerUnavailable, detail: "The identity provider's signing keys cannot be read now.", retryAfter: keysGone.RetryAfter}

	case is(keys.ErrEmailUnusable):
		return refuse(CodeEmailUnusable, "The log-in carries no e-mail that Upstash's API could take. Nothing was made.")
	case is(keys.ErrTokenTooOld):
		return &refusal{
			code: CodeTokenTooOld, detail: "This log-in is too old to make a key. Log in again.",
			challenge: `Bearer error="insufficient_user_authentication", max_age=600`, // RFC 9470 section 3
		}
	case is(keys.ErrTokenAlreadyUsed):
		return refuse(CodeTokenAlreadyUsed, "This log-in is older than the last disconnect. Log in again to connect.")
	case is(keys.ErrAccountType):
		return refuse(CodeAccountTypeUnsupported, "Upstash gives developer keys to accounts made at Upstash itself, not to those made through Vercel or Fly.io.")
	case is(keys.ErrMintTokenRefused):
		return refuse(CodeMintRefused, "Upstash did not take this log-in, so no key was made. Log in again.")
	case errors.As(err, &keyLimit):
		return &refusal{
			code: CodeUpstashKeyLimit, leftovers: keyLimit.Leftovers,
			detail: "The Upstash account holds as many developer keys as Upstash allows. Delete some in the Upstash console, then connect again.",
		}
	case errors.As(err, &inProgress):
		return &refusal{code: CodeConnectInProgress, detail: "The account is being connected by another request. Try again shortly.", retryAfter: inProgress.RetryAfter}
	case is(keys.ErrMintRefused):
		return &refusal{code: CodeMintRefused, status: http.StatusBadGateway, detail: "Upstash refused to make a key, for a reason we do not know."}
	case is(keys.ErrReconnectRequired):
		return refuse(CodeReconnectRequired, "Upstash no longer accepts the stored key. Connect the account again.")
	case is(keys.ErrConnectRequired):
		return refuse(CodeConnectRequired, "The account is not connected. Connect it first.")
	case is(keys.ErrNotFound):
		return refuse(CodeNotConnected, "The account was never connected here.")

	case is(proxy.ErrDatabaseNotFound):
		return refuse(CodeDatabaseNotFound, "The account has no such database.")
	case is(proxy.ErrUpstreamForbidden):
		return refuse(CodeUpstreamForbidden, "Upstash accepts the key and forbids this call.")
	case is(proxy.ErrCredentialsDisabled):
		return refuse(CodeCredentialsDisabled, "This installation does not reveal database credentials.")
	case is(proxy.ErrDatabaseLimit):
		return refuse(CodeDatabaseLimit, "No further database is allowed: by the account's plan at Upstash, or by this installation.")
	case is(proxy.ErrKeyReused):
		return refuse(CodeIdempotencyKeyReused, "This Idempotency-Key was used with another body. Use a new key for another database.")
	case errors.As(err, &busy):
		return &refusal{code: CodeCreateInProgress, detail: "A create with this key, or of this name, is under way. Try again with the same key.", retryAfter: busy.RetryAfter}
	case errors.As(err, &uncertain) && errors.Is(uncertain.Cause, upstash.ErrRedirect):
		return &refusal{
			code: CodeUpstreamRedirect, retryAfter: uncertain.RetryAfter,
			detail: "Upstash answered with a redirect, which is not followed. Whether a database was made is not known yet: send the same again with the same Idempotency-Key after Retry-After to learn it.",
		}
	case errors.As(err, &uncertain):
		return &refusal{
			code: CodeOutcomeUncertain, retryAfter: uncertain.RetryAfter,
			detail: "The create was sent and Upstash's answer was lost. Send it again with the same Idempotency-Key after Retry-After: it answers what became of it, and makes no second database.",
		}
	case errors.As(err, &faults):
		return fieldRefusal(faults.Faults)

	case is(upstash.ErrOutcomeUnknown):
		return &refusal{code: CodeOutcomeUncertain, retryAfter: 60 * time.Second, detail: "It is unknown whether Upstash carried this out. List the databases before trying again."}
	case is(upstash.ErrRedirect):
		return refuse(CodeUpstreamRedirect, "Upstash answered with a redirect, which is not followed.")
	case is(upstash.ErrTimeout):
		return &refusal{code: CodeUpstreamTimeout, detail: "Upstash did not answer in time.", retryAfter: 5 * time.Second}
	case errors.As(err, &unavailable) && unavailable.RateLimit:
		return &refusal{code: CodeRateLimited, limit: "upstash", detail: "Upstash asks for fewer calls of this account.", retryAfter: orDefault(unavailable.RetryAfter, 10*time.Second)}
	case errors.As(err, &unavailable):
		return &refusal{code: CodeUpstreamUnavailable, detail: unavailableDetail(unavailable), retryAfter: orDefault(unavailable.RetryAfter, 5*time.Second)}
	case isRejected(err):
		return refuse(CodeUpstreamError, "Upstash refused this, for a reason we do not know. Nothing was changed.")
	case is(upstash.ErrUnexpectedAnswer):
		return refuse(CodeUpstreamError, "Upstash answered in a way we cannot use.")

	case is(context.Canceled): // the caller left; nobody reads this, and the log need not call it our failure
		return refuse(CodeInvalidRequest, "The request was given up.")
	case errors.As(err, &tooLarge):
		return refuse(CodeBodyTooLarge, "The request body is larger than is taken here.")
	case errors.As(err, &framework):
		return frameworkRefusal(framework)
	}
	return refuse(CodeInternal, "Something failed on our side. Quote the request id to the operator.")
}

// storageRefusal says nothing of what was done before the storage failed: a key may have been stored, and its session not.
func storageRefusal(err error) *refusal {
	var lost interface{ OutcomeUnknown() bool }
	r := &refusal{code: CodeStorageUnavailable, detail: "Our storage cannot take this now. Try again shortly.", retryAfter: 5 * time.Second}
	if errors.As(err, &lost) && lost.OutcomeUnknown() {
		r.detail = "Our storage was lost while it took this, and whether it was taken is not known. Look before you try again."
	}
	return r
}

// mintStatus: an answer that cannot be used came from upstream (502); no answer at all is 504.
func mintStatus(err error) int {
	if errors.Is(err, upstash.ErrUnexpectedAnswer) {
		return http.StatusBadGateway
	}
	return http.StatusGatewayTimeout
}

func unavailableDetail(err *upstash.UnavailableError) string {
	if err.Crowded {
		return "Too many calls to Upstash are under way, and this one's turn did not come in time. Nothing was sent."
	}
	if err.Paused {
		return "Calls to Upstash are paused, because too many failed (the circuit breaker is open). Nothing was sent."
	}
	return "Upstash cannot be reached or is not able to answer. Nothing was changed."
}

func isRejected(err error) bool {
	var rejected *upstash.RejectedError
	return errors.As(err, &rejected)
}

func orDefault(given, otherwise time.Duration) time.Duration {
	if given > 0 {
		return given
	}
	return otherwise
}

// frameworkRefusal words what the router and its middleware refuse.
func frameworkRefusal(err *echo.HTTPError) *refusal {
	switch err.Code {
	case http.StatusNotFound:
		return refuse(CodeNotFound, "There is nothing here.")
	case http.StatusMethodNotAllowed:
		return refuse(CodeMethodNotAllowed, "This path does not take this method.")
	case http.StatusRequestEntityTooLarge:
		return refuse(CodeBodyTooLarge, "The request body is larger than is taken here.")
	case http.StatusUnsupportedMediaType:
		return refuse(CodeUnsupportedMediaType, "Bodies are application/json.")
	case http.StatusBadRequest:
		return refuse(CodeInvalidRequest, "The request cannot be understood.")
	}
	return refuse(CodeInternal, "Something failed on our side. Quote the request id to the operator.")
}

// fieldRefusal: a value that is only not allowed here is not_allowed; as soon as one is wrong, validation_failed.
func fieldRefusal(faults []proxy.Fault) *refusal {
	r := &refusal{code: CodeNotAllowed, detail: "This installation does not allow these values."}
	for _, fault := range faults {
		if !fault.NotAllowed {
			r.code, r.detail = CodeValidationFailed, "Correct the fields named."
		}
		r.faults = append(r.faults, FieldFault{Pointer: fault.Pointer, Detail: faultDetail(fault)})
	}
	return r
}

// faultDetail says where to look up what can be taken.
func faultDetail(fault proxy.Fault) string {
	if fault.Listed {
		return fault.Detail + "; GET /api/v1/catalog lists them"
	}
	return fault.Detail
}

// handleError writes the problem of an error, and logs its cause: the caller gets a sentence and a request id.
func (s *Server) handleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	r := refusalOf(err)
	problem := r.problem(s.options.Page.ConsoleURL)
	status := problem.Status
	c.Set(errorKey, err)
	c.Set(codeKey, r.code)
	c.Set(limitKey, r.limit)
	header := c.Response().Header()
	if r.challenge != "" {
		header.Set(echo.HeaderWWWAuthenticate, r.challenge)
	} else if status == http.StatusUnauthorized {
		header.Set(echo.HeaderWWWAuthenticate, "Bearer") // RFC 6750 section 3.1: no error attribute without a token
	}
	if r.retryAfter > 0 {
		header.Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(r.retryAfter.Seconds()))))
	}
	header.Set(echo.HeaderContentType, "application/problem+json")
	header.Set(echo.HeaderCacheControl, "no-store")
	problem.Instance, problem.RequestID = instance(c.Request()), requestID(c)
	if c.Request().Method == http.MethodHead {
		c.Response().WriteHeader(status)
		return
	}
	c.Response().WriteHeader(status)
	if err := c.Echo().JSONSerializer.Serialize(c, problem, ""); err != nil {
		s.options.Logger.WarnContext(c.Request().Context(), "problem not written", "error", err)
	}
}

const maxInstance = 256

func instance(r *http.Request) string {
	path := r.URL.EscapedPath()
	return path[:min(len(path), maxInstance)]
}
