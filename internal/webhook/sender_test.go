package webhook_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/webhook"
)

// The receiver is down for an hour, and then for half of each ten minutes of a day. Every event arrives.
func TestEveryEventArrivesAtAReceiverThatFails(t *testing.T) {
	for name, row := range map[string]struct {
		lasts, step time.Duration
		up          func(since time.Duration) bool
	}{
		"down for an hour": {3 * time.Hour, time.Minute, func(since time.Duration) bool { return since > time.Hour }},
		"flapping for a day": {26 * time.Hour, 5 * time.Minute, func(since time.Duration) bool {
			return since > 24*time.Hour || since%(10*time.Minute) >= 5*time.Minute
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o, clock := newOutbox(t), newClock()
			start := clock.Now()

			var rejects atomic.Int64

			r := newReceiver(t, func(w http.ResponseWriter, request *http.Request) bool {
				if row.up(clock.Now().Sub(start)) {
					return false
				}

				if rejects.Add(1)%2 == 0 { // as often no response at all as an error
					panic(http.ErrAbortHandler)
				}
				_, _ = io.Copy(io.Discard, request.Body)
				w.WriteHeader(http.StatusServiceUnavailable)

				return true
			})
			r.secret = o.endpoint(t, serviceID, r.URL)
			sender := o.sender(t, "a", func(options *webhook.Options) { options.Now = clock.Now })

			const users = 12
			for n := range users {
				o.grant(t, serviceID, fmt.Sprint("user-", n))
			}

			for clock.Now().Sub(start) < row.lasts {
				if clock.Now().Sub(start) < 30*time.Minute {
					o.flip(t)
				}

				if _, err := sender.Drain(t.Context()); err != nil {
					t.Fatal(err)
				}
				clock.advance(row.step)
			}

			deliveries, err := o.Deliveries(t.Context(), webhook.Filter{})
			if err != nil {
				t.Fatal(err)
			}

			for _, delivery := range deliveries {
				if delivery.State != webhook.Delivered {
					t.Errorf("%s of %s is %s after %d attempts: %s", delivery.Type, delivery.GrantID, delivery.State,
						delivery.Attempts, delivery.LastError)
				}
			}

			if got := r.received(t); got != len(deliveries) || got < users*10 || rejects.Load() == 0 {
				t.Errorf("got %d of %d events, %d rejected", got, len(deliveries), rejects.Load())
			}
		})
	}
}

// After 72 hours without success, the event fails, and the grant's next one is tried.
func TestDeliveryIsGivenUpAfterItsRetention(t *testing.T) {
	o, clock := newOutbox(t), newClock()
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadRequest)
		return true
	})
	o.endpoint(t, serviceID, r.URL)

	var outcomes sync.Map

	sender := o.sender(t, "a", func(options *webhook.Options) {
		options.Now = clock.Now
		options.Observe = func(outcome webhook.Outcome) { outcomes.Store(outcome, true) }
	})
	o.grant(t, serviceID, "user")

	attempts, start := 0, clock.Now()
	for clock.Now().Sub(start) < webhook.Retention+2*time.Hour {
		made, err := sender.Drain(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		attempts += made
		clock.advance(10 * time.Minute)
	}

	deliveries, err := o.Deliveries(t.Context(), webhook.Filter{})
	if err != nil || len(deliveries) != 1 {
		t.Fatalf("%+v, %v", deliveries, err)
	}

	got := deliveries[0]
	if got.State != webhook.Failed || got.LastStatus != 400 || got.LastError != "HTTP status 400" ||
		got.Attempts != attempts {
		t.Errorf("got %+v, want it failed after %d attempts", got, attempts)
	}

	if _, given := outcomes.Load(webhook.OutcomeGivenUp); !given || attempts < 72 || attempts > 100 {
		t.Errorf("%d attempts, given up: %t", attempts, given)
	}
}

// A receiver that holds every request until it is cut off delays nobody else's events: they arrive before the first
// request to it has ended.
func TestSlowReceiverDelaysNobodyElse(t *testing.T) {
	o := newOutbox(t)
	ctx, stop := context.WithCancel(t.Context())

	var arrived, ended atomic.Int64

	held := make(chan struct{})
	slow := newReceiver(t, func(_ http.ResponseWriter, request *http.Request) bool {
		_, _ = io.Copy(io.Discard, request.Body) // only then does the server notice that the client has gone
		arrived.Add(1)

		select {
		case <-held:
		case <-request.Context().Done():
			ended.Add(1)
		}

		return true
	})
	o.endpoint(t, serviceID, slow.URL)

	quick := newReceiver(t, nil)
	o.service(t, "quick")
	quick.secret = o.endpoint(t, "quick", quick.URL)

	for n := range 20 {
		o.grant(t, serviceID, fmt.Sprint("user-", n))
	}

	var running sync.WaitGroup
	sender := o.sender(t, "a", nil)
	running.Go(func() { sender.Run(ctx) })
	eventually(t, "the slow receiver holds requests", func() bool { return arrived.Load() > 0 })

	for n := range 20 {
		o.grant(t, "quick", fmt.Sprint("user-", n))
	}
	eventually(t, "the quick receiver has all its events", func() bool { return quick.received(t) == 20 })

	if ended.Load() != 0 {
		t.Errorf("%d requests to the slow receiver had ended before", ended.Load())
	}
	close(held)
	stop()
	running.Wait()
}

// A backlog takes many rounds. A new URL, and the end of a secret, apply from the next round on.
func TestChangedEndpointAppliesToTheBacklog(t *testing.T) {
	o := newOutbox(t)
	endpoints := webhook.Endpoints{Store: o.DB, Sealer: o.box}
	successor := newReceiver(t, nil)

	var changed sync.Once

	first := newReceiver(t, func(http.ResponseWriter, *http.Request) bool {
		changed.Do(func() {
			if _, err := endpoints.Set(t.Context(), serviceID, successor.URL); err != nil {
				t.Error(err)
			}

			secret, err := endpoints.Rotate(t.Context(), serviceID, 0)
			if err != nil {
				t.Error(err)
			}

			successor.mu.Lock()
			defer successor.mu.Unlock()
			successor.secret = secret
		})

		return true
	})
	o.endpoint(t, serviceID, first.URL)

	const users = 40
	for n := range users {
		o.grant(t, serviceID, fmt.Sprint("user-", n))
	}

	if attempts, err := o.sender(t, "a", nil).Drain(t.Context()); err != nil || attempts != users {
		t.Errorf("%d attempts, %v", attempts, err)
	}

	if got := successor.received(t); got < users-8 || got == users { // one round went to the first
		t.Errorf("%d of %d events arrived at the new URL", got, users)
	}
}

// A server whose configuration has no secrets of the built-in service leaves its events to one that has.
func TestOnlyServersWithTheSecretServeTheBuiltInService(t *testing.T) {
	o := newOutbox(t)
	r := newReceiver(t, nil)
	r.secret = webhook.NewSecret()
	o.service(t, partner.BuiltInID)

	if err := o.PutEndpoint(t.Context(), webhook.Endpoint{ServiceID: partner.BuiltInID, URL: r.URL}); err != nil {
		t.Fatal(err)
	}
	o.grant(t, partner.BuiltInID, "user")

	if attempts, err := o.sender(t, "a", nil).Drain(t.Context()); err != nil || attempts != 0 {
		t.Errorf("without the secret: %d attempts, %v", attempts, err)
	}

	sender := o.sender(t, "b", func(options *webhook.Options) { options.BuiltIn = []secret.Text{r.secret} })
	if attempts, err := sender.Drain(t.Context()); err != nil || attempts != 1 || r.received(t) != 1 {
		t.Errorf("with the secret: %d attempts, %v", attempts, err)
	}
}

// The configured secrets are the built-in service's: no other service's events are signed with them.
func TestServiceWithoutSecretsGetsNothing(t *testing.T) {
	o := newOutbox(t)
	r := newReceiver(t, nil)

	if err := o.PutEndpoint(t.Context(), webhook.Endpoint{ServiceID: serviceID, URL: r.URL}); err != nil {
		t.Fatal(err)
	}
	o.grant(t, serviceID, "user")

	sender := o.sender(t, "a", func(options *webhook.Options) { options.BuiltIn = []secret.Text{webhook.NewSecret()} })
	if _, err := sender.Drain(t.Context()); err != nil || r.received(t) != 0 {
		t.Errorf("%d events arrived, %v", r.received(t), err)
	}

	deliveries, err := o.Deliveries(t.Context(), webhook.Filter{})
	if err != nil || len(deliveries) != 1 || deliveries[0].LastError != "the endpoint has no usable secret" {
		t.Errorf("got %+v, %v", deliveries, err)
	}
}

// Two servers share an outbox: while a lease lasts, only its holder sends.
func TestTwoServersSendEachEventOnce(t *testing.T) {
	o := newOutbox(t)
	r := newReceiver(t, nil)
	r.secret = o.endpoint(t, serviceID, r.URL)
	ctx, stop := context.WithCancel(t.Context())

	var running sync.WaitGroup
	for _, holder := range []string{"a", "b"} {
		sender := o.sender(t, holder, nil)
		running.Go(func() { sender.Run(ctx) })
	}

	for n := range 50 {
		o.grant(t, serviceID, fmt.Sprint("user-", n))
	}
	eventually(t, "all events arrive", func() bool { return r.received(t) == 50 })
	stop()
	running.Wait()

	for id, times := range r.events {
		if times != 1 {
			t.Errorf("%s arrived %d times", id, times)
		}
	}
}

func TestRotatedSecretsBothSign(t *testing.T) {
	o, clock := newOutbox(t), newClock()
	r := newReceiver(t, nil)
	earlier := o.endpoint(t, serviceID, r.URL)

	endpoints, err := o.Endpoints(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	later, stored := webhook.NewSecret(), webhook.SealedSecret{ID: "whk_later"}

	if stored.Sealed, err = o.box.Seal([]byte(later.Reveal()), stored.Cell()); err != nil {
		t.Fatal(err)
	}
	endpoint := endpoints[0]
	endpoint.Secrets[0].ExpiresAt = clock.Now().Add(time.Hour)
	endpoint.Secrets = append([]webhook.SealedSecret{stored}, endpoint.Secrets...)

	if err := o.PutEndpoint(t.Context(), endpoint); err != nil {
		t.Fatal(err)
	}
	sender := o.sender(t, "a", func(options *webhook.Options) { options.Now = clock.Now })

	for n, key := range []string{earlier.Reveal(), later.Reveal(), later.Reveal()} {
		r.secret = webhookSecret(key)
		o.grant(t, serviceID, fmt.Sprint("user-", n))
		clock.advance(time.Minute)

		if n == 2 {
			clock.advance(2 * time.Hour)
		}

		if _, err := sender.Drain(t.Context()); err != nil || r.received(t) != n+1 {
			t.Errorf("%d: got %d events, %v", n, r.received(t), err)
		}
	}

	r.secret = earlier
	o.grant(t, serviceID, "late")

	if _, err := sender.Drain(t.Context()); err != nil || len(r.faults) != 1 ||
		!strings.Contains(r.faults[0], "signature") {
		t.Errorf("got %v, %v; want the expired secret to sign nothing", r.faults, err)
	}
}

// A stopped sender finishes and records the attempts in progress, and another server continues immediately.
func TestStoppedSenderRecordsItsAttempts(t *testing.T) {
	o := newOutbox(t)
	arrived, held := make(chan struct{}, 1), make(chan struct{})
	r := newReceiver(t, func(_ http.ResponseWriter, request *http.Request) bool {
		if strings.HasSuffix(request.Header.Get("webhook-id"), "never") {
			return true
		}

		select {
		case arrived <- struct{}{}:
			<-held
		default:
		}

		return false
	})
	r.secret = o.endpoint(t, serviceID, r.URL)
	o.grant(t, serviceID, "user")
	ctx, stop := context.WithCancel(t.Context())

	var running sync.WaitGroup
	sender := o.sender(t, "a", nil)
	running.Go(func() { sender.Run(ctx) })
	<-arrived
	stop()
	close(held)
	running.Wait()

	o.flip(t)

	if made, err := o.sender(t, "b", nil).Drain(t.Context()); err != nil || made != 2 || r.received(t) != 3 {
		t.Errorf("the next server made %d attempts, %v; %d events arrived", made, err, r.received(t))
	}

	for id, times := range r.events {
		if times != 1 {
			t.Errorf("%s arrived %d times", id, times)
		}
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()

	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within 20 seconds: %s", what)
}
