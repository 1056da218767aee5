package limit

import (
	"context"
	"time"
)

// Store keeps a theoretical arrival time for each limit and caller. Every method is one transaction, by the database's
// clock alone: several servers share a limit, and the clock of none of them counts.
type Store interface {
	// Charge moves the caller's time on by the rate's Every, unless that would put it further ahead than the rate's
	// Burst. It returns whether it did, and how far ahead the time lies then.
	Charge(ctx context.Context, name string, caller Caller, rate Rate) (charged bool, ahead time.Duration, err error)
	// Ahead returns how far ahead the caller's time lies; zero or less when it does not.
	Ahead(ctx context.Context, name string, caller Caller) (time.Duration, error)
	// Refund moves the caller's time back by the rate's Every.
	Refund(ctx context.Context, name string, caller Caller, rate Rate) error
}

// Ledger is a limit that is kept in a database: exact across servers and restarts. It is safe for concurrent use.
type Ledger struct {
	name  string
	rate  Rate
	store Store
}

// NewLedger makes a limit of this name and rate.
func NewLedger(name string, rate Rate, store Store) *Ledger {
	return &Ledger{name: name, rate: rate, store: store}
}

// Take charges the caller one unit, or returns an *ExceededError.
func (l *Ledger) Take(ctx context.Context, caller Caller) error {
	if l.rate.Off() {
		return nil
	}

	charged, ahead, err := l.store.Charge(ctx, l.name, caller, l.rate)
	if err != nil {
		return err
	}

	return judge(ctx, l.name, l.rate, ahead, !charged)
}

// Check returns the *ExceededError that Take would return now, and charges nothing.
func (l *Ledger) Check(ctx context.Context, caller Caller) error {
	if l.rate.Off() {
		return nil
	}

	ahead, err := l.store.Ahead(ctx, l.name, caller)
	if err != nil {
		return err
	}
	// A time that this rate could not have brought so far ahead is put right by Charge, so it is left to Take.
	refused := ahead > l.rate.Burst()-l.rate.Every() && ahead <= l.rate.Burst()

	return judge(ctx, l.name, l.rate, ahead, refused)
}

// Refund gives back a unit whose use came to nothing.
func (l *Ledger) Refund(ctx context.Context, caller Caller) error {
	if l.rate.Off() {
		return nil
	}

	return l.store.Refund(ctx, l.name, caller, l.rate)
}
