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

// The timing of a stream: how long it gathers changes, how often a quiet stream sends a sign of life, and how long a
// reader may take to read what was written. A slower reader is disconnected and may resume with Last-Event-ID.
const (
	gatherChanges = 50 * time.Millisecond
	keepAlive     = 15 * time.Second
	slowestReader = 10 * time.Second
	maxStreams    = 32
)

// streamJournal sends entries as they arrive and change, as server-sent events (HTML standard, section 9.2). It
// covers all targets unless target names one. An entry is sent again when it changes. With "last", the stream starts
// with the last existing entries. A slow reader holds nothing up and has no buffer: each read returns what changed
// since the previous one.
func (c *Control) streamJournal(w http.ResponseWriter, r *http.Request) {
	filter, err := journalFilter(r.URL.Query(), "all")
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}

	position := c.Journal.Position(filter)
	if raw := r.Header.Get("Last-Event-ID"); raw != "" {
		if seen, err := strconv.ParseUint(raw, 10, 64); err == nil && seen <= c.Journal.Position(journal.Filter{}) {
			position = seen // from an earlier run: send all of this run
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
		// Not every connection supports deadlines; without one, the system's buffers decide.
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
		// Encoding an entry cannot fail, and its JSON has no line break.
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
