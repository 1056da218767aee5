package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
)

// bounded is a creator under a grant.
type bounded struct {
	*creator
	n     int
	grant proxy.Grant
}

func newBounded(t *testing.T, b Backend, n int) *bounded {
	t.Helper()
	c := newCreator(t, b, n)
	id := complete(t, b, allowed(t, b, "first", fmt.Sprint("user ", n), find(t, b, n)))

	return &bounded{creator: c, n: n, grant: proxy.Grant{ID: id}}
}

func (c *bounded) wantedUnder(key, name string, budget int64) proxy.CreateRecord {
	record := c.wanted(key, name, name)
	record.GrantID, record.Budget = c.grant.ID, budget

	return record
}

func (c *bounded) try(t *testing.T, key, name string, budget int64) (proxy.CreateRecord, proxy.Claim, error) {
	t.Helper()
	return c.ClaimCreate(t.Context(), c.wantedUnder(key, name, budget), proxy.ClaimTerms{Lease: lease, Grant: &c.grant})
}

func (c *bounded) claimUnder(t *testing.T, key string, budget int64, want proxy.Claim) proxy.CreateRecord {
	t.Helper()

	record, claim, err := c.try(t, key, key, budget)
	if err != nil || claim != want {
		t.Fatalf("claim %q: got %d, %v; want %d", key, claim, err, want)
	}

	return record
}

func (c *bounded) rejectedUnder(t *testing.T, key string, budget int64, want error) {
	t.Helper()

	if record, claim, err := c.try(t, key, key, budget); !errors.Is(err, want) {
		t.Errorf("claim %q: got %d %+v, %v; want %v", key, claim, record, err, want)
	}
}

func (c *bounded) busyUnder(t *testing.T, key string, budget int64) {
	t.Helper()

	if record, claim, err := c.try(t, key, key, budget); !isBusy(err) {
		t.Errorf("claim %q: got %d %+v, %v; want it busy", key, claim, record, err)
	}
}

func (c *bounded) covered(t *testing.T) []partner.GrantDatabase {
	t.Helper()

	databases, err := c.GrantDatabases(t.Context(), c.grant.ID)
	if err != nil {
		t.Fatal(err)
	}

	return databases
}

func testGrantBounds(t *testing.T, b Backend) {
	t.Helper()
	insertService(t, b, "first")

	rows := map[string]func(*testing.T, *bounded){
		"a create under a grant adds the database to it":    boundCovers,
		"no create under an invalid grant":                  boundStands,
		"the number of databases is bounded":                boundDatabases,
		"the budget is bounded":                             boundBudget,
		"unsettled creates are settled first, oldest first": boundBlocks,
		"a resumed create counts once":                      boundResumes,
		"a create from before a narrowing is settled":       boundNarrowed,
		"a sent create keeps its slot at any age":           boundExpires,
		"only what creates a resource counts":               boundReserves,
		"a selected database counts only if it was created": boundSelected,
		"G09 two hundred at once stay within the databases": concurrentDatabaseBound,
		"G09 two hundred at once stay within the budget":    concurrentBudgetBound,
	}

	n := 100
	for name, row := range rows {
		n++
		t.Run(name, func(t *testing.T) { row(t, newBounded(t, b, n)) })
	}
}

func boundSelected(t *testing.T, c *bounded) {
	t.Helper()
	selects := func(database string) {
		session := allowed(t, c.Backend, "first", fmt.Sprint("user ", c.n), find(t, c.Backend, c.n))
		session.Select, session.DatabaseID = partner.SelectDatabase, database

		if id := complete(t, c.Backend, session); id != c.grant.ID {
			t.Fatalf("got the grant %s, want %s", id, c.grant.ID)
		}
	}
	c.grant.MaxDatabases = 1
	selects("theirs")
	record := c.claimUnder(t, "k", 7, proxy.ClaimFresh)
	selects("made") // while the create is unsettled
	c.finish(t, record, "made")
	selects("made") // again
	c.rejectedUnder(t, "more", 0, proxy.ErrGrantDatabases)

	want := []partner.GrantDatabase{
		{ID: "theirs", Selected: true}, {ID: "made", Selected: true, Created: true, Budget: 7},
	}
	if diff := cmp.Diff(want, c.covered(t)); diff != "" {
		t.Errorf("databases (-want +got):\n%s", diff)
	}
}

func boundCovers(t *testing.T, c *bounded) {
	t.Helper()
	record := c.claimUnder(t, "k", 7, proxy.ClaimFresh)
	c.finish(t, record, "d1")
	c.finish(t, record, "d1") // repeated, as after a commit whose result was lost
	c.finish(t, c.claim(t, "own", "own", "own", proxy.ClaimFresh), "d2")

	if diff := cmp.Diff([]partner.GrantDatabase{{ID: "d1", Created: true, Budget: 7}}, c.covered(t)); diff != "" {
		t.Errorf("databases (-want +got):\n%s", diff)
	}

	replay := c.claimUnder(t, "k", 7, proxy.ClaimReplay)
	if replay.GrantID != c.grant.ID || replay.Budget != 7 || replay.DatabaseID != "d1" {
		t.Errorf("got %+v, want grant, budget and database", replay)
	}

	found, err := c.Grants(t.Context(), partner.GrantFilter{ID: c.grant.ID})
	if err != nil || len(found) != 1 || !cmp.Equal(found[0].DatabaseIDs, []string{"d1"}) {
		t.Errorf("got %+v, %v; want the grant with its database", found, err)
	}

	if err := c.FinishCreate(t.Context(), proxy.Finished{ID: record.ID, Fence: record.Fence + 1, DatabaseID: "d3"}); !errors.Is(err, proxy.ErrCreateFenced) || len(c.covered(t)) != 1 {
		t.Errorf("a late holder: got %v, want ErrCreateFenced and no new database", err)
	}
}

func boundStands(t *testing.T, c *bounded) {
	t.Helper()
	done := c.claimUnder(t, "k", 0, proxy.ClaimFresh)
	c.finish(t, done, "d1")
	other := newBounded(t, c.Backend, c.n+10_000)
	mine := c.grant
	c.grant = other.grant
	c.rejectedUnder(t, "of another connection", 0, proxy.ErrGrantRequired)
	c.grant = mine

	if _, err := c.RevokeGrants(
		t.Context(), partner.GrantFilter{ID: c.grant.ID}, "user", event(keys.ActionGrantRevoked),
	); err != nil {
		t.Fatal(err)
	}
	c.rejectedUnder(t, "revoked", 0, proxy.ErrGrantRequired)
	disconnectOnce(t, c.Backend, other.n)
	other.rejectedUnder(t, "disconnected", 0, proxy.ErrGrantRequired)
}

func boundDatabases(t *testing.T, c *bounded) {
	t.Helper()
	c.grant.MaxDatabases = 2
	first := c.claimUnder(t, "1", 0, proxy.ClaimFresh)
	c.claim(t, "own", "own", "own", proxy.ClaimFresh) // creates of the account itself do not count
	second := c.claimUnder(t, "2", 0, proxy.ClaimFresh)
	c.busyUnder(t, "3", 0) // both may still fail
	c.finish(t, first, "d1")
	c.busyUnder(t, "3", 0)

	if err := c.DropCreate(t.Context(), second.ID, second.Fence); err != nil {
		t.Fatal(err)
	}
	third := c.claimUnder(t, "3", 0, proxy.ClaimFresh)
	c.finish(t, third, "d3")
	c.rejectedUnder(t, "4", 0, proxy.ErrGrantDatabases)
	c.claimUnder(t, "3", 0, proxy.ClaimReplay)
}

func boundBudget(t *testing.T, c *bounded) {
	t.Helper()
	c.grant.MaxBudget = 100
	c.rejectedUnder(t, "0", 101, proxy.ErrGrantBudget)
	first := c.claimUnder(t, "1", 60, proxy.ClaimFresh)
	c.claimUnder(t, "without", 0, proxy.ClaimFresh)
	c.busyUnder(t, "2", 41)
	c.finish(t, first, "d1")
	c.rejectedUnder(t, "2", 41, proxy.ErrGrantBudget)
	c.finish(t, c.claimUnder(t, "2", 40, proxy.ClaimFresh), "d2")
	c.rejectedUnder(t, "3", 1, proxy.ErrGrantBudget)
}

func boundBlocks(t *testing.T, c *bounded) {
	t.Helper()
	c.grant.MaxDatabases = 3
	held := c.claimUnder(t, "held", 0, proxy.ClaimFresh)
	old := c.claimUnder(t, "old", 0, proxy.ClaimFresh)
	time.Sleep(2 * time.Millisecond) // the order is by time
	young := c.claimUnder(t, "young", 0, proxy.ClaimFresh)

	for _, record := range []proxy.CreateRecord{young, old} {
		c.send(t, record)
		c.suspend(t, record, now())
	}

	blocking := c.claimUnder(t, "more", 0, proxy.ClaimBlocking)
	if blocking.ID != old.ID || blocking.Fence <= old.Fence || blocking.Name != "old" {
		t.Errorf("got %+v, want the oldest under a new fence", blocking)
	}
	c.finish(t, blocking, "d1")

	if blocking = c.claimUnder(t, "more", 0, proxy.ClaimBlocking); blocking.ID != young.ID {
		t.Errorf("got %+v, want the next", blocking)
	}

	if err := c.DropCreate(t.Context(), blocking.ID, blocking.Fence); err != nil {
		t.Fatal(err)
	}
	c.claimUnder(t, "more", 0, proxy.ClaimFresh)
	c.finish(t, held, "d2")
}

func boundResumes(t *testing.T, c *bounded) {
	t.Helper()
	c.grant.MaxDatabases, c.grant.MaxBudget = 1, 5
	record := c.claimUnder(t, "k", 5, proxy.ClaimFresh)
	c.send(t, record)
	c.suspend(t, record, now())

	resumed := c.claimUnder(t, "k", 5, proxy.ClaimResumed)
	if resumed.ID != record.ID || resumed.GrantID != c.grant.ID {
		t.Errorf("got %+v, want the grant's own create", resumed)
	}
	c.finish(t, resumed, "d1")
	c.claimUnder(t, "k", 5, proxy.ClaimReplay)

	revoked := keys.Event{At: now(), Action: keys.ActionGrantRevoked}
	if _, err := c.RevokeGrants(t.Context(), partner.GrantFilter{ID: c.grant.ID}, partner.ByUser, revoked); err != nil {
		t.Fatal(err)
	}
	c.rejectedUnder(t, "k", 5, proxy.ErrGrantRequired) // a stored response is not returned after the grant is revoked
}

func boundNarrowed(t *testing.T, c *bounded) {
	t.Helper()
	c.grant.MaxDatabases, c.grant.MaxBudget = 2, 10
	c.finish(t, c.claimUnder(t, "first", 5, proxy.ClaimFresh), "d1")
	record := c.claimUnder(t, "k", 5, proxy.ClaimFresh)
	c.send(t, record)
	c.suspend(t, record, now())

	for _, narrowed := range []struct {
		grant    proxy.Grant
		rejected error
	}{
		{proxy.Grant{ID: c.grant.ID, MaxDatabases: 1}, proxy.ErrGrantDatabases},
		{proxy.Grant{ID: c.grant.ID, MaxBudget: 6}, proxy.ErrGrantBudget},
	} {
		c.grant = narrowed.grant
		c.rejectedUnder(t, "more", 5, narrowed.rejected)

		blocking := c.claimUnder(t, "k", 5, proxy.ClaimBlocking)
		if blocking.ID != record.ID {
			t.Errorf("got %+v, want the grant's own create", blocking)
		}
		c.busyUnder(t, "k", 5)
		c.suspend(t, blocking, now())
	}
	blocking := c.claimUnder(t, "k", 5, proxy.ClaimBlocking)
	c.finish(t, blocking, "d2") // it was created after all

	if replay := c.claimUnder(t, "k", 5, proxy.ClaimReplay); replay.DatabaseID != "d2" {
		t.Errorf("got %+v, want its outcome", replay)
	}
}

func boundExpires(t *testing.T, c *bounded) {
	t.Helper()
	c.grant.MaxDatabases = 2

	var records []proxy.CreateRecord
	for _, key := range []string{"sent", "prepared"} {
		wanted := c.wantedUnder(key, key, 0)
		wanted.ExpiresAt = now().Add(-time.Millisecond)

		record, _, err := c.ClaimCreate(
			t.Context(), wanted, proxy.ClaimTerms{Lease: lease, Grant: &c.grant},
		)
		if err != nil {
			t.Fatal(err)
		}

		if key == "sent" { // before the next claim deletes it
			c.send(t, record)
			c.suspend(t, record, now())
		}
		records = append(records, record)
	}

	if err := c.DeleteExpired(t.Context(), now().Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}

	open, err := c.OpenCreates(t.Context(), c.connection)
	if err != nil || len(open) != 1 || open[0].ID != records[0].ID {
		t.Errorf("got %+v, %v; want the one that was sent", open, err)
	}
	c.claimUnder(t, "1", 0, proxy.ClaimFresh) // the other record's slot is free

	if blocking := c.claimUnder(t, "2", 0, proxy.ClaimBlocking); blocking.ID != records[0].ID {
		t.Errorf("got %+v, want the one that was sent", blocking)
	}
}

// claimConcurrently runs many concurrent claims; those that succeed finish or drop their create.
func (c *bounded) claimConcurrently(t *testing.T, budget int64) {
	t.Helper()
	records := make([]proxy.CreateRecord, 200)

	for n := range records {
		records[n] = c.wantedUnder(fmt.Sprint("key ", n), fmt.Sprint("name ", n), budget)
	}
	terms := proxy.ClaimTerms{Lease: lease, Grant: &c.grant}

	var group sync.WaitGroup
	for n, wanted := range records {
		group.Go(func() {
			record, claim, err := c.ClaimCreate(t.Context(), wanted, terms)
			switch {
			case isBusy(err), errors.Is(err, proxy.ErrGrantDatabases), errors.Is(err, proxy.ErrGrantBudget):
				return
			case err != nil || claim != proxy.ClaimFresh:
				t.Errorf("got %d, %v", claim, err)
				return
			}

			if n%3 == 0 {
				err = c.DropCreate(t.Context(), record.ID, record.Fence)
			} else {
				err = c.FinishCreate(t.Context(), proxy.Finished{ID: record.ID, Fence: record.Fence, DatabaseID: fmt.Sprint("d", n)})
			}

			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func concurrentDatabaseBound(t *testing.T, c *bounded) {
	t.Helper()
	c.grant.MaxDatabases = 5

	c.claimConcurrently(t, 0)

	if got := len(c.covered(t)); got > 5 || got == 0 {
		t.Errorf("got %d databases, want at most 5 and some", got)
	}
}

func concurrentBudgetBound(t *testing.T, c *bounded) {
	t.Helper()
	c.grant.MaxBudget = 50

	c.claimConcurrently(t, 9)

	var sum int64
	for _, database := range c.covered(t) {
		sum += database.Budget
	}

	if sum > 50 || sum == 0 {
		t.Errorf("got a budget of %d, want at most 50 and some", sum)
	}
}
