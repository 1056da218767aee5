package storetest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/webhook"
)

func testServers(t *testing.T, b Backend) {
	t.Helper()
	servers := func(within time.Duration) []rotation.Server {
		t.Helper()

		got, err := b.Servers(t.Context(), within)
		if err != nil {
			t.Fatal(err)
		}

		return got
	}
	one := rotation.Server{ID: "srv_1", Fingerprint: "f1", Primary: 1<<32 - 1}
	two := rotation.Server{ID: "srv_2", Fingerprint: "f2", Primary: 2}
	changed := rotation.Server{ID: "srv_1", Fingerprint: "f3", Primary: 3}

	if got := servers(time.Hour); len(got) != 0 {
		t.Fatalf("before the first: got %v", got)
	}

	for _, server := range []rotation.Server{one, two} {
		if err := b.Heartbeat(t.Context(), server); err != nil {
			t.Fatal(err)
		}
	}

	if got := servers(time.Hour); !slices.Equal(got, []rotation.Server{one, two}) {
		t.Errorf("got %v, want both", got)
	}

	if err := b.Heartbeat(t.Context(), changed); err != nil {
		t.Fatal(err)
	}

	if got := servers(time.Hour); !slices.Equal(got, []rotation.Server{changed, two}) {
		t.Errorf("got %v, want the first as it is now", got)
	}

	if err := b.Leave(t.Context(), two.ID); err != nil {
		t.Fatal(err)
	}

	if got := servers(time.Hour); !slices.Equal(got, []rotation.Server{changed}) {
		t.Errorf("got %v, want the one that stayed", got)
	}
	eventually(
		t, "a silent server counts as stopped", func() bool { return len(servers(time.Millisecond)) == 0 },
	)
}

// sealedBy returns a value with the key's prefix, which is all that a store reads of it.
func sealedBy(key seal.KeyID, text string) []byte { return append(key.Prefix(), text...) }

// finished inserts a finished create.
func finished(t *testing.T, b Backend, connection keys.Connection, id string, sealed []byte) {
	t.Helper()
	record := proxy.CreateRecord{
		Operation: "redis.create", Reserves: true,
		ID: id, ConnectionID: connection.ID, Name: id, PrimaryRegion: "us-east-1", State: proxy.CreatePrepared,
		CreatedAt: now(), ExpiresAt: now().Add(time.Hour),
	}

	claimed, _, err := b.ClaimCreate(t.Context(), record, proxy.ClaimTerms{Lease: lease})
	if err != nil {
		t.Fatal(err)
	}

	err = b.FinishCreate(t.Context(), proxy.Finished{
		ID: id, Fence: claimed.Fence, DatabaseID: "db-" + id, SealedAnswer: sealed,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// restored stores another sealed key in a connection.
func restored(t *testing.T, b Backend, connection keys.Connection, sealed []byte) error {
	t.Helper()
	again := stored(connection.Intents[0])
	again.Fence, again.Sealed = takeLease(t, b, connection.ID), sealed
	_, err := b.StoreKey(t.Context(), again)

	return err
}

func testReseal(t *testing.T, b Backend) {
	t.Helper()
	const old, next = seal.KeyID(0xfffffff0), seal.KeyID(7)

	var first keys.Connection
	for n := range 5 {
		connection := active(t, b, n)
		if err := restored(t, b, connection, sealedBy(old, fmt.Sprint(n))); err != nil {
			t.Fatal(err)
		}

		if n == 0 {
			first = connection
		}
	}
	pending(t, b, 9) // has no sealed value
	finished(t, b, first, "cre_1", sealedBy(old, "answer"))
	finished(t, b, first, "cre_2", []byte("x"))
	insertService(t, b, "shop")
	insertWebhookSecret(t, b, sealedBy(old, "secret"))
	connections := seal.Cell{Table: "connections", Column: "sealed_key"}
	rows := func(t *testing.T, column seal.Cell, after string, except []byte, most int) []rotation.Row {
		t.Helper()

		got, err := b.SealedRows(t.Context(), column, after, except, most)
		if err != nil {
			t.Fatal(err)
		}

		return got
	}
	uses := func(t *testing.T, want ...rotation.Use) {
		t.Helper()

		got, err := b.KeyUses(t.Context())
		if err != nil {
			t.Fatal(err)
		}

		for _, use := range want {
			if !slices.Contains(got, use) {
				t.Errorf("got uses %v, want %v among them", got, use)
			}
		}

		if len(got) != len(want) {
			t.Errorf("got uses %v, want %v", got, want)
		}

		for _, most := range []int{1, 2} {
			want := slices.Clone(want)
			for n := range want {
				want[n].Count = min(want[n].Count, most)
			}

			if got, err := b.KeysInUse(t.Context(), most); err != nil || !slices.Equal(inOrder(got), inOrder(want)) {
				t.Errorf("at most %d of each: got %v, %v, want %v", most, got, err, want)
			}
		}
	}

	t.Run("rows come in pages, in order, with their connection", func(t *testing.T) {
		var ids []string
		for after := ""; ; {
			page := rows(t, connections, after, nil, 2)
			if len(page) == 0 {
				break
			}

			for _, row := range page {
				ids = append(ids, row.At.Row)
				if row.Owner != row.At.Row || row.At.Table != "connections" || row.At.Column != "sealed_key" ||
					len(row.Sealed) != 6 {
					t.Errorf("got %+v", row)
				}
			}
			after = page[len(page)-1].At.Row
		}

		if want := []string{"con_0", "con_1", "con_2", "con_3", "con_4"}; !slices.Equal(ids, want) {
			t.Errorf("got %v, want %v", ids, want)
		}

		creates := rows(t, seal.Cell{Table: "creates", Column: "sealed_answer"}, "", nil, 9)
		if len(creates) != 2 || creates[0].At.Row != "cre_1" || creates[0].Owner != first.ID {
			t.Errorf("got creates %+v, want two of %s", creates, first.ID)
		}

		if _, err := b.SealedRows(
			t.Context(), seal.Cell{Table: "sessions", Column: "token_hash"}, "", nil, 1,
		); err == nil {
			t.Error("a column that is not sealed was read")
		}
		uses(
			t,
			rotation.Use{Table: "connections", Key: old, Known: true, Count: 5},
			rotation.Use{Table: "creates", Key: old, Known: true, Count: 1},
			rotation.Use{Table: "creates", Count: 1},
			rotation.Use{Table: "webhook_secrets", Key: old, Known: true, Count: 1},
		)
	})
	t.Run("the secret of a service's webhooks is sealed again", func(t *testing.T) {
		column := seal.Cell{Table: "webhook_secrets", Column: "sealed_secret"}

		found := rows(t, column, "", next.Prefix(), 9)
		if len(found) != 1 || found[0].Owner != "shop" || found[0].At.Row != "whk_1" {
			t.Fatalf("got %+v", found)
		}
		change := rotation.Change{At: found[0].At, From: found[0].Sealed, To: sealedBy(next, "secret")}

		if made, err := b.Reseal(t.Context(), []rotation.Change{change}); err != nil || made != 1 {
			t.Fatalf("got %d, %v", made, err)
		}

		// An operator who has read the endpoint before sets another URL: that must not restore the earlier value.
		insertWebhookSecret(t, b, found[0].Sealed)

		if found = rows(t, column, "", nil, 9); len(found) != 1 || !bytes.Equal(found[0].Sealed, change.To) {
			t.Errorf("got %+v, want the secret sealed by the next key", found)
		}
	})
	t.Run("a row that changed meanwhile is unchanged", func(t *testing.T) {
		var changes []rotation.Change
		for _, row := range rows(t, connections, "", old.Prefix()[:1], 9) {
			changes = append(changes, rotation.Change{At: row.At, From: row.Sealed, To: sealedBy(next, "renewed")})
		}

		if err := restored(t, b, first, sealedBy(old, "a server's own")); err != nil {
			t.Fatal(err)
		}

		made, err := b.Reseal(t.Context(), changes)
		if err != nil || made != 4 {
			t.Fatalf("got %d, %v, want 4", made, err)
		}

		if got := find(t, b, 0).SealedKey; string(got) != string(sealedBy(old, "a server's own")) {
			t.Errorf("got %q, want the server's own", got)
		}

		if left := rows(t, connections, "", next.Prefix(), 9); len(left) != 1 || left[0].At.Row != first.ID {
			t.Errorf("left: got %+v, want %s", left, first.ID)
		}
	})
	t.Run("values sealed by a retired key are rejected", func(t *testing.T) {
		for range 2 { // the second call changes nothing
			if err := b.RetireKeys(t.Context(), []seal.KeyID{old, 99}); err != nil {
				t.Fatal(err)
			}
		}

		for key, want := range map[seal.KeyID]bool{old: true, 99: true, next: false} {
			if got, err := b.RetiredKey(t.Context(), key); err != nil || got != want {
				t.Errorf("key %d retired: got %t, %v, want %t", key, got, err, want)
			}
		}

		err := b.PutEndpoint(t.Context(), webhook.Endpoint{
			ServiceID: "shop", Secrets: []webhook.SealedSecret{{ID: "whk_2", Sealed: sealedBy(old, "late")}},
		})
		if err == nil {
			t.Error("a sealed webhook secret was accepted")
		}

		before := find(t, b, 1)
		if err := restored(t, b, before, sealedBy(old, "late")); err == nil {
			t.Error("a sealed key was accepted")
		}

		if got := find(t, b, 1); string(got.SealedKey) != string(before.SealedKey) || got.State != before.State {
			t.Errorf("got %+v, want as before", got)
		}
		record := proxy.CreateRecord{
			Operation: "redis.create", Reserves: true,
			ID:           "cre_3",
			ConnectionID: first.ID,
			Name:         "late",
			State:        proxy.CreatePrepared,
			CreatedAt:    now(),
			ExpiresAt:    now().Add(time.Hour),
		}

		claimed, _, err := b.ClaimCreate(t.Context(), record, proxy.ClaimTerms{Lease: lease})
		if err != nil {
			t.Fatal(err)
		}

		late := proxy.Finished{
			ID: record.ID, Fence: claimed.Fence, DatabaseID: "db", SealedAnswer: sealedBy(old, "late"),
		}
		if err := b.FinishCreate(t.Context(), late); err == nil {
			t.Error("a sealed response was accepted")
		}
		late.SealedAnswer = sealedBy(next, "in time")

		if err := b.FinishCreate(t.Context(), late); err != nil {
			t.Errorf("by the next key: %v", err)
		}

		if _, err := b.DisconnectConnection(t.Context(), account(0), now()); err != nil {
			t.Errorf("a row of the retired key cannot be emptied: %v", err)
		}
	})
}

// insertWebhookSecret gives the service "shop" an endpoint with one secret.
func insertWebhookSecret(t *testing.T, b Backend, sealed []byte) {
	t.Helper()

	err := b.PutEndpoint(t.Context(), webhook.Endpoint{
		ServiceID: "shop", URL: "https://shop.example/hooks",
		Secrets: []webhook.SealedSecret{{ID: "whk_1", Sealed: sealed}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// inOrder sorts uses by table, key and count.
func inOrder(uses []rotation.Use) []rotation.Use {
	return slices.SortedFunc(slices.Values(uses), func(a, b rotation.Use) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Count, b.Count))
	})
}
