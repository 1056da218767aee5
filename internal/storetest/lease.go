package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
)

func testLease(t *testing.T, b Backend) {
	t.Helper()
	connection := pending(t, b, 1)
	first := takeLease(t, b, connection.ID)
	t.Run("one holder at a time", func(t *testing.T) {
		if _, _, err := b.TakeLease(t.Context(), connection.ID, lease); !errors.Is(err, keys.ErrLeaseHeld) {
			t.Errorf("got %v, want ErrLeaseHeld", err)
		}

		if !find(t, b, 1).LeaseHeld {
			t.Error("the connection does not show that its lease is held")
		}
	})
	t.Run("the holder gets the current connection", func(t *testing.T) {
		connection := active(t, b, 4)

		under, _, err := b.TakeLease(t.Context(), connection.ID, lease)
		if err != nil {
			t.Fatal(err)
		}

		if diff := cmp.Diff(find(t, b, 4), under); diff != "" || !under.LeaseHeld {
			t.Errorf("connection, its lease held: %t (-want +got):\n%s", under.LeaseHeld, diff)
		}
	})
	t.Run("after its release it can be taken, with a higher fence", func(t *testing.T) {
		if err := b.ReleaseLease(t.Context(), connection.ID, first); err != nil {
			t.Fatal(err)
		}

		if find(t, b, 1).LeaseHeld {
			t.Error("the connection shows a released lease")
		}

		if second := takeLease(t, b, connection.ID); second <= first {
			t.Errorf("got fence %d after %d, want a higher one", second, first)
		}
	})
	t.Run("an old holder cannot release it", func(t *testing.T) {
		if err := b.ReleaseLease(t.Context(), connection.ID, first); err != nil {
			t.Fatal(err)
		}

		if _, _, err := b.TakeLease(t.Context(), connection.ID, lease); !errors.Is(err, keys.ErrLeaseHeld) {
			t.Errorf("got %v, want ErrLeaseHeld", err)
		}
	})
	t.Run("it expires", func(t *testing.T) {
		short := pending(t, b, 2)

		_, old, err := b.TakeLease(t.Context(), short.ID, 20*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Millisecond)
		takeLease(t, b, short.ID)

		late := keys.Intent{ID: "int_late", ConnectionID: short.ID, Name: "LATE", Fence: old, CreatedAt: now()}
		if err := b.OpenIntent(t.Context(), late, lease); !errors.Is(err, keys.ErrFenced) {
			t.Errorf("OpenIntent of the old holder: got %v, want ErrFenced", err)
		}

		if _, err := b.FindIntent(t.Context(), late.ID); !errors.Is(err, keys.ErrNotFound) {
			t.Errorf("the refused intent: got %v, want ErrNotFound", err)
		}
	})
	t.Run("an intent extends it", func(t *testing.T) {
		short := pending(t, b, 3)

		_, fence, err := b.TakeLease(t.Context(), short.ID, 20*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		openIntent(t, b, short.ID, "LONGER", fence)
		time.Sleep(40 * time.Millisecond)

		if _, _, err := b.TakeLease(t.Context(), short.ID, lease); !errors.Is(err, keys.ErrLeaseHeld) {
			t.Errorf("got %v, want ErrLeaseHeld", err)
		}
	})
}

func testIntents(t *testing.T, b Backend) {
	t.Helper()
	connection := pending(t, b, 1)
	first := takeLease(t, b, connection.ID)
	intent := openIntent(t, b, connection.ID, "NAME_1", first)
	closeAs := func(t *testing.T, intent keys.Intent, state keys.IntentState) {
		t.Helper()

		if err := b.CloseIntent(t.Context(), intent, state); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("an open intent is returned unchanged", func(t *testing.T) {
		got, err := b.FindIntent(t.Context(), intent.ID)
		if err != nil {
			t.Fatal(err)
		}

		if diff := cmp.Diff(intent, got); diff != "" {
			t.Errorf("intent (-want +got):\n%s", diff)
		}
	})
	t.Run("a name is used once", func(t *testing.T) {
		twin := intent

		twin.ID = "int_twin"
		if err := b.OpenIntent(t.Context(), twin, lease); err == nil {
			t.Error("a second intent with the same name was accepted")
		}
	})

	if err := b.ReleaseLease(t.Context(), connection.ID, first); err != nil {
		t.Fatal(err)
	}
	resumed := intent
	resumed.Fence = takeLease(t, b, connection.ID)
	t.Run("after another holder resumed it, the first cannot close it as refused", func(t *testing.T) {
		if err := b.ResumeIntent(t.Context(), resumed, lease); err != nil {
			t.Fatal(err)
		}
		closeAs(t, intent, keys.IntentRefused)

		if got := intentState(t, b, intent.ID); got != keys.IntentOpen {
			t.Errorf("got state %s, want open", got)
		}
	})
	t.Run("an old fence resumes nothing", func(t *testing.T) {
		if err := b.ResumeIntent(t.Context(), intent, lease); !errors.Is(err, keys.ErrFenced) {
			t.Errorf("got %v, want ErrFenced", err)
		}
	})
	t.Run("an uncertain intent is unsettled", func(t *testing.T) {
		closeAs(t, resumed, keys.IntentUncertain)

		if err := b.ResumeIntent(t.Context(), resumed, lease); err != nil {
			t.Errorf("resume: %v", err)
		}
	})
	t.Run("any holder may close it as left behind", func(t *testing.T) {
		closeAs(t, intent, keys.IntentLeftBehind)

		if got := intentState(t, b, intent.ID); got != keys.IntentLeftBehind {
			t.Errorf("got state %s, want left_behind", got)
		}
		closeAs(t, resumed, keys.IntentUncertain)

		if got := intentState(t, b, intent.ID); got != keys.IntentLeftBehind {
			t.Errorf("after uncertain: got state %s, want left_behind", got)
		}

		if err := b.ResumeIntent(t.Context(), resumed, lease); !errors.Is(err, keys.ErrFenced) {
			t.Errorf("resume: got %v, want ErrFenced", err)
		}
	})
	t.Run("refused intents are not listed, and are deleted later", func(t *testing.T) {
		refused := openIntent(t, b, connection.ID, "NAME_2", resumed.Fence)
		closeAs(t, refused, keys.IntentRefused)

		want := map[string]keys.IntentState{"NAME_1": keys.IntentLeftBehind}
		if diff := cmp.Diff(want, states(find(t, b, 1))); diff != "" {
			t.Errorf("intents (-want +got):\n%s", diff)
		}

		if err := b.DeleteExpired(t.Context(), time.Now().Add(60*24*time.Hour)); err != nil {
			t.Fatal(err)
		}

		if _, err := b.FindIntent(t.Context(), refused.ID); !errors.Is(err, keys.ErrNotFound) {
			t.Errorf("after two months: got %v, want ErrNotFound", err)
		}

		if diff := cmp.Diff(want, states(find(t, b, 1))); diff != "" {
			t.Errorf("intents after two months (-want +got):\n%s", diff)
		}
	})
}
