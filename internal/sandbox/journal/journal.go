// Package journal records which requests reached the Developer API stand-in, so
// that a test can compare what a client really sent with what it should have
// sent. It keeps neither headers nor bodies nor queries, hence no secret.
package journal

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// capacity bounds the memory a long soak can take.
const capacity = 10_000

// OutcomeInFlight marks an entry whose request has no answer yet.
const OutcomeInFlight = "in_flight"

// Entry is one request. Status is 0 when no complete answer was sent: the
// request is in flight, or a fault ended the connection.
type Entry struct {
	At      time.Time `json:"at"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Status  int       `json:"status"`
	Account string    `json:"account,omitempty"`
	Outcome string    `json:"outcome,omitempty"`
	Fault   string    `json:"fault,omitempty"`
}

// Journal holds the last requests in the order of their arrival.
type Journal struct {
	now     func() time.Time
	mu      sync.Mutex
	entries []*Entry
}

// New makes an empty journal.
func New(now func() time.Time) *Journal { return &Journal{now: now} }

// Since returns the entries that arrived after t, oldest first.
func (j *Journal) Since(t time.Time) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	found := []Entry{}
	for _, entry := range j.entries {
		if entry.At.After(t) {
			found = append(found, *entry)
		}
	}
	return found
}

func (j *Journal) begin(r *http.Request) *Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.entries) >= capacity {
		// A tenth at a time keeps the cost of moving the rest low.
		j.entries = append([]*Entry(nil), j.entries[capacity/10:]...)
	}
	entry := &Entry{At: j.now().UTC(), Method: r.Method, Path: r.URL.EscapedPath(), Outcome: OutcomeInFlight}
	j.entries = append(j.entries, entry)
	return &Record{journal: j, entry: entry}
}

// Wrap records every request before next sees it. The status is written down
// before the first byte leaves, so that a client which has its answer also
// finds it in the journal.
func (j *Journal) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		record := j.begin(r)
		defer record.finish()
		ctx := context.WithValue(r.Context(), recordKey{}, record)
		next.ServeHTTP(&statusWriter{ResponseWriter: w, record: record}, r.WithContext(ctx))
	})
}
