package webhook

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
)

const (
	// LongestFeedWait bounds how long a reader may wait for an event.
	LongestFeedWait = 25 * time.Second

	feedPoll    = 500 * time.Millisecond
	feedEvents  = 100 // in one response
	feedWaiting = 100 // readers that wait at the same time; further ones get an immediate response
)

// The positions at which a reader can begin, besides the id of an event.
const (
	FromStart  = "start"  // with the oldest stored event; also ""
	FromLatest = "latest" // with the next event
)

// Feed lets a service read its events instead of receiving them, as a developer's machine does.
type Feed struct {
	Store    Store
	Stopping func() bool // whether the server stops: then nobody waits
	waiting  atomic.Int64
}

// Page is a part of a service's events, oldest first.
type Page struct {
	Events []Event
	Next   string // the position after these events
}

// After returns the service's events after a position: the id of an event, FromStart or FromLatest. If there is none,
// it waits for one. An id that is not stored, or no longer, means FromStart: a reader may see an event twice, but
// misses none. Errors: insufficient_scope.
func (f *Feed) After(
	ctx context.Context, principal partner.Principal, position string, wait time.Duration,
) (Page, error) {
	if err := principal.Require(partner.ScopeGrants); err != nil {
		return Page{}, err
	}

	page, cursor, err := f.locate(ctx, principal.Service.ID, position)
	if err != nil {
		return Page{}, err
	}

	if f.waiting.Add(1) > feedWaiting {
		wait = 0
	}
	defer f.waiting.Add(-1)

	for deadline := time.Now().Add(min(wait, LongestFeedWait)); ; {
		page.Events, err = f.Store.EventsAfter(ctx, principal.Service.ID, cursor, feedEvents)
		if err != nil {
			return Page{}, err
		}

		if found := len(page.Events); found > 0 {
			page.Next = page.Events[found-1].ID
			return page, nil
		}

		if !time.Now().Before(deadline) || f.Stopping() {
			return page, nil
		}

		select {
		case <-ctx.Done():
			return page, nil
		case <-time.After(feedPoll):
		}
	}
}

// locate returns the cursor of a position, and a page without events that stays there.
func (f *Feed) locate(ctx context.Context, serviceID, position string) (page Page, cursor int64, err error) {
	filter := Filter{ServiceID: serviceID, Most: 1}

	switch position {
	case "", FromStart:
		return Page{Next: FromStart}, 0, nil
	case FromLatest: // the newest event, whatever its id
	default:
		filter.EventID = position
	}

	found, err := f.Store.Deliveries(ctx, filter)
	if err != nil || len(found) == 0 {
		return Page{Next: FromStart}, 0, err
	}

	return Page{Next: found[0].ID}, found[0].Cursor, nil
}
