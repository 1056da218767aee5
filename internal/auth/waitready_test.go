package auth

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitReady(t *testing.T) {
	keys := newKeys(t, 1)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.answers(down)
		set, _ := newSet(t, issuer, io.Discard)
		began := time.Now()

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		if err := set.WaitReady(short); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("without a read of the keys: got %v after %s, want DeadlineExceeded after 1 s", err, time.Since(began))
		}

		start(t, set, synctest.Wait) // the first read fails

		var waiting sync.WaitGroup
		for range 10 {
			waiting.Go(func() {
				if err := set.WaitReady(t.Context()); err != nil || set.Ready() != nil {
					t.Errorf("got %v and %v, want ready", err, set.Ready())
				}
			})
		}
		synctest.Wait()
		issuer.publish(keys[0].jwk(nil))
		waiting.Wait()
		// The first read failed. The next one starts one second later.
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("WaitReady returned %s after the start, want 2 s: the time of the successful read", took)
		}

		at := time.Now()
		if err := set.WaitReady(t.Context()); err != nil || time.Since(at) != 0 {
			t.Errorf("ready already: got %v after %s, want nil immediately", err, time.Since(at))
		}
	})
}

// WaitReady waits while the keys are too old.
func TestWaitReadyWhileTheKeysAreStale(t *testing.T) {
	keys := newKeys(t, 1)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{}
		issuer.publish(keys[0].jwk(nil))
		set, _ := newSet(t, issuer, io.Discard)
		start(t, set, synctest.Wait)
		issuer.answers(down)
		time.Sleep(set.options.MaxStale + time.Hour)

		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		if err := set.WaitReady(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
		issuer.publish(keys[0].jwk(nil))

		if err := set.WaitReady(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
