// Package journal records what reached the stand-ins, so that a test can compare what a client really sent with what it
// should have sent, and a developer can watch it happen. Secrets are masked before an entry is stored.
package journal

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// The listeners that are recorded.
const (
	Upstash = "upstash"
	Issuer  = "issuer"
	Redis   = "redis"
)

// Targets lists the listeners.
func Targets() []string { return []string{Upstash, Issuer, Redis} }

// What bounds the memory a long soak can take: entries of each target, and bytes of what they tell in detail. The
// oldest go first.
const (
	maxEntries     = 10_000
	maxDetailBytes = 16 << 20
	maxPath        = 1024
	maxMethod      = 32
)

// OutcomeInFlight marks an entry whose request has no answer yet; OutcomeCommand one that is a Redis command and no
// request.
const (
	OutcomeInFlight = "in_flight"
	OutcomeCommand  = "command"
)

// Entry is one request. Status is 0 when no complete answer was sent: the request is in flight, or a fault ended the
// connection; and for a Redis command outside of HTTP, always.
type Entry struct {
	ID      uint64    `json:"id"`
	At      time.Time `json:"at"`
	Target  string    `json:"target"`
	Method  string    `json:"method"` // of a Redis command, its name
	Path    string    `json:"path"`   // of a Redis command, its database
	Status  int       `json:"status"`
	TookMS  float64   `json:"took_ms"` // until the answer was complete; 0 before
	Account string    `json:"account,omitempty"`
	Outcome string    `json:"outcome,omitempty"`
	Fault   string    `json:"fault,omitempty"`

	Request  *Message `json:"request,omitempty"`
	Response *Message `json:"response,omitempty"`
}

// Message is what a request or an answer said, secrets masked.
type Message struct {
	Query  string            `json:"query,omitempty"`
	Header map[string]string `json:"headers,omitempty"`
	Body   string            `json:"body,omitempty"`
	Bytes  int64             `json:"bytes"` // of the whole body, of which Body may be a part, or nothing
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

// Journal holds the last requests in the order of their arrival. It is safe for concurrent use.
type Journal struct {
	now    func() time.Time
	mask   *mask
	mu     sync.Mutex
	lists  map[string][]*kept
	lastID uint64

	changes uint64 // counts what happened to entries
	changed chan struct{}

	detailed []*kept // entries with messages, oldest first
	bytes    int     // of those messages
}

// kept is an entry, and the number of its last change.
type kept struct {
	Entry
	change uint64
	size   int
}

// New makes an empty journal. Its numbers continue from those of any that was there before, so that who followed that
// one follows this one.
func New(now func() time.Time) *Journal {
	first := uint64(time.Now().UnixMicro())

	return &Journal{
		now:     now,
		mask:    newMask(),
		lists:   map[string][]*kept{},
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
		// A tenth at a time keeps the cost of moving the rest low.
		list = slices.Clone(list[maxEntries/10:])
	}
	added := &kept{Entry: entry}
	j.lists[entry.Target] = append(list, added)
	j.touch(added)

	return &Record{journal: j, entry: added, begun: time.Now()}
}

// touch notes a change for those who follow.
func (j *Journal) touch(entry *kept) {
	j.changes++
	entry.change = j.changes
	close(j.changed)
	j.changed = make(chan struct{})
}

// detail counts what an entry's messages take, and takes those of the oldest away when it is too much.
func (j *Journal) detail(entry *kept) {
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

// Observe records one Redis command: its name, the database and how long it took. Neither keys nor values. A command
// that came by REST is recorded beside its request.
func (j *Journal) Observe(command, database string, took time.Duration) {
	j.begin(Entry{Target: Redis, Method: command, Path: database, Outcome: OutcomeCommand, TookMS: milliseconds(took)})
}

// Wrap records every request to the target before next sees it. The status is written down before the first byte
// leaves, so that a client which has its answer also finds it in the journal.
func (j *Journal) Wrap(target string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &exchange{mask: j.mask, quiet: target == Redis}

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

// cut bounds what a caller sent, on a boundary between characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}

	for most > 0 && text[most]&0xC0 == 0x80 {
		most--
	}

	return text[:most]
}
