// Package journal records the requests to the stand-ins, so that a test can compare what a client sent with what it
// should have sent, and a developer can watch. It masks secrets before it stores an entry.
package journal

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// The recorded listeners.
const (
	Upstash = "upstash"
	Issuer  = "issuer"
	Redis   = "redis"
)

// Targets lists the listeners.
func Targets() []string { return []string{Upstash, Issuer, Redis} }

// The limits on memory during a long soak test: entries of each target, and bytes of recorded messages. The oldest
// are dropped first.
const (
	maxEntries     = 10_000
	maxDetailBytes = 16 << 20
	maxPath        = 1024
	maxMethod      = 32
)

// OutcomeInFlight marks a request without a response yet; OutcomeCommand a Redis command that was not an HTTP
// request.
const (
	OutcomeInFlight = "in_flight"
	OutcomeCommand  = "command"
)

// Entry is one request. Status is 0 if no complete response was sent: the request is in flight, or a fault ended the
// connection. It is always 0 for a Redis command outside of HTTP.
type Entry struct {
	ID      uint64    `json:"id"`
	At      time.Time `json:"at"`
	Target  string    `json:"target"`
	Method  string    `json:"method"` // for a Redis command, its name
	Path    string    `json:"path"`   // for a Redis command, its database
	Status  int       `json:"status"`
	TookMS  float64   `json:"took_ms"` // until the response was complete; 0 before
	Account string    `json:"account,omitempty"`
	Outcome string    `json:"outcome,omitempty"`
	Fault   string    `json:"fault,omitempty"`

	Request  *Message `json:"request,omitempty"`
	Response *Message `json:"response,omitempty"`
}

// Message is the content of a request or a response, with secrets masked.
type Message struct {
	Query  string            `json:"query,omitempty"`
	Header map[string]string `json:"headers,omitempty"`
	Body   string            `json:"body,omitempty"`
	Bytes  int64             `json:"bytes"` // of the complete body; Body may hold part of it, or nothing
}

func (m *Message) size() int {
	if m == nil {
		return 0
	}

	size := len(m.Query) + len(m.Body)
	for name, value := range m.Header {
		size += len(name) + len(value)
	}

	return size
}

// Journal holds the last requests in order of arrival. It is safe for concurrent use.
type Journal struct {
	now    func() time.Time
	mask   *mask
	mu     sync.Mutex
	lists  map[string][]*storedEntry
	lastID uint64

	changes uint64 // the number of changes to entries so far
	changed chan struct{}

	detailed []*storedEntry // entries with messages, oldest first
	bytes    int            // of those messages
}

// storedEntry is an entry and the number of its last change.
type storedEntry struct {
	Entry
	change uint64
	size   int
}

// New makes an empty journal. Its numbers continue from those of the previous journal, so that its readers can
// continue with this one.
func New(now func() time.Time) *Journal {
	first := uint64(time.Now().UnixMicro())

	return &Journal{
		now:     now,
		mask:    newMask(),
		lists:   map[string][]*storedEntry{},
		lastID:  first,
		changes: first,
		changed: make(chan struct{}),
	}
}

// begin adds an entry.
func (j *Journal) begin(entry Entry) *Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lastID++
	entry.ID, entry.At = j.lastID, j.now().UTC()
	entry.Method, entry.Path = cut(entry.Method, maxMethod), cut(entry.Path, maxPath)

	list := j.lists[entry.Target]
	if len(list) >= maxEntries {
		// Dropping a tenth at a time keeps the cost of moving the rest low.
		list = slices.Clone(list[maxEntries/10:])
	}
	added := &storedEntry{Entry: entry}
	j.lists[entry.Target] = append(list, added)
	j.touch(added)

	return &Record{journal: j, entry: added, start: time.Now()}
}

// touch records a change for the readers of Changes.
func (j *Journal) touch(entry *storedEntry) {
	j.changes++
	entry.change = j.changes
	close(j.changed)
	j.changed = make(chan struct{})
}

// detail counts the bytes of an entry's messages, and drops the oldest messages when there are too many.
func (j *Journal) detail(entry *storedEntry) {
	size := entry.Request.size() + entry.Response.size()
	if size == 0 {
		return
	}

	if entry.size == 0 {
		j.detailed = append(j.detailed, entry)
	}
	j.bytes += size - entry.size

	entry.size = size
	for len(j.detailed) > 0 && (j.bytes > maxDetailBytes || len(j.detailed) > maxEntries) {
		oldest := j.detailed[0]
		j.detailed = j.detailed[1:]
		j.bytes -= oldest.size
		oldest.Request, oldest.Response, oldest.size = nil, nil, 0
	}
}

// Observe records one Redis command: its name, its database and its duration, but neither keys nor values. A command
// that came by REST has its own entry in addition to its request's.
func (j *Journal) Observe(command, database string, took time.Duration) {
	j.begin(Entry{Target: Redis, Method: command, Path: database, Outcome: OutcomeCommand, TookMS: milliseconds(took)})
}

// Wrap records every request to the target before next handles it. It records the status before the first byte is
// sent, so that a client that has its response also finds it in the journal.
func (j *Journal) Wrap(target string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &recordedCall{mask: j.mask, quiet: target == Redis}

		record := j.begin(Entry{
			Target:  target,
			Method:  r.Method,
			Path:    pathOf(target, r),
			Outcome: OutcomeInFlight,
			Request: seen.request(r),
		})
		defer record.finish(seen)
		ctx := context.WithValue(r.Context(), recordKey{}, record)
		next.ServeHTTP(&statusWriter{ResponseWriter: w, record: record, seen: seen}, r.WithContext(ctx))
	})
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// cut limits a caller's text, at a character boundary.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}

	for most > 0 && text[most]&0xC0 == 0x80 {
		most--
	}

	return text[:most]
}
