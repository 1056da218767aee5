package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/upstash"
)

// settle determines the outcome of a call that was sent and got no response. A create adopts a resource only if it has
// the create's name and region, did not exist before the call, and is not the result of another create. It concludes
// "without effect" (false, no error) only from a conclusive reading, requested long enough after the lost response for
// a late commit to show. Until then it returns an *UncertainError.
func (s *Service) settle(ctx context.Context, c claimed, cause error) (outcome, bool, error) {
	if c.record.CutAt.IsZero() {
		c.record.CutAt = s.options.Now().Add(s.maxCallTimeLeft(c.record))
	}
	begun := s.options.Now()

	found, conclusive, err := c.write.find(ctx, s, &c)
	switch {
	case errors.Is(err, keys.ErrReconnectRequired), errors.Is(err, keys.ErrConnectRequired):
		s.suspend(ctx, c.record)
		return outcome{}, false, err // only the user can continue
	case isNotFound(err) && !begun.Before(c.record.CutAt.Add(s.options.Settle)):
		// The resource is gone, so the call can have no effect any more. A single 404 right after the call does not
		// prove that: it may come from a gateway.
		s.drop(ctx, c.record)
		return outcome{}, false, err
	case err != nil:
		// Whatever made the reading fail, the call's outcome is still unknown.
		s.suspend(ctx, c.record)
		return outcome{}, false, s.uncertainError(c.record, err)
	}

	for _, candidate := range found {
		err := s.finish(ctx, c, candidate)
		if errors.Is(err, ErrDatabaseClaimed) {
			continue
		}

		if errors.Is(err, ErrCreateFenced) {
			return outcome{}, false, err
		}

		if err != nil { // the outcome is known but not recorded, so another create could still adopt the database
			s.suspend(ctx, c.record)
			return outcome{}, false, s.uncertainError(c.record, err)
		}

		return candidate, true, nil
	}

	if !conclusive || begun.Before(c.record.CutAt.Add(s.options.Settle)) {
		s.suspend(ctx, c.record)
		return outcome{}, false, s.uncertainError(c.record, cause)
	}

	return outcome{}, false, nil
}

// maxCallTimeLeft is how long the call of a sent create may still run after another caller took it over. If its lease
// has expired, its process has died or given up the call. If not, its server only went silent: it may be alive without
// a database connection, and wait for the response until the call's timeout.
func (s *Service) maxCallTimeLeft(record CreateRecord) time.Duration {
	if record.LeaseLeft == 0 {
		return 0
	}
	since := s.options.Lease - record.LeaseLeft // time since it was sent

	return max(0, upstash.CreateTimeout-since)
}

// mayBeOutcome reports whether the database may be the record's result. A response without a region must not hide the
// database, so an empty region matches.
func (s *Service) mayBeOutcome(candidate upstash.Database, record CreateRecord) bool {
	region := s.database(candidate).PrimaryRegion
	return candidate.Name == record.Name && (region == record.PrimaryRegion || region == "") &&
		!slices.Contains(record.KnownIDs, candidate.ID) && s.createdByCall(candidate.CreatedAt, record)
}

// clockSkew is the assumed maximum difference between upstream's clock and ours.
const clockSkew = 10 * time.Minute

// createdByCall reports whether the call can have created a resource of this time: neither before the create began
// nor after the call could still be carried out. Otherwise a database that the account's owner creates with this name
// weeks later would count as the result. A database without a date may be the result.
func (s *Service) createdByCall(made time.Time, record CreateRecord) bool {
	if made.IsZero() {
		return true
	}

	return made.After(record.CreatedAt.Add(-clockSkew)) &&
		(record.CutAt.IsZero() || made.Before(record.CutAt.Add(s.options.Settle+clockSkew)))
}

// mayStillAppear reports whether upstream may still carry out the call.
func (s *Service) mayStillAppear(record CreateRecord) bool {
	return record.CutAt.IsZero() || s.options.Now().Before(record.CutAt.Add(s.options.Settle))
}

const minRetryAfter = time.Second

// uncertainError returns when a retry can learn more: when a late commit would show, and not before upstream accepts
// requests again.
func (s *Service) uncertainError(record CreateRecord, cause error) *UncertainError {
	wait := max(record.CutAt.Add(s.options.Settle).Sub(s.options.Now()), minRetryAfter)

	var unavailable *upstash.UnavailableError
	if errors.As(cause, &unavailable) && !errors.Is(cause, upstash.ErrOutcomeUnknown) {
		wait = max(wait, unavailable.RetryAfter)
	}

	return s.uncertainFor(record, wait, cause)
}

func (s *Service) uncertainFor(record CreateRecord, wait time.Duration, cause error) *UncertainError {
	return &UncertainError{RetryAfter: wait, Cause: cause, Create: record.Reserves}
}

// settleBlocking settles another call on the same target, so that the wanted one can begin. While the outcome of the
// other is unknown, it could not be told from the wanted one's. Under a grant's limit, the other call may be of another
// operation.
func (s *Service) settleBlocking(ctx context.Context, c claimed) error {
	if c.record.State == CreatePrepared { // its process died before it sent anything
		s.drop(ctx, c.record)
		return nil
	}

	blocking, err := writeOf(c.record)
	if err != nil {
		return err
	}
	c.write = blocking

	_, created, err := s.settle(ctx, c, nil)

	var uncertain *UncertainError
	if errors.As(err, &uncertain) {
		return &CreateBusyError{RetryAfter: uncertain.RetryAfter}
	}

	if err == nil && !created {
		s.drop(ctx, c.record)
	}

	if isNotFound(err) { // the other call's resource is gone; that is no answer to this caller
		err = nil
	}

	return err
}

func (s *Service) suspend(ctx context.Context, record CreateRecord) {
	if err := s.options.Creates.SuspendCreate(ctx, record.ID, record.Fence, record.CutAt); err != nil {
		s.options.Logger.WarnContext(
			ctx, "create not suspended; its lease expires automatically", "create", record.ID, "error", err,
		)
	}
}

func answerCell(record CreateRecord) seal.Cell {
	return seal.Cell{Table: "creates", Row: record.ID, Column: "sealed_answer"}
}

func (s *Service) sealAnswer(record CreateRecord, made outcome) ([]byte, error) {
	encoded, err := json.Marshal(made.value)
	if err != nil {
		return nil, err
	}

	return s.options.Box.Seal(encoded, answerCell(record))
}

func (s *Service) openAnswer(c claimed) (outcome, error) {
	opened, err := s.options.Box.Open(c.record.SealedAnswer, answerCell(c.record))
	if err != nil {
		return outcome{}, err
	}

	value, err := c.write.decode(opened)

	return outcome{id: c.record.DatabaseID, value: value}, err
}
