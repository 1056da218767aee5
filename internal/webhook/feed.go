package webhook

import (
	"context"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
)

const (
	// LongestFeedWait bounds how long a reader may wait for an event.
	LongestFeedWait = 25 * time.Second

	feedPoll   = 500 * time.Millisecond
	feedEvents = 100 // in one response

	// Readers that wait at the same time; further ones get an immediate response.
	feedWaiting          = 100
	feedWaitingOfService = 10
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

	mu      sync.Mutex
	waiting map[string]int // by service
	total   int
}

// Page is a part of a service's events, oldest first.
type Page struct {
	Events []Event
	Next   string // the position after these events
}

// After returns the service's events after a position: the id of an event, FromStart or FromLatest. Without an event
// there, it waits for one. An id that is not stored, or no longer, means FromStart: a reader may see an event twice,
// but misses none. Errors: insufficient_scope.
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

	if wait > 0 && f.enter(principal.Service.ID) {
		defer f.leave(principal.Service.ID)
	} else {
		wait = 0
	}

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

// enter reports whether one more reader of a service may wait. One service cannot use every place.
func (f *Feed) enter(serviceID string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()

	if f.total >= feedWaiting || f.waiting[serviceID] >= feedWaitingOfService {
		return false
	}

	if f.waiting == nil {
		f.waiting = map[string]int{}
	}
	f.waiting[serviceID]++
	f.total++

	return true
}

func (f *Feed) leave(serviceID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.total--

	if f.waiting[serviceID]--; f.waiting[serviceID] == 0 {
		delete(f.waiting, serviceID)
	}
}

// locate returns the cursor of a position, and a page without events that stays there.
func (f *Feed) locate(ctx context.Context, serviceID, position string) (page Page, cursor int64, err error) {
	if position == "" || position == FromStart {
		return Page{Next: FromStart}, 0, nil
	}

	if position == FromLatest {
		position = ""
	}

	event, found, err := f.Store.FeedPosition(ctx, serviceID, position)
	if err != nil || !found {
		return Page{Next: FromStart}, 0, err
	}

	return Page{Next: event.ID}, event.Cursor, nil
}
