package fault

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
)

// Wrap applies the rules for target to the requests to next. email returns the e-mail of a request's caller. stopping
// ends delays when the server stops. A caller that disconnects does not end them: a real server would not notice
// either and would still do the work, late.
func (s *Set) Wrap(
	stopping context.Context, target string, email func(*http.Request) string, next http.Handler,
) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := headerFault(r); ok {
			do, err := parseDo(text)
			if err != nil {
				http.Error(w, Header+": "+err.Error(), http.StatusBadRequest)
				return
			}
			s.requested(do).play(stopping, w, r, email, next)

			return
		}

		callerEmail := sync.OnceValue(func() string { return email(r) })
		if s.selectsAccounts(target) {
			callerEmail() // it may read a slow body, so not under the lock
		}

		found, ok := s.choose(target, r, callerEmail)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		found.play(stopping, w, r, email, next)
	})
}

func (p play) play(
	stopping context.Context,
	w http.ResponseWriter,
	r *http.Request,
	email func(*http.Request) string,
	next http.Handler,
) {
	journal.From(r.Context()).Fault(p.name())

	if !sleep(stopping, p.wait) {
		panic(http.ErrAbortHandler)
	}

	if p.COOP != "" {
		w.Header().Set("Cross-Origin-Opener-Policy", p.COOP)
	}

	if p.Status != 0 {
		words := func() []string { return nil }
		if p.Fill {
			words = func() []string { return fillings(r, email(r)) }
		}
		next = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { p.madeUp(w, words()) })
	}
	p.answer(stopping, w, r, next)
}

func (d Do) answer(stopping context.Context, w http.ResponseWriter, r *http.Request, next http.Handler) {
	work := func() *recorder {
		recorder := newRecorder(w)
		next.ServeHTTP(recorder, r)
		return recorder
	}
	switch {
	case d.Drop == BeforeCommit:
		hangUp(w, nil, d.Reset)
	case d.Drop == AfterCommit:
		work()
		hangUp(w, nil, d.Reset)
	case d.Hang == BeforeCommit:
		hang(stopping, r)
	case d.Hang == AfterCommit:
		work()
		hang(stopping, r)
	case d.CutAtByte != nil:
		raw, _ := work().raw(r)
		hangUp(w, raw[:min(*d.CutAtByte, len(raw))], d.Reset)
	case d.CutInBody:
		raw, body := work().raw(r)
		hangUp(w, raw[:len(raw)-(body+1)/2], d.Reset)
	case d.Spoil != "":
		recorder := work()
		spoilers[d.Spoil](recorder)
		recorder.send(w)
	case d.GzipBombMB > 0:
		bomb(w, work(), d.GzipBombMB)
	case d.PadMB > 0:
		pad(w, work(), d.PadMB)
	case d.TrickleMS > 0:
		trickle(stopping, w, r, work(), time.Duration(d.TrickleMS)*time.Millisecond)
	default:
		next.ServeHTTP(w, r)
	}
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

// hang sends nothing until the caller disconnects or the server stops.
func hang(stopping context.Context, r *http.Request) {
	// net/http notices that a caller disconnected only after the body was read.
	_, _ = io.Copy(io.Discard, r.Body)
	select {
	case <-r.Context().Done():
	case <-stopping.Done():
	}
	panic(http.ErrAbortHandler)
}
