package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
)

// The rhythm of a stream: how long changes are gathered, how often a quiet one shows that it lives, and how long a
// reader may take for what was written. One who takes longer is dropped, and may come back with Last-Event-ID.
const (
	gatherChanges = 50 * time.Millisecond
	keepAlive     = 15 * time.Second
	slowestReader = 10 * time.Second
	maxStreams    = 32
)

// streamJournal sends entries as they come and change, as events of the HTML standard's section 9.2: of all targets,
// unless one is asked for. An entry is sent again when it changes; "last" begins with those that are there already. A
// reader holds nothing up and nothing is kept for it: it receives what has changed since its last read.
func (c *Control) streamJournal(w http.ResponseWriter, r *http.Request) {
	filter, err := journalFilter(r.URL.Query(), "all")
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}

	position := c.Journal.Position(filter)
	if raw := r.Header.Get("Last-Event-ID"); raw != "" {
		if seen, err := strconv.ParseUint(raw, 10, 64); err == nil && seen <= c.Journal.Position(journal.Filter{}) {
			position = seen // of an earlier run: everything of this one
		}
	}

	if c.streams.Add(1) > maxStreams {
		c.streams.Add(-1)
		refuse(w, http.StatusServiceUnavailable, "too many streams are open")
		return
	}
	defer c.streams.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	c.follow(w, r, filter, position)
}

func (c *Control) follow(w http.ResponseWriter, r *http.Request, filter journal.Filter, position uint64) {
	out := http.NewResponseController(w)

	send := func(text []byte) bool {
		// Not every connection has deadlines; then the system's buffers decide.
		_ = out.SetWriteDeadline(time.Now().Add(slowestReader))
		_, err := w.Write(text)
		return err == nil && out.Flush() == nil
	}
	if !send([]byte("retry: 1000\n\n")) {
		return
	}

	beat := time.NewTicker(keepAlive)
	defer beat.Stop()

	for {
		changes, next, changed := c.Journal.Changes(filter, position)
		if len(changes) > 0 && !send(events(changes)) {
			return
		}

		if behind := len(changes) > 0 && next == changes[len(changes)-1].Number; behind && position != next {
			position = next
			continue
		}
		position = next

		select {
		case <-changed:
			if !pause(r, gatherChanges) {
				return
			}
		case <-beat.C:
			if !send([]byte(": still here\n\n")) {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func events(changes []journal.Change) []byte {
	var text bytes.Buffer
	for _, change := range changes {
		// An entry holds nothing that cannot be encoded, and its JSON no line break.
		raw, _ := json.Marshal(change.Entry)
		fmt.Fprintf(&text, "id: %d\nevent: entry\ndata: %s\n\n", change.Number, raw)
	}

	return text.Bytes()
}

func pause(r *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-r.Context().Done():
		return false
	}
}
