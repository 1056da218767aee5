package state

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
)

func openStore(t *testing.T) *Store {
	t.Helper()

	store, err := Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })

	return store
}

func TestADatabaseIsFoundByItsSecretsOfTheMoment(t *testing.T) {
	store := openStore(t)

	made := Database{ID: "one", Owner: "me", Password: "p", RESTToken: "t", ReadOnlyRESTToken: "r"}
	if err := store.CreateDatabase(made, 0); err != nil {
		t.Fatal(err)
	}

	found := func(secret string) bool {
		t.Helper()

		got, err := store.DatabaseBySecret(secret)
		if err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}

		return err == nil && got.ID == "one"
	}
	for _, secret := range []string{"p", "t", "r"} {
		if !found(secret) {
			t.Errorf("%q: not found", secret)
		}
	}

	changed, err := store.UpdateDatabase("me", "one", func(d *Database) error {
		d.Password, d.RESTToken, d.ReadOnlyRESTToken = "p2", "t2", "r2"
		return nil
	})
	if err != nil || changed.Password != "p2" {
		t.Fatalf("got %+v, %v", changed, err)
	}

	for secret, want := range map[string]bool{"p": false, "t": false, "r": false, "": false, "p2": true, "t2": true, "r2": true} {
		if found(secret) != want {
			t.Errorf("after the change, %q: found %t", secret, !want)
		}
	}

	if err := store.DeleteDatabase("me", "one"); err != nil {
		t.Fatal(err)
	}

	if found("p2") {
		t.Error("the password still leads somewhere after the database is deleted")
	}
}

func TestAChangeThatFailsChangesNothing(t *testing.T) {
	store := openStore(t)

	made := Database{ID: "one", Owner: "me", Password: "p"}
	if err := store.CreateDatabase(made, 0); err != nil {
		t.Fatal(err)
	}

	refused := errors.New("refused")
	for name, change := range map[string]func(*Database) error{
		"refused":       func(d *Database) error { d.Name = "other"; return refused },
		"another owner": func(d *Database) error { d.Owner = "you"; return nil },
		"another id":    func(d *Database) error { d.ID = "two"; return nil },
	} {
		if _, err := store.UpdateDatabase("me", "one", change); err == nil {
			t.Errorf("%s: got no error", name)
		}

		got, err := store.DatabaseBySecret("p")
		if diff := cmp.Diff(made, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}

	if _, err := store.UpdateDatabase(
		"me", "none", func(*Database) error { return nil },
	); !errors.Is(
		err, ErrNotFound,
	) {
		t.Errorf("no such database: got %v", err)
	}
}

func TestDatabasesOlderThanTheIndexAreFoundAndMoved(t *testing.T) {
	dir := t.TempDir()

	store, err := Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}

	old := Database{ID: "one", Owner: "me", Password: "p", Endpoint: "calm-owl-1.upstash.io", Port: 6379}
	if err := store.CreateDatabase(old, 0); err != nil {
		t.Fatal(err)
	}
	// As a state file of before the index is.
	if err := store.db.Update(func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte(bucketSecrets)) }); err != nil {
		t.Fatal(err)
	}

	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	if store, err = Open(dir, true); err != nil {
		t.Fatal(err)
	}
	defer store.Close()

	if err := store.PlaceDatabases("127.0.0.1", 8085, true); err != nil {
		t.Fatal(err)
	}

	got, err := store.DatabaseBySecret("p")
	if err != nil || got.Endpoint != "127.0.0.1" || got.Port != 8085 || !got.TLS {
		t.Errorf("got %+v, %v", got, err)
	}
}
