package webhook

import (
	"context"
	"time"
)

// Store is the outbox. Every method is one transaction. Times that bound leases are compared with the database's clock,
// because servers' clocks differ; times of attempts come from the caller.
type Store interface {
	// LeaseEndpoint leases an endpoint that has an event due at now, is itself due, belongs to an enabled service other
	// than except, and is not leased; found is false when no endpoint is. Only the holder delivers its events until the
	// lease ends, so that each grant's events arrive in their order.
	LeaseEndpoint(ctx context.Context, holder, except string, now time.Time, lease time.Duration) (
		endpoint Endpoint, found bool, err error)
	// ExtendLease extends the holder's lease, and returns the endpoint as it is now. held is false when another holder
	// has the endpoint, or when its service was disabled.
	ExtendLease(ctx context.Context, serviceID, holder string, lease time.Duration) (
		endpoint Endpoint, held bool, err error)
	// ReleaseEndpoint ends the holder's lease and stores Failures and RetryAt.
	ReleaseEndpoint(ctx context.Context, holder string, endpoint Endpoint) error
	// Due lists events to deliver to an endpoint, at most one for each grant: its first pending one, if that is due at
	// now. Those with the fewest attempts come first, then the oldest.
	Due(ctx context.Context, serviceID string, now time.Time, most int) ([]Delivery, error)
	// RecordAttempt stores the outcome of an attempt, if the event is still pending and the holder has the lease;
	// otherwise recorded is false.
	RecordAttempt(ctx context.Context, holder string, delivery Delivery) (recorded bool, err error)

	// Endpoints lists all endpoints by service.
	Endpoints(ctx context.Context) ([]Endpoint, error)
	// PutEndpoint inserts or replaces the endpoint of a service, with exactly these secrets; ErrServiceNotFound of
	// package partner.
	PutEndpoint(ctx context.Context, endpoint Endpoint) error
	// ChangeEndpoint replaces the endpoint of a service by what change returns for the present one, if it exists. No
	// other change happens meanwhile. Errors: those of PutEndpoint and of change.
	ChangeEndpoint(
		ctx context.Context, serviceID string, change func(present Endpoint, exists bool) (Endpoint, error),
	) error
	// DeleteEndpoint deletes it; its pending events become unsent. ErrNoEndpoint.
	DeleteEndpoint(ctx context.Context, serviceID string) error

	// Deliveries lists deliveries, newest first.
	Deliveries(ctx context.Context, filter Filter) ([]Delivery, error)
	// Resend makes the matching events pending again, due at now, for another Retention. It returns their number.
	Resend(ctx context.Context, filter Filter, now time.Time) (int, error)
	// EventsAfter lists a service's events after a cursor, at most Retention old, oldest first. An event that appears
	// later has a higher cursor than all that were listed before: a reader misses none.
	EventsAfter(ctx context.Context, serviceID string, cursor int64, most int) ([]Event, error)
	// FeedPosition returns the newest event that EventsAfter lists, but none after eventID unless that is empty. found
	// is false without such an event.
	FeedPosition(ctx context.Context, serviceID, eventID string) (event Event, found bool, err error)
	// Counts returns how many events are in each state, and the time of the oldest pending one (zero if no event is
	// pending).
	Counts(ctx context.Context) (byState map[State]int64, oldestPending time.Time, err error)
}

// Filter selects deliveries; empty fields match all.
type Filter struct {
	ServiceID string
	EventID   string
	States    []State
	Most      int // 0: all
}
