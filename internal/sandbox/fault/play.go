package fault

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
)

// Wrap plays the rules for target on the requests to next. email reads whose
// request it is. stopping ends delays when the server stops; a caller who gives
// up does not end them, because a real server would not notice either: it does
// the work all the same, late.
func (s *Set) Wrap(stopping context.Context, target string, email func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		do, found := s.take(target, r, func() string { return email(r) })
		if !found {
			next.ServeHTTP(w, r)
			return
		}
		journal.From(r.Context()).Fault(do.name())
		if !sleep(stopping, time.Duration(do.DelayMS)*time.Millisecond) {
			panic(http.ErrAbortHandler)
		}
		do.play(w, r, next)
	})
}

func sleep(stopping context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stopping.Done():
		return false
	}
}

func (d Do) play(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if d.COOP != "" {
		w.Header().Set("Cross-Origin-Opener-Policy", d.COOP)
	}
	if d.Status != 0 {
		next = http.HandlerFunc(d.madeUp)
	}
	switch {
	case d.Drop == DropBeforeCommit:
		hangUp(w, nil)
	case d.Drop == DropAfterCommit:
		next.ServeHTTP(newRecorder(w), r)
		hangUp(w, nil)
	case d.CutAtByte != nil:
		recorder := newRecorder(w)
		next.ServeHTTP(recorder, r)
		raw := recorder.raw(r)
		hangUp(w, raw[:min(*d.CutAtByte, len(raw))])
	default:
		next.ServeHTTP(w, r)
	}
}

// madeUp answers what the rule says instead of asking the stand-in.
func (d Do) madeUp(w http.ResponseWriter, _ *http.Request) {
	body := []byte(d.Body)
	var text string
	if json.Unmarshal(d.Body, &text) == nil {
		body = []byte(text)
	} else if len(body) > 0 {
		w.Header().Set("Content-Type", "application/json")
	}
	for name, value := range d.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(d.Status)
	_, _ = w.Write(body)
}

// hangUp sends last, which may be nothing, and closes the connection.
func hangUp(w http.ResponseWriter, last []byte) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// Ends the connection without an answer, if less surely.
		panic(http.ErrAbortHandler)
	}
	// Errors here mean that the caller hung up first, which is as well.
	_, _ = connection.Write(last)
	_ = connection.Close()
}
