package proxy

import (
	"errors"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/upstash"
)

// CreateOutcome says how one create ended. There are no others.
type CreateOutcome string

// The outcomes of a create.
const (
	CreateMade        CreateOutcome = "made"
	CreateReplayed    CreateOutcome = "replayed"  // the same Idempotency-Key again
	CreateUnknown     CreateOutcome = "uncertain" // sent, and it is not known yet what became of it
	CreateBusy        CreateOutcome = "busy"      // another of this key or name is under way
	CreateInvalid     CreateOutcome = "invalid"   // its Idempotency-Key belongs to another body; its fields are judged at the door already
	CreateLimit       CreateOutcome = "limit"     // no further database is allowed
	CreateLimited     CreateOutcome = "limited"   // the account has used up its creates for now
	CreateNoKey       CreateOutcome = "no_key"    // the account is not connected, or has to connect again
	CreateUnavailable CreateOutcome = "not_sent"  // upstream cannot be reached, or asked us to wait
	CreateRefused     CreateOutcome = "refused"   // upstream said no
	CreateFailed      CreateOutcome = "failed"    // on our side
)

// CreateOutcomes lists them all.
func CreateOutcomes() []CreateOutcome {
	return []CreateOutcome{
		CreateMade, CreateReplayed, CreateUnknown, CreateBusy, CreateInvalid, CreateLimit, CreateLimited, CreateNoKey, CreateUnavailable,
		CreateRefused, CreateFailed,
	}
}

func createOutcome(replayed bool, err error) CreateOutcome {
	var (
		uncertain   *UncertainError
		busy        *CreateBusyError
		faults      *FaultsError
		unavailable *upstash.UnavailableError
		rejected    *upstash.RejectedError
		exceeded    *limit.ExceededError
	)
	switch {
	case err == nil && replayed:
		return CreateReplayed
	case err == nil:
		return CreateMade
	case errors.As(err, &uncertain), errors.Is(err, upstash.ErrOutcomeUnknown):
		return CreateUnknown
	case errors.As(err, &busy):
		return CreateBusy
	case errors.As(err, &faults), errors.Is(err, ErrKeyReused):
		return CreateInvalid
	case errors.As(err, &exceeded):
		return CreateLimited
	case errors.Is(err, ErrDatabaseLimit):
		return CreateLimit
	case errors.Is(err, keys.ErrConnectRequired), errors.Is(err, keys.ErrReconnectRequired):
		return CreateNoKey
	case errors.As(err, &unavailable), errors.Is(err, upstash.ErrTimeout):
		return CreateUnavailable
	case errors.As(err, &rejected), errors.Is(err, ErrUpstreamForbidden), errors.Is(err, upstash.ErrRedirect), errors.Is(err, upstash.ErrUnexpectedAnswer):
		return CreateRefused
	}
	return CreateFailed
}
