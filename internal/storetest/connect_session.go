package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

func hash(of string) []byte {
	sum := digest(of)
	return sum[:]
}

func aSession(id, service, externalID string) partner.ConnectSession {
	return partner.ConnectSession{
		ID: id, ServiceID: service, ExternalID: externalID, DisplayName: "Name of " + externalID, LoginHint: "hint",
		ReturnURL: "https://a.example/back", Asked: aPolicy(), CreatedAt: now(), ExpiresAt: now().Add(time.Hour),
		InvitationHash: hash("invitation " + id), StatusHash: hash("status " + id), State: partner.SessionOpen,
	}
}

func insertConnectSession(t *testing.T, b Backend, session partner.ConnectSession) {
	t.Helper()

	if err := b.InsertConnectSession(t.Context(), session); err != nil {
		t.Fatal(err)
	}
}

func findConnectSession(t *testing.T, b Backend, id string) partner.ConnectSession {
	t.Helper()

	session, _, err := b.FindConnectSession(t.Context(), partner.SessionKey{ID: id})
	if err != nil {
		t.Fatal(err)
	}

	return session
}

func testConnectSessions(t *testing.T, b Backend) {
	t.Helper()
	service := insertService(t, b, "first")
	insertService(t, b, "second")
	session := aSession("cs_1", "first", "user'1")
	insertConnectSession(t, b, session)
	insertConnectSession(t, b, aSession("cs_2", "first", "user'1"))
	t.Run("found by each identifier, with its service", func(t *testing.T) {
		for _, key := range []partner.SessionKey{
			{ID: "cs_1"}, {ID: "cs_1", ServiceID: "first"}, {InvitationHash: session.InvitationHash},
		} {
			found, of, err := b.FindConnectSession(t.Context(), key)
			if diff := cmp.Diff(session, found) + cmp.Diff(service, of); err != nil || diff != "" {
				t.Errorf("%+v: %v (-want +got):\n%s", key, err, diff)
			}
		}
	})
	t.Run("G04 not found by another service or other values", func(t *testing.T) {
		for _, key := range []partner.SessionKey{
			{},
			{ServiceID: "first"},
			{ID: "cs_1", ServiceID: "second"},
			{ID: "CS_1"},
			{InvitationHash: hash("other")},
			{Transaction: session.InvitationHash},
			{InvitationHash: session.StatusHash},
		} {
			if _, _, err := b.FindConnectSession(t.Context(), key); !errors.Is(err, partner.ErrSessionNotFound) {
				t.Errorf("%+v: got %v, want ErrSessionNotFound", key, err)
			}
		}
	})
	t.Run("a departure is stored until the user decides", func(t *testing.T) {
		left := aSession("cs_left", "first", "leaver")
		left.Select = partner.SelectDatabase
		insertConnectSession(t, b, left)

		at := now()
		record := func(at time.Time) partner.ConnectSession {
			t.Helper()

			if err := b.RecordDeparture(t.Context(), left.ID, at); err != nil {
				t.Fatal(err)
			}

			return findConnectSession(t, b, left.ID)
		}

		if got := record(at); !got.LeftAt.IsZero() {
			t.Errorf("before the invitation is opened: got %v", got.LeftAt)
		}
		left.State = partner.SessionAuthenticating

		if moved, err := b.MoveConnectSession(t.Context(), left, keys.Event{}, partner.SessionOpen); err != nil || !moved {
			t.Fatalf("%t, %v", moved, err)
		}

		if got := record(at); !got.LeftAt.Equal(at) || got.Select != partner.SelectDatabase {
			t.Errorf("got %+v, want a departure", got)
		}

		if got := record(time.Time{}); !got.LeftAt.IsZero() {
			t.Errorf("taken back: got %v", got.LeftAt)
		}
	})
	t.Run("an invitation is opened once", func(t *testing.T) {
		for n, want := range []bool{true, false} {
			session.State, session.TransactionHash = partner.SessionAuthenticating, hash("transaction")

			moved, err := b.MoveConnectSession(t.Context(), session, keys.Event{}, partner.SessionOpen)
			if err != nil || moved != want {
				t.Errorf("time %d: got %t, %v; want %t", n+1, moved, err, want)
			}
		}

		found, _, err := b.FindConnectSession(t.Context(), partner.SessionKey{Transaction: session.TransactionHash})
		if diff := cmp.Diff(session, found); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
	t.Run("a move writes only the mutable fields", func(t *testing.T) {
		session.ConnectionID, session.Epoch = pending(t, b, 1).ID, 3
		session.State, session.Consent = partner.SessionAwaitingCompletion, aPolicy()
		session.CodeHash, session.CodeUntil = hash("code"), now().Add(time.Minute)
		changed := session
		changed.ExternalID, changed.Asked = "another", partner.Policy{}

		moved, err := b.MoveConnectSession(
			t.Context(), changed, event(keys.ActionGrantApproved), partner.SessionConsenting, partner.SessionAuthenticating,
		)
		if err != nil || !moved {
			t.Fatalf("got %t, %v", moved, err)
		}

		if diff := cmp.Diff(session, findConnectSession(t, b, "cs_1")); diff != "" {
			t.Errorf("session (-want +got):\n%s", diff)
		}
	})
	t.Run("of an unknown service", func(t *testing.T) {
		err := b.InsertConnectSession(t.Context(), aSession("cs_3", "none", "user"))
		if !errors.Is(err, partner.ErrServiceNotFound) {
			t.Errorf("got %v, want ErrServiceNotFound", err)
		}
	})
	t.Run("one session too many evicts the oldest", func(t *testing.T) {
		for n := range partner.MaxOpenSessions + 2 {
			made := aSession(fmt.Sprintf("cs_crowd_%d", n), "first", "crowd")
			made.CreatedAt = now().Add(time.Duration(n) * time.Second)

			if n == 0 { // approved by the user: the service has a code
				made.State = partner.SessionAwaitingCompletion
			}
			insertConnectSession(t, b, made)
		}

		for id, stored := range map[string]bool{
			"cs_crowd_0": true, "cs_crowd_1": false, "cs_crowd_2": true, fmt.Sprintf("cs_crowd_%d", partner.MaxOpenSessions+1): true,
			"cs_1": true, "cs_2": true, // of another end user
		} {
			_, _, err := b.FindConnectSession(t.Context(), partner.SessionKey{ID: id})
			if stored && err != nil || !stored && !errors.Is(err, partner.ErrSessionNotFound) {
				t.Errorf("%s: got %v, want it stored: %t", id, err, stored)
			}
		}
	})
	t.Run("approved sessions per day are bounded", func(t *testing.T) { testApprovedSessionLimit(t, b) })
	t.Run("deleted a day after it expired, not before", func(t *testing.T) {
		if err := b.DeleteExpired(t.Context(), session.ExpiresAt.Add(23*time.Hour)); err != nil {
			t.Fatal(err)
		}
		findConnectSession(t, b, "cs_1")

		if err := b.DeleteExpired(t.Context(), session.ExpiresAt.Add(25*time.Hour)); err != nil {
			t.Fatal(err)
		}

		_, _, err := b.FindConnectSession(t.Context(), partner.SessionKey{ID: "cs_1"})
		if !errors.Is(err, partner.ErrSessionNotFound) {
			t.Errorf("got %v, want ErrSessionNotFound", err)
		}
	})
}

// testApprovedSessionLimit checks the bound on approved sessions, which are retained for a day, per end user.
func testApprovedSessionLimit(t *testing.T, b Backend) {
	t.Helper()
	allowed := func(n int, externalID string) partner.ConnectSession {
		made := aSession(fmt.Sprintf("cs_allowed_%d_%s", n, externalID), "first", externalID)
		made.State, made.CreatedAt = partner.SessionCompleted, made.CreatedAt.Add(time.Duration(n)*time.Second)

		return made
	}

	for n := range partner.MaxAllowedSessions {
		insertConnectSession(t, b, allowed(n, "keen"))
	}
	var quota *partner.SessionLimitError

	beyond := allowed(partner.MaxAllowedSessions, "keen")
	if err := b.InsertConnectSession(t.Context(), beyond); !errors.As(err, &quota) ||
		quota.RetryAfter < 24*time.Hour || quota.RetryAfter > 26*time.Hour {
		t.Fatalf("got %v, want the wait until the oldest is deleted", err)
	}
	insertConnectSession(t, b, allowed(0, "other"))

	beyond.CreatedAt = beyond.CreatedAt.Add(quota.RetryAfter)
	insertConnectSession(t, b, beyond)
}
