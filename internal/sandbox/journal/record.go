package journal

import (
	"context"
	"net/http"
	"time"
)

type recordKey struct{}

// Record is the entry of the current request. All its methods work on a nil Record, so that code shared with an
// unrecorded listener need not check.
type Record struct {
	journal *Journal
	entry   *storedEntry
	start   time.Time
}

// From returns the record of the request, or nil if the request is not recorded.
func From(ctx context.Context) *Record {
	record, _ := ctx.Value(recordKey{}).(*Record)
	return record
}

// Account records the account that sent the request.
func (r *Record) Account(email string) { r.set(func(e *Entry) { e.Account = email }) }

// Outcome records what the request did, or why it did nothing.
func (r *Record) Outcome(outcome string) { r.set(func(e *Entry) { e.Outcome = outcome }) }

// Fault records the fault that was injected into the request.
func (r *Record) Fault(fault string) { r.set(func(e *Entry) { e.Fault = fault }) }

func (r *Record) set(change func(*Entry)) {
	if r == nil {
		return
	}
	r.journal.mu.Lock()
	defer r.journal.mu.Unlock()
	change(&r.entry.Entry)
	r.journal.touch(r.entry)
}

func (r *Record) status(status int) {
	r.set(func(e *Entry) {
		if e.Status != 0 {
			return
		}

		e.Status = status
		if e.Outcome == OutcomeInFlight {
			e.Outcome = ""
		}
	})
}

// finish records the duration, the request and the response.
func (r *Record) finish(seen *recordedCall) {
	took := time.Since(r.start)
	r.journal.mu.Lock()

	answered, query := r.entry.Status != 0, ""
	if r.entry.Request != nil {
		query = r.entry.Request.Query
	}
	r.journal.mu.Unlock()
	// Masking takes a while, so it runs outside the lock.
	request, response := seen.messages(answered)
	request.Query = query

	r.journal.mu.Lock()
	defer r.journal.mu.Unlock()

	r.entry.TookMS = milliseconds(took)
	if r.entry.Outcome == OutcomeInFlight {
		r.entry.Outcome = ""
	}
	r.entry.Request, r.entry.Response = request, response
	r.journal.detail(r.entry)
	r.journal.touch(r.entry)
}

type statusWriter struct {
	http.ResponseWriter
	record *Record
	seen   *recordedCall
}

func (w *statusWriter) WriteHeader(status int) {
	w.record.status(status)
	w.ResponseWriter.WriteHeader(status)
	w.seen.answered(w.Header())
}

func (w *statusWriter) Write(body []byte) (int, error) {
	w.record.status(http.StatusOK)
	w.seen.answered(w.Header())

	if !w.seen.quiet {
		w.seen.responseBody.add(body)
	}

	return w.ResponseWriter.Write(body)
}

// Unwrap gives http.ResponseController access to the connection, which a fault may have to close.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
