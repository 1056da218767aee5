package db

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/session"
)

// Many logins of one account wait for its row. They leave connections of the pool to other accounts.
func TestOneAccountCannotExhaustThePool(t *testing.T) {
	d, _ := openPostgresForTest(t)
	ids := map[string]string{}

	for _, subject := range []string{"busy", "other"} {
		account := keys.Account{Issuer: "https://issuer.example/", Subject: subject}

		connection, err := d.EnsureConnection(t.Context(), account, "con_"+subject, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		ids[subject] = connection.ID
	}

	logIn := func(ctx context.Context, subject string, n int) error {
		s := session.Session{ConnectionID: ids[subject], CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
		copy(s.TokenHash[:], fmt.Sprintf("%s %d", subject, n))

		_, err := d.InsertSession(ctx, s, 100)

		return err
	}

	holder := d.write.Begin()
	defer holder.Rollback()

	if err := holder.Exec("SELECT 1 FROM connections WHERE id = ? FOR UPDATE", ids["busy"]).Error; err != nil {
		t.Fatal(err)
	}

	const many = 2 * poolSize
	errs := make(chan error, many)

	for n := range many {
		go func() { errs <- logIn(t.Context(), "busy", n) }()
	}

	pool, err := d.write.DB()
	if err != nil {
		t.Fatal(err)
	}

	callers := func() int { // that wait for a slot or for a pooled connection
		d.accountSlots.mu.Lock()
		defer d.accountSlots.mu.Unlock()

		if own := d.accountSlots.byKey[ids["busy"]]; own != nil {
			return own.callers
		}

		return int(pool.Stats().WaitCount) + poolSize
	}
	for limit := time.Now().Add(10 * time.Second); callers() < many; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("got %d logins in progress, want %d", callers(), many)
		}
	}

	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // shorter than lock_timeout
	defer cancel()

	if err := logIn(ctx, "other", 0); err != nil {
		t.Errorf("another account meanwhile: %v", err)
	}

	if got := pool.Stats().InUse; got > slotsPerAccount+1 {
		t.Errorf("got %d connections in use, want at most the slots of the account", got)
	}

	if err := holder.Commit().Error; err != nil {
		t.Fatal(err)
	}

	for range many {
		if err := <-errs; err != nil {
			t.Errorf("a login of the account: %v", err)
		}
	}

	if len(d.accountSlots.byKey) != 0 {
		t.Errorf("got %d semaphores left, want none", len(d.accountSlots.byKey))
	}
}

// A slot timeout is reported as unavailable, and does not affect readiness.
func TestSlotTimeoutIsReportedAsUnavailable(t *testing.T) {
	d, _ := openPostgresForTest(t)
	d.callTimeout = 50 * time.Millisecond

	for range slotsPerAccount {
		release, err := d.acquireSlot(t.Context(), "con_1")
		if err != nil {
			t.Fatal(err)
		}
		defer release()
	}

	if _, err := d.acquireSlot(t.Context(), "con_1"); !isUnavailable(err) {
		t.Errorf("got %v, want UnavailableError", err)
	}

	if err := d.health.readinessError(); err != nil {
		t.Errorf("got %v, want ready", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	if _, err := d.acquireSlot(ctx, "con_1"); err == nil || isUnavailable(err) {
		t.Errorf("a caller that left: got %v, want its own error", err)
	}
}
