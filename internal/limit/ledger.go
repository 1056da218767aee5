package limit

import (
	"context"
	"time"
)

// Store stores a theoretical arrival time for each limit and caller. Every method is one transaction and uses the
// database's clock, because several servers with different clocks share a limit.
type Store interface {
	// Charge advances the caller's time by the rate's Every, unless it would then be more than the rate's Burst in the
	// future. It returns whether it advanced the time, and how far in the future the time is.
	Charge(ctx context.Context, name string, caller Caller, rate Rate) (charged bool, ahead time.Duration, err error)
	// Ahead returns how far the caller's time is in the future. It is zero or negative for a time in the past.
	Ahead(ctx context.Context, name string, caller Caller) (time.Duration, error)
	// Refund sets the caller's time back by the rate's Every.
	Refund(ctx context.Context, name string, caller Caller, rate Rate) error
}

// Ledger is a limit with its state in a database: exact across servers and restarts. It is safe for concurrent use.
type Ledger struct {
	name  string
	rate  Rate
	store Store
}

// NewLedger creates a limit with a name and a rate.
func NewLedger(name string, rate Rate, store Store) *Ledger {
	return &Ledger{name: name, rate: rate, store: store}
}

// Take consumes one unit of the caller's quota, or returns an *ExceededError.
func (l *Ledger) Take(ctx context.Context, caller Caller) error {
	if l.rate.Off() {
		return nil
	}

	charged, ahead, err := l.store.Charge(ctx, l.name, caller, l.rate)
	if err != nil {
		return err
	}

	return evaluate(ctx, l.name, l.rate, ahead, !charged)
}

// Check returns the *ExceededError that Take would return now, but consumes nothing.
func (l *Ledger) Check(ctx context.Context, caller Caller) error {
	if l.rate.Off() {
		return nil
	}

	ahead, err := l.store.Ahead(ctx, l.name, caller)
	if err != nil {
		return err
	}
	// Another rate may have set the time further ahead than Burst. Charge corrects such a time, so Check accepts it.
	exceeded := ahead > l.rate.Burst()-l.rate.Every() && ahead <= l.rate.Burst()

	return evaluate(ctx, l.name, l.rate, ahead, exceeded)
}

// Refund returns a unit to the caller's quota, after an operation that did not happen.
func (l *Ledger) Refund(ctx context.Context, caller Caller) error {
	if l.rate.Off() {
		return nil
	}

	return l.store.Refund(ctx, l.name, caller, l.rate)
}
