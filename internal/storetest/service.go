package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

// aPolicy sets every field, and both kinds of an absent list.
func aPolicy() partner.Policy {
	return partner.Policy{
		Scopes: []string{partner.ScopeList, partner.ScopeCreate}, Databases: partner.ReachCreated,
		Regions: nil, Plans: []string{}, MaxDatabases: 5, MaxBudget: 1 << 40,
	}
}

func aService(id string) partner.Service {
	return partner.Service{
		ID: id, Name: "Service " + id, Policy: aPolicy(), CreatedAt: now(),
		ReturnURLs: []string{"https://a.example/back", "https://b.example/?x='y'"},
	}
}

func event(action keys.Action) keys.Event {
	return keys.Event{At: now(), Action: action, Actor: keys.Actor{Kind: keys.ActorOperator}}
}

func insertService(t *testing.T, b Backend, id string) partner.Service {
	t.Helper()

	service := aService(id)
	if err := b.InsertService(t.Context(), service, event(keys.ActionServiceAdded)); err != nil {
		t.Fatal(err)
	}

	return service
}

// findService finds the service "first".
func findService(t *testing.T, b Backend) partner.Service {
	t.Helper()

	service, err := b.FindService(t.Context(), "first")
	if err != nil {
		t.Fatal(err)
	}

	return service
}

// eventsOf lists the recorded events with one action, oldest first.
func eventsOf(t *testing.T, b Backend, action keys.Action) (found []keys.Event) {
	t.Helper()

	err := b.Events(t.Context(), keys.EventFilter{Action: action}, func(event keys.Event) error {
		found = append(found, event)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	return found
}

func testServices(t *testing.T, b Backend) {
	t.Helper()
	first := insertService(t, b, "first")
	t.Run("returned unchanged", func(t *testing.T) {
		if diff := cmp.Diff(first, findService(t, b)); diff != "" {
			t.Errorf("service (-want +got):\n%s", diff)
		}

		if _, err := b.FindService(t.Context(), "none"); !errors.Is(err, partner.ErrServiceNotFound) {
			t.Errorf("got %v, want ErrServiceNotFound", err)
		}
	})
	t.Run("duplicate ids and names are rejected without an event", func(t *testing.T) {
		namesake := aService("second")
		namesake.Name = first.Name

		for _, service := range []partner.Service{first, namesake} {
			err := b.InsertService(t.Context(), service, event(keys.ActionServiceAdded))
			if !errors.Is(err, partner.ErrServiceExists) {
				t.Errorf("got %v, want ErrServiceExists", err)
			}
		}

		if got := len(eventsOf(t, b, keys.ActionServiceAdded)); got != 1 {
			t.Errorf("got %d events, want 1", got)
		}
	})
	t.Run("put keeps the times of creation and disabling", func(t *testing.T) {
		at := now()
		if err := b.DisableService(t.Context(), "first", at, event(keys.ActionServiceDisabled)); err != nil {
			t.Fatal(err)
		}
		changed := aService("first")
		changed.Name, changed.ReturnURLs = "Renamed", []string{"https://c.example/"}
		changed.Policy.Scopes = nil
		changed.CreatedAt = at.Add(time.Hour)

		if err := b.PutService(t.Context(), changed); err != nil {
			t.Fatal(err)
		}
		changed.CreatedAt, changed.DisabledAt = first.CreatedAt, at

		if diff := cmp.Diff(changed, findService(t, b)); diff != "" {
			t.Errorf("service (-want +got):\n%s", diff)
		}
	})
	t.Run("disabling twice keeps the first time", func(t *testing.T) {
		since := findService(t, b).DisabledAt

		err := b.DisableService(t.Context(), "first", since.Add(time.Hour), event(keys.ActionServiceDisabled))
		if err != nil || !findService(t, b).DisabledAt.Equal(since) {
			t.Errorf("got %v, %v; want the first time", findService(t, b).DisabledAt, err)
		}

		if got := len(eventsOf(t, b, keys.ActionServiceDisabled)); got != 1 {
			t.Errorf("got %d events, want 1", got)
		}

		err = b.DisableService(t.Context(), "none", since, event(keys.ActionServiceDisabled))
		if !errors.Is(err, partner.ErrServiceNotFound) {
			t.Errorf("got %v, want ErrServiceNotFound", err)
		}
	})
	t.Run("put creates a missing service; all are listed by id", func(t *testing.T) {
		made := aService("another")
		made.ReturnURLs = []string{}

		if err := b.PutService(t.Context(), made); err != nil {
			t.Fatal(err)
		}

		found, err := b.Services(t.Context())
		if err != nil {
			t.Fatal(err)
		}

		if diff := cmp.Diff([]partner.Service{made, findService(t, b)}, found); diff != "" {
			t.Errorf("services (-want +got):\n%s", diff)
		}
	})
}
