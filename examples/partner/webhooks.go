package main

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	connect "github.com/upstash-connect/bff/clients/go"
)

const (
	mostBytes  = 64 << 10 // of a webhook
	mostEvents = 100      // that the product remembers
)

// receiveWebhook accepts an event if its signature is right. Every 2xx says "received": the event is not sent again.
func (s *shop) receiveWebhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBytes))
	if err != nil {
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		return
	}

	event, err := connect.ParseWebhook(s.secret, r.Header, body)
	if err != nil {
		http.Error(w, "the signature does not match", http.StatusUnauthorized)
		return
	}

	s.news.add(event)
	w.WriteHeader(http.StatusNoContent)
}

// news is what webhooks have told. A product would keep it in its own database.
type news struct {
	mu      sync.Mutex
	events  []connect.Event // newest last
	count   map[string]int  // of all events by user, also of those that are forgotten
	latest  map[string]int  // sequence by grant: an older event may arrive after a newer one
	changed chan struct{}   // closed at the next event
}

func newNews() *news {
	return &news{count: map[string]int{}, latest: map[string]int{}, changed: make(chan struct{})}
}

// add drops an event that arrives twice, and one that is older than the latest: each contains all of its grant.
func (n *news) add(event connect.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	grant := event.Data.Grant.ID

	twice := slices.ContainsFunc(n.events, func(e connect.Event) bool { return e.ID == event.ID })
	if twice || event.Data.Sequence <= n.latest[grant] {
		return
	}

	n.latest[grant] = event.Data.Sequence
	n.count[event.Data.Grant.ExternalID]++
	n.events = append(n.events, event)

	if len(n.events) > mostEvents {
		n.events = slices.Delete(n.events, 0, 1)
	}

	close(n.changed)
	n.changed = make(chan struct{})
}

// of returns the events of one user, newest first.
func (n *news) of(who user) (found []connect.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()

	for _, event := range slices.Backward(n.events) {
		if event.Data.Grant.ExternalID == who.ID {
			found = append(found, event)
		}
	}

	return found
}

// arrived returns how many events of one user have arrived, and a channel that closes when there may be more.
func (n *news) arrived(who user) (count int, changed <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()

	return n.count[who.ID], n.changed
}

// streamNews tells an open page that there is something new to read (Server-Sent Events, HTML section 9.2).
func (s *shop) streamNews(w http.ResponseWriter, r *http.Request, who user) {
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(w)

	alive := time.NewTicker(20 * time.Second)
	defer alive.Stop()

	told := -1

	for {
		count, changed := s.news.arrived(who)
		if count != told {
			told = count
			_, _ = io.WriteString(w, "data: look\n\n")
		}

		if err := flusher.Flush(); err != nil {
			return
		}

		select {
		case <-r.Context().Done():
			return
		case <-changed:
		case <-alive.C:
			_, _ = io.WriteString(w, ": still here\n\n")
		}
	}
}
