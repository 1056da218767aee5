package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/upstash-connect/bff/internal/proxy"
)

// of makes a record one of another operation, on a resource.
func of(record proxy.CreateRecord, operation, resourceID string) proxy.CreateRecord {
	record.Operation, record.ResourceID = operation, resourceID
	record.Reserves = operation == "vector.create"

	if resourceID != "" {
		record.Name, record.PrimaryRegion = "", ""
	}

	return record
}

func (c *creator) claimOf(t *testing.T, wanted proxy.CreateRecord, want proxy.Claim) proxy.CreateRecord {
	t.Helper()

	record, claim, err := c.ClaimCreate(t.Context(), wanted, proxy.ClaimTerms{Lease: lease})
	if err != nil || claim != want {
		t.Fatalf("claim %s of %q: got %d, %v; want %d", wanted.Operation, wanted.ResourceID, claim, err, want)
	}

	return record
}

// A name belongs to one operation: a database and an index may have the same one.
func createOfOtherOperations(t *testing.T, c *creator) {
	t.Helper()
	c.claim(t, "k1", "x", "1", proxy.ClaimFresh)
	index := c.claimOf(t, of(c.wanted("k2", "x", "2"), "vector.create", ""), proxy.ClaimFresh)
	c.claimOf(t, of(c.wanted("k3", "x", "3"), "search.create", ""), proxy.ClaimFresh)

	_, _, err := c.ClaimCreate(
		t.Context(), of(c.wanted("k4", "x", "4"), "vector.create", ""), proxy.ClaimTerms{Lease: lease})
	if !isBusy(err) {
		t.Errorf("the same name of one operation: got %v, want it busy", err)
	}
	c.send(t, index, "i1")
	c.suspend(t, index, now())

	blocking := c.claimOf(t, of(c.wanted("k4", "x", "4"), "vector.create", ""), proxy.ClaimBlocking)
	if blocking.ID != index.ID || blocking.Operation != "vector.create" || !blocking.Reserves {
		t.Errorf("got %+v, want the index's record with its operation", blocking)
	}
}

// One call of an operation is open on a resource at a time. Other resources and other operations are free.
func createOnOneResource(t *testing.T, c *creator) {
	t.Helper()
	first := c.claimOf(t, of(c.wanted("k1", "", "1"), "redis.rename", "d1"), proxy.ClaimFresh)
	c.claimOf(t, of(c.wanted("k2", "", "2"), "redis.rename", "d2"), proxy.ClaimFresh)
	c.claimOf(t, of(c.wanted("k3", "", "3"), "redis.delete", "d1"), proxy.ClaimFresh)

	again := of(c.wanted("k4", "", "4"), "redis.rename", "d1")
	if _, _, err := c.ClaimCreate(t.Context(), again, proxy.ClaimTerms{Lease: lease}); !isBusy(err) {
		t.Errorf("the same resource: got %v, want it busy", err)
	}
	c.send(t, first, "digest", `{"name":"new"}`)
	c.suspend(t, first, now())

	blocking := c.claimOf(t, again, proxy.ClaimBlocking)
	if blocking.ID != first.ID || blocking.ResourceID != "d1" ||
		!slices.Equal(blocking.KnownIDs, []string{"digest", `{"name":"new"}`}) {
		t.Errorf("got %+v, want the first record with what its outcome is compared with", blocking)
	}
	c.finish(t, blocking, "")
	c.claimOf(t, again, proxy.ClaimFresh)

	replay := c.claimOf(t, of(c.wanted("k1", "", "1"), "redis.rename", "d1"), proxy.ClaimReplay)
	if replay.DatabaseID != "" || replay.State != proxy.CreateDone || replay.Reserves {
		t.Errorf("got %+v, want the outcome, without a database", replay)
	}

	if _, _, err := c.ClaimCreate(t.Context(), of(c.wanted("k1", "", "other"), "redis.rename", "d1"),
		proxy.ClaimTerms{Lease: lease}); !errors.Is(err, proxy.ErrKeyReused) {
		t.Errorf("other values with the key: got %v, want ErrKeyReused", err)
	}
}

// Only creates of databases count as databases that may still appear.
func createOpenOfDatabases(t *testing.T, c *creator) {
	t.Helper()
	database := c.claim(t, "k1", "x", "1", proxy.ClaimFresh)
	index := c.claimOf(t, of(c.wanted("k2", "x", "2"), "vector.create", ""), proxy.ClaimFresh)
	change := c.claimOf(t, of(c.wanted("k3", "", "3"), "redis.rename", "d1"), proxy.ClaimFresh)

	for _, record := range []proxy.CreateRecord{database, index, change} {
		c.send(t, record)
	}

	open, err := c.OpenCreates(t.Context(), c.connection)
	if err != nil || len(open) != 1 || open[0].ID != database.ID {
		t.Errorf("got %+v, %v; want the database's create alone", open, err)
	}
}

// What does not reserve counts against no limit of its grant, and adds nothing to the grant.
func boundReserves(t *testing.T, c *bounded) {
	t.Helper()
	c.grant.MaxDatabases, c.grant.MaxBudget = 1, 10
	under := func(wanted proxy.CreateRecord) (proxy.CreateRecord, proxy.Claim, error) {
		wanted.GrantID = c.grant.ID
		return c.ClaimCreate(t.Context(), wanted, proxy.ClaimTerms{Lease: lease, Grant: &c.grant})
	}

	for n, key := range []string{"a", "b", "c"} {
		wanted := of(c.wanted(key, "", key), "redis.rename", key)
		if n == 2 {
			wanted = of(c.wanted(key, "backup", key), "redis.backup.create", "d1")
			wanted.Name = "backup"
		}

		record, claim, err := under(wanted)
		if err != nil || claim != proxy.ClaimFresh {
			t.Fatalf("%s: got %d, %v; want it free", key, claim, err)
		}

		if n == 0 {
			c.finish(t, record, "")
		}
	}

	if covered := c.covered(t); len(covered) != 0 {
		t.Errorf("got %+v, want nothing added by what created nothing", covered)
	}

	index, claim, err := under(of(c.wanted("index", "x", "x"), "vector.create", ""))
	if err != nil || claim != proxy.ClaimFresh {
		t.Fatalf("the first that reserves: got %d, %v", claim, err)
	}
	c.busyUnder(t, "second", 0) // the index holds the grant's only place
	c.finish(t, index, "i1")
	c.rejectedUnder(t, "second", 0, proxy.ErrGrantDatabases)

	if covered := c.covered(t); len(covered) != 1 || covered[0].ID != "i1" {
		t.Errorf("got %+v, want the index", covered)
	}

	if _, _, err := under(of(c.wanted("later", "", "later"), "redis.rename", "i1")); err != nil {
		t.Errorf("a change under the full grant: got %v, want it free", err)
	}
}
