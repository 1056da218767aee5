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

// settle finds out what became of a create that was sent and not answered. It adopts a database only if that bears the
// name and region, did not exist before the call, and is no other create's outcome. It concludes "not created" (false,
// no error) only from a list begun long enough after the cut for a late commit to show, in which nothing is unreadable;
// until then *UncertainError.
func (s *Service) settle(ctx context.Context, c creation, cause error) (Database, bool, error) {
	if c.record.CutAt.IsZero() {
		c.record.CutAt = s.options.Now().Add(s.maxCallTimeLeft(c.record))
	}
	begun := s.options.Now()

	listing, err := s.list(ctx, c.credential)
	switch {
	case errors.Is(err, keys.ErrReconnectRequired), errors.Is(err, keys.ErrConnectRequired):
		s.suspend(ctx, c.record)
		return Database{}, false, err // only the user can go on from here
	case err != nil:
		// Whatever the list failed of, what is true of the create is that its outcome is unknown.
		s.suspend(ctx, c.record)
		return Database{}, false, s.uncertainError(c.record, err)
	}

	for _, candidate := range listing.Databases {
		if !s.mayBeOutcome(candidate, c.record) {
			continue
		}
		database := s.database(candidate)

		err := s.finish(ctx, c, database)
		if errors.Is(err, ErrDatabaseClaimed) {
			continue
		}

		if errors.Is(err, ErrCreateFenced) {
			return Database{}, false, err
		}

		if err != nil { // it is there, but that could not be written down: until it is, another create could adopt it
			s.suspend(ctx, c.record)
			return Database{}, false, s.uncertainError(c.record, err)
		}

		return database, true, nil
	}

	if listing.Unreadable > 0 || begun.Before(c.record.CutAt.Add(s.options.Settle)) {
		s.suspend(ctx, c.record)
		return Database{}, false, s.uncertainError(c.record, cause)
	}

	return Database{}, false, nil
}

// maxCallTimeLeft is how long the call of a create that was sent, and taken over from whoever sent it, may still go on. Once
// its lease has ended by itself, its process has died or given the call up. Before that, its server has only gone
// silent: it may live, cut off from the database, and wait for its answer until the call's own end.
func (s *Service) maxCallTimeLeft(record CreateRecord) time.Duration {
	if record.LeaseLeft == 0 {
		return 0
	}
	since := s.options.Lease - record.LeaseLeft // it was sent

	return max(0, upstash.CreateTimeout-since)
}

// mayBeOutcome compares the region as far as it is given: an answer that leaves it out must not hide the database.
func (s *Service) mayBeOutcome(candidate upstash.Database, record CreateRecord) bool {
	region := s.database(candidate).PrimaryRegion
	return candidate.Name == record.Name && (region == record.PrimaryRegion || region == "") &&
		!slices.Contains(record.KnownIDs, candidate.ID) && s.createdByCall(candidate, record)
}

// clockSkew is how far upstream's clock may be from ours.
const clockSkew = 10 * time.Minute

// createdByCall reports whether a database can come from the call: it was made neither before the create began nor after
// the call could still be carried out. Without it, a database of this name that the account's owner makes weeks later
// would be taken for the outcome. What has no date may be.
func (s *Service) createdByCall(candidate upstash.Database, record CreateRecord) bool {
	made := candidate.CreatedAt
	if made.IsZero() {
		return true
	}

	return made.After(record.CreatedAt.Add(-clockSkew)) &&
		(record.CutAt.IsZero() || made.Before(record.CutAt.Add(s.options.Settle+clockSkew)))
}

// mayStillAppear reports whether upstream may yet carry out what was sent.
func (s *Service) mayStillAppear(record CreateRecord) bool {
	return record.CutAt.IsZero() || s.options.Now().Before(record.CutAt.Add(s.options.Settle))
}

const minRetryAfter = time.Second

// uncertainError says when asking again can tell more: when a late commit would show, and not before upstream can be asked.
func (s *Service) uncertainError(record CreateRecord, cause error) *UncertainError {
	wait := max(record.CutAt.Add(s.options.Settle).Sub(s.options.Now()), minRetryAfter)

	var unavailable *upstash.UnavailableError
	if errors.As(cause, &unavailable) && !errors.Is(cause, upstash.ErrOutcomeUnknown) {
		wait = max(wait, unavailable.RetryAfter)
	}

	return &UncertainError{RetryAfter: wait, Cause: cause}
}

// settleBlocking settles another create of the same name, so that the wanted one can begin. While that one's outcome is
// open, a second create of the name could not be told from it.
func (s *Service) settleBlocking(ctx context.Context, c creation) error {
	if c.record.State == CreatePrepared { // its process died before it sent anything
		s.drop(ctx, c.record)
		return nil
	}
	_, created, err := s.settle(ctx, c, nil)

	var uncertain *UncertainError
	if errors.As(err, &uncertain) {
		return &CreateBusyError{RetryAfter: uncertain.RetryAfter}
	}

	if err == nil && !created {
		s.drop(ctx, c.record)
	}

	return err
}

func (s *Service) suspend(ctx context.Context, record CreateRecord) {
	if err := s.options.Creates.SuspendCreate(ctx, record.ID, record.Fence, record.CutAt); err != nil {
		s.options.Logger.WarnContext(
			ctx, "create not suspended; its lease ends by itself", "create", record.ID, "error", err,
		)
	}
}

func answerCell(record CreateRecord) seal.Cell {
	return seal.Cell{Table: "creates", Row: record.ID, Column: "sealed_answer"}
}

func (s *Service) sealAnswer(record CreateRecord, database Database) ([]byte, error) {
	encoded, err := json.Marshal(database)
	if err != nil {
		return nil, err
	}

	return s.options.Box.Seal(encoded, answerCell(record))
}

func (s *Service) openAnswer(record CreateRecord) (Database, error) {
	opened, err := s.options.Box.Open(record.SealedAnswer, answerCell(record))
	if err != nil {
		return Database{}, err
	}
	var database Database

	return database, json.Unmarshal(opened, &database)
}
