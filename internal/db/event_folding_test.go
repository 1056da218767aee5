package db_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
)

// Many calls of an assistant are few events, and each operation's number is exact.
func TestToolCallsAreFoldedByOperation(t *testing.T) {
	store, err := db.Open(t.Context(), db.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "state.db")})
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = store.Close() }()

	at, want := time.Now(), map[string]int64{}

	for n := range 100 {
		for _, operation := range []string{"redis.get", "redis.delete"} {
			want[operation]++

			if err := store.Record(t.Context(), keys.Event{
				At: at.Add(time.Duration(n) * time.Second), Action: keys.ActionToolCalled, ConnectionID: "con_1",
				Detail: fmt.Sprintf("%s id-%d", operation, n), Actor: keys.Actor{Kind: keys.ActorAssistant},
			}); err != nil {
				t.Fatal(err)
			}
		}
	}

	rows, got := 0, map[string]int64{}

	err = store.Events(t.Context(), keys.EventFilter{}, func(event keys.Event) error {
		name, _, _ := strings.Cut(event.Detail, " ")
		got[strings.TrimSuffix(name, ",")] += max(1, event.Times)
		rows++

		return nil
	})
	if err != nil || rows > 40 {
		t.Errorf("got %d events and %v, want at most 40", rows, err)
	}

	for operation, times := range want {
		if got[operation] != times {
			t.Errorf("%s: got %d calls, want %d", operation, got[operation], times)
		}
	}
}
