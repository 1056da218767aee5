package proxy

import (
	"context"
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/upstash"
)

// write is one call that changes something at Upstash, by its effect: how to prepare it, make it, and learn its outcome
// when the response was lost. The runner below does the rest, for every effect alike.
type write interface {
	// prepare runs the checks before the call. What it returns is stored before the call is sent; the outcome is
	// compared with it later. errAlreadyDone means that an earlier call with this record took effect.
	prepare(ctx context.Context, s *Service, c *claimed) (before []string, err error)
	// call makes the call once, with the current credential.
	call(ctx context.Context, s *Service, c *claimed) (outcome, error)
	// find reads from upstream which outcomes the call may have had, best first. Without conclusive, an empty result
	// does not prove that the call had no effect.
	find(ctx context.Context, s *Service, c *claimed) (found []outcome, conclusive bool, err error)
	// rejected maps upstream's rejection of the call to our error.
	rejected(err error) error
	// decode decodes the value of a stored outcome.
	decode(stored []byte) (any, error)
	// event is what the audit log records of the outcome.
	event(made outcome) (action keys.Action, detail string)
}

// outcome is the result of a write.
type outcome struct {
	id    string // of the created resource; empty for other effects
	value any    // what the caller receives, now and with the same key again; encoding/json encodes it
}

// claimed is one write in progress, under its record.
type claimed struct {
	account    keys.Account
	grant      *Grant // nil: the account's own call
	record     CreateRecord
	credential *createCredential
	write      write
}

// errAlreadyDone means that an earlier call with the same record took effect.
var errAlreadyDone = errors.New("an earlier call took effect")

// usableConnection returns the account's connection, if its key may be used. It comes before the claim, so that a
// caller without a key does not learn the result of another call.
func (s *Service) usableConnection(ctx context.Context, account keys.Account) (keys.Connection, error) {
	connection, err := s.options.Credentials.Find(ctx, account)
	if errors.Is(err, keys.ErrNotFound) {
		return keys.Connection{}, keys.ErrConnectRequired
	}

	if err == nil {
		err = connection.Usable()
	}

	return connection, err
}

// writeForCaller makes a write once. It continues when its caller leaves.
func (s *Service) writeForCaller(ctx context.Context, c claimed) (made outcome, replayed bool, err error) {
	defer s.lists.forget(c.record.ConnectionID) // lists returned from now on are read after the write

	made, replayed, err = s.writeOnce(context.WithoutCancel(ctx), c)
	// this call was delayed so long that another took over; the other call decides the outcome
	if errors.Is(err, ErrCreateFenced) {
		err = &CreateBusyError{RetryAfter: fencedPause}
	}

	return made, replayed, err
}

// writeOnce claims the key and the target, and continues where an earlier call stopped.
func (s *Service) writeOnce(ctx context.Context, c claimed) (outcome, bool, error) {
	wanted := c.record

	terms := ClaimTerms{
		Lease: s.options.Lease, Grant: c.grant,
		// one create at a time counts the databases
		Exclusive: s.options.Policy.MaxDatabases > 0 && wanted.Operation == redisCreateName,
	}
	for {
		record, claim, err := s.options.Creates.ClaimCreate(ctx, wanted, terms)
		if err != nil {
			return outcome{}, false, err
		}

		c.record = record
		switch claim {
		case ClaimReplay:
			made, err := s.replay(ctx, c)

			return made, err == nil, err
		case ClaimBlocking:
			if err := s.settleBlocking(ctx, c); err != nil {
				return outcome{}, false, err
			}
			continue
		case ClaimResumed:
			if record.State != CreatePrepared {
				made, done, err := s.settle(ctx, c, nil)
				if err != nil || done {
					return made, false, err
				}
			}
		case ClaimFresh:
		}
		made, err := s.send(ctx, c)

		return made, false, err
	}
}

// replay returns the stored response to a caller who could make the call now: like a new call, it needs the account's
// key. An account that has disconnected, or must reconnect, gets an error.
func (s *Service) replay(ctx context.Context, c claimed) (outcome, error) {
	if _, err := s.credential(ctx, c.credential); err != nil {
		return outcome{}, err
	}

	made, err := s.openAnswer(c)
	if err != nil { // moved, damaged, or sealed by a missing key
		s.options.Logger.ErrorContext(
			ctx, "a stored response cannot be decrypted", "create", c.record.ID, "error", err,
		)

		return outcome{}, s.uncertainFor(c.record, s.options.Settle, err)
	}

	return made, nil
}

// send sends the call once.
func (s *Service) send(ctx context.Context, c claimed) (outcome, error) {
	killpoint.Reach(killpoint.CreateClaimed)

	before, err := s.prepare(ctx, c)
	if errors.Is(err, errAlreadyDone) {
		return outcome{}, s.finishWithRetries(ctx, c, outcome{})
	}

	if err != nil {
		s.drop(ctx, c.record) // nothing was sent
		return outcome{}, err
	}
	c.record.KnownIDs, c.record.CutAt = before, time.Time{}
	killpoint.Reach(killpoint.CreateIntended)

	made, err := c.write.call(ctx, s, &c)
	if errors.Is(err, upstash.ErrOutcomeUnknown) {
		return s.uncertain(ctx, c, err)
	}

	if err != nil {
		if upstash.NotSent(err) {
			s.refund(ctx, c)
		}
		s.drop(ctx, c.record) // upstream rejected it, or nothing was sent

		return outcome{}, c.write.rejected(err)
	}
	killpoint.Reach(killpoint.CreateAnswered)

	if err := s.finishWithRetries(ctx, c, made); err != nil {
		// The call took effect, so the caller gets its result. The record stays open; a repeat with the same key
		// settles it.
		s.options.Logger.ErrorContext(
			ctx, "outcome not recorded; the next request with the same key settles it", "create", c.record.ID, "error", err,
		)
	}
	killpoint.Reach(killpoint.CreateRecorded)

	return made, nil
}

// prepare runs the checks before the call, and returns what its outcome is compared with. The account is charged last:
// only for the call, not for a create over the limit and not for the list.
func (s *Service) prepare(ctx context.Context, c claimed) ([]string, error) {
	if c.charged() {
		if err := s.options.CreateBudget.Check(ctx, c.account.Caller()); err != nil {
			return nil, err // before a needless list request
		}
	}

	before, err := c.write.prepare(ctx, s, &c)
	if err != nil {
		return nil, err
	}

	if c.charged() {
		if err := s.options.CreateBudget.Take(ctx, c.account.Caller()); err != nil {
			return nil, err
		}
	}

	current, err := s.options.Creates.SendCreate(ctx, Sending{
		ID: c.record.ID, Fence: c.record.Fence, KnownIDs: before, Lease: s.options.Lease,
		KeyName: c.credential.current.KeyName, Email: c.credential.current.Email,
	})
	if err == nil && !current {
		_, err = s.credential(ctx, c.credential)
	}

	if err != nil {
		s.refund(ctx, c)
	}

	return before, err
}

// charged reports whether the call counts against the account's create budget.
func (c claimed) charged() bool { return c.record.Reserves }

// refund returns the charge for a call that was not sent: an unreachable upstream must not use up the user's budget.
func (s *Service) refund(ctx context.Context, c claimed) {
	if !c.charged() {
		return
	}

	if err := s.options.CreateBudget.Refund(ctx, c.account.Caller()); err != nil {
		s.options.Logger.WarnContext(ctx, "create not refunded to the budget", "create", c.record.ID, "error", err)
	}
}

// uncertain records when the response was lost, and settles immediately: upstream may already have carried out the
// call.
func (s *Service) uncertain(ctx context.Context, c claimed, cause error) (outcome, error) {
	c.record.State, c.record.CutAt = CreateUncertain, s.options.Now()

	made, done, err := s.settle(ctx, c, cause)
	if err != nil || done {
		return made, err
	}
	s.suspend(ctx, c.record)

	return outcome{}, s.uncertainError(c.record, cause)
}

func (s *Service) drop(ctx context.Context, record CreateRecord) {
	if err := s.options.Creates.DropCreate(ctx, record.ID, record.Fence); err != nil {
		s.options.Logger.WarnContext(
			ctx, "create record not dropped; its lease expires automatically", "create", record.ID, "error", err,
		)
	}
}

// finishWithRetries retries for a few seconds: a resource that is not recorded is not covered by its grant.
func (s *Service) finishWithRetries(ctx context.Context, c claimed, made outcome) error {
	for pause := 50 * time.Millisecond; ; pause *= 4 {
		err := s.finish(ctx, c, made)
		if err == nil || pause > time.Second || errors.Is(err, ErrCreateFenced) || errors.Is(err, ErrDatabaseClaimed) {
			return err
		}
		time.Sleep(pause)
	}
}

func (s *Service) finish(ctx context.Context, c claimed, made outcome) error {
	sealed, err := s.sealAnswer(c.record, made)
	if err != nil {
		return err
	}
	action, detail := c.write.event(made)

	ctx = c.record.actor(ctx)

	return s.options.Creates.FinishCreate(ctx, Finished{
		ID: c.record.ID, GrantID: c.record.GrantID, Operation: c.record.Operation, Fence: c.record.Fence,
		DatabaseID: made.id, SealedAnswer: sealed,
		Event: keys.Event{
			At: s.options.Now(), Action: action, ConnectionID: c.record.ConnectionID, Detail: detail,
		},
	})
}

// actor sets who made the call. A caller who settles another caller's call is not its actor.
func (r CreateRecord) actor(ctx context.Context) context.Context {
	actor := keys.ActorOf(ctx)
	if actor.GrantID == r.GrantID {
		return ctx
	}

	return keys.WithActor(ctx, keys.Actor{Kind: keys.ActorServer, GrantID: r.GrantID, RequestID: actor.RequestID})
}
