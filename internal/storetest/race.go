package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/session"
)

// testRaces runs pairs of calls that are each correct but could interfere. Each pair runs many times, because either
// call may come first.
func testRaces(t *testing.T, b Backend) {
	t.Helper()

	rows := map[string]func(*testing.T, Backend){
		"a session and a disconnect":                          raceSession,
		"an outcome and its claims":                           raceOutcome,
		"exclusive creates":                                   raceAlone,
		"creates of one name":                                 raceName,
		"keys of two mints":                                   raceKeys,
		"concurrent deletion of expired rows and disconnects": raceDeleteExpired,
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) { row(t, b) })
	}
}

const rounds = 40

// both runs two calls at once.
func both(first, second func()) {
	var group sync.WaitGroup
	group.Go(first)
	group.Go(second)
	group.Wait()
}

// A disconnected account keeps no session.
func raceSession(t *testing.T, b Backend) {
	t.Helper()

	for n := 5000; n < 5000+rounds; n++ {
		connection := active(t, b, n)
		token := fmt.Sprintf("race %d", n)
		made := session.Session{
			TokenHash: digest(
				token,
			),
			ConnectionID: connection.ID,
			CreatedAt:    now(),
			IdleUntil:    now().Add(time.Hour),
			ExpiresAt:    now().Add(time.Hour),
		}
		both(func() {
			if _, err := b.InsertSession(t.Context(), made, session.MaxActive); err != nil && !errors.Is(err, keys.ErrConnectRequired) {
				t.Errorf("insert: %v", err)
			}
		}, func() {
			if _, err := b.DisconnectConnection(t.Context(), account(n), now()); err != nil {
				t.Errorf("disconnect: %v", err)
			}
		})

		if _, err := b.FindSession(t.Context(), digest(token)); !errors.Is(err, session.ErrNotFound) {
			t.Fatalf("round %d: got %v, want ErrNotFound after the disconnect", n, err)
		}
	}
}

// While a create finishes, a claim with its key is busy or gets the outcome. It never gets the record as an open one,
// because that would be sent again.
func raceOutcome(t *testing.T, b Backend) {
	t.Helper()

	c := newCreator(t, b, 6000)
	for n := range rounds {
		name := fmt.Sprintf("race-%d", n)
		record := c.claim(t, name, name, name, proxy.ClaimFresh)
		claims := []proxy.CreateRecord{
			c.wanted(name, name, name),
			c.wanted("other "+name, name, "other"),
			c.wanted(name, name, name),
		}
		claim := func(wanted proxy.CreateRecord) {
			got, outcome, err := b.ClaimCreate(t.Context(), wanted, proxy.ClaimTerms{Lease: lease})

			// Fresh: the other key, once the name is free.
			done := err == nil && (outcome == proxy.ClaimReplay || outcome == proxy.ClaimFresh)
			if !done && !isBusy(err) {
				t.Errorf("round %d: got claim %d of %+v, %v; want the outcome or busy", n, outcome, got, err)
			}
		}
		both(func() {
			if err := b.FinishCreate(t.Context(), proxy.Finished{ID: record.ID, Fence: record.Fence, DatabaseID: name, SealedAnswer: []byte("sealed")}); err != nil {
				t.Errorf("finish: %v", err)
			}
		}, func() {
			both(func() { claim(claims[0]); claim(claims[2]) }, func() { claim(claims[1]) })
		})
	}
}

// Of many exclusive creates of one account, one is in progress.
func raceAlone(t *testing.T, b Backend) {
	t.Helper()
	race(
		t,
		newCreator(t, b, 7000),
		func(n int) (key, name string) { return fmt.Sprint("k", n), fmt.Sprint("x", n) },
		true,
	)
}

// Of many creates with one name and different keys, one is in progress.
func raceName(t *testing.T, b Backend) {
	t.Helper()
	race(t, newCreator(t, b, 7001), func(n int) (key, name string) { return fmt.Sprint("k", n), "x" }, false)
}

func race(t *testing.T, c *creator, words func(n int) (key, name string), alone bool) {
	t.Helper()
	const many = 30

	records := make([]proxy.CreateRecord, many)
	for n := range records {
		key, name := words(n)
		records[n] = c.wanted(key, name, key)
	}

	var (
		group sync.WaitGroup
		mu    sync.Mutex
		won   int
	)
	for _, record := range records {
		group.Go(func() {
			_, _, err := c.ClaimCreate(t.Context(), record, proxy.ClaimTerms{Lease: lease, Exclusive: alone})
			mu.Lock()
			defer mu.Unlock()

			if err == nil {
				won++
			} else if !isBusy(err) {
				t.Error(err)
			}
		})
	}
	group.Wait()

	if won != 1 {
		t.Errorf("%d claims succeeded, want 1", won)
	}
}

// The holders of an old and a new lease store at once: the account gets the new holder's key, and only one key is live.
func raceKeys(t *testing.T, b Backend) {
	t.Helper()

	for n := 8000; n < 8000+rounds; n++ {
		connection := pending(t, b, n)

		old := openIntent(t, b, connection.ID, "OLD", takeLease(t, b, connection.ID))
		if err := b.ReleaseLease(t.Context(), connection.ID, old.Fence); err != nil {
			t.Fatal(err)
		}
		both(func() {
			if _, err := b.StoreKey(t.Context(), stored(old)); err != nil && !errors.Is(err, keys.ErrFenced) {
				t.Errorf("old: %v", err)
			}
		}, func() {
			_, fence, err := b.TakeLease(t.Context(), connection.ID, lease)
			if err != nil {
				t.Errorf("lease: %v", err)
				return
			}
			later := keys.Intent{
				ID:           "int_new" + connection.ID,
				ConnectionID: connection.ID,
				Name:         "NEW",
				State:        keys.IntentOpen,
				Fence:        fence,
				CreatedAt:    now(),
			}
			opened := b.OpenIntent(t.Context(), later, lease)

			_, err = b.StoreKey(t.Context(), stored(later))
			if err := errors.Join(opened, err); err != nil {
				t.Errorf("new: %v", err)
			}
		})
		got := find(t, b, n)

		live := 0
		for _, state := range states(got) {
			if state == keys.IntentLive {
				live++
			}
		}

		if got.KeyName != "NEW" || string(got.SealedKey) != "sealed NEW" || live != 1 {
			t.Fatalf("round %d: got key %s and %d live, want NEW alone", n, got.KeyName, live)
		}
	}
}

// Replicas delete expired rows at the same time, while disconnects delete the same rows.
func raceDeleteExpired(t *testing.T, b Backend) {
	t.Helper()

	const accounts, each = 10, 20
	for n := 9000; n < 9000+accounts; n++ {
		connection := active(t, b, n)
		for s := range each {
			made := session.Session{
				TokenHash:    digest(fmt.Sprint(n, s)),
				ConnectionID: connection.ID,
				CreatedAt:    now(),
				IdleUntil:    now(),
				ExpiresAt:    now(),
			}
			if _, err := b.InsertSession(t.Context(), made, session.MaxActive); err != nil {
				t.Fatal(err)
			}
		}
	}

	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := b.DeleteExpired(t.Context(), now().Add(time.Hour)); err != nil {
				t.Errorf("DeleteExpired: %v", err)
			}
		})
	}

	for n := 9000; n < 9000+accounts; n++ {
		group.Go(func() {
			if _, err := b.DisconnectConnection(t.Context(), account(n), now()); err != nil {
				t.Errorf("disconnect: %v", err)
			}
		})
	}
	group.Wait()

	for n := 9000; n < 9000+accounts; n++ {
		for s := range each {
			if _, err := b.FindSession(t.Context(), digest(fmt.Sprint(n, s))); !errors.Is(err, session.ErrNotFound) {
				t.Fatalf("session %d of %d: got %v, want ErrNotFound", s, n, err)
			}
		}
	}
}
