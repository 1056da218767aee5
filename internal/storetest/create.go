package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/proxy"
)

// creator makes claims on one connection.
type creator struct {
	Backend
	account    keys.Account
	connection string
	count      int
}

func newCreator(t *testing.T, b Backend, n int) *creator {
	t.Helper()
	return &creator{Backend: b, account: account(n), connection: active(t, b, n).ID}
}

// wanted returns a requested create. An empty key means no key.
func (c *creator) wanted(key, name, body string) proxy.CreateRecord {
	c.count++

	record := proxy.CreateRecord{
		Operation: "redis.create", Reserves: true,
		ID: fmt.Sprintf(
			"cre_%s_%d", c.connection, c.count,
		),
		ConnectionID:  c.connection,
		Fingerprint:   sha256.Sum256([]byte(body)),
		Name:          name,
		PrimaryRegion: "us-east-1",
		State:         proxy.CreatePrepared,
		CreatedAt:     now(),
		ExpiresAt:     now().Add(24 * time.Hour),
	}
	if key != "" {
		sum := sha256.Sum256([]byte(key))
		record.KeyHash = sum[:]
	}

	return record
}

func (c *creator) claim(t *testing.T, key, name, body string, want proxy.Claim) proxy.CreateRecord {
	t.Helper()

	record, claim, err := c.ClaimCreate(t.Context(), c.wanted(key, name, body), proxy.ClaimTerms{Lease: lease})
	if err != nil || claim != want {
		t.Fatalf("claim %q of %s: got %d, %v; want %d", key, name, claim, err, want)
	}

	return record
}

func (c *creator) rejected(t *testing.T, key, name, body string, terms proxy.ClaimTerms) error {
	t.Helper()

	record, claim, err := c.ClaimCreate(t.Context(), c.wanted(key, name, body), terms)
	if err == nil {
		t.Fatalf("claim %q of %s: got %d %+v, want an error", key, name, claim, record)
	}

	return err
}

func isBusy(err error) bool {
	var busy *proxy.CreateBusyError
	return errors.As(err, &busy) && busy.RetryAfter > 0
}

func (c *creator) send(t *testing.T, record proxy.CreateRecord, known ...string) {
	t.Helper()

	if current, err := c.SendCreate(t.Context(), sending(record, known...)); err != nil || !current {
		t.Fatalf("send: got current %t, %v", current, err)
	}
}

// sending returns the sending of a create with the key that active stores.
func sending(record proxy.CreateRecord, known ...string) proxy.Sending {
	return proxy.Sending{
		ID: record.ID, Fence: record.Fence, KnownIDs: known, Lease: lease, KeyName: "NAME_1", Email: "a@example.com",
	}
}

func (c *creator) suspend(t *testing.T, record proxy.CreateRecord, at time.Time) {
	t.Helper()

	if err := c.SuspendCreate(t.Context(), record.ID, record.Fence, at); err != nil {
		t.Fatal(err)
	}
}

func (c *creator) finish(t *testing.T, record proxy.CreateRecord, databaseID string) {
	t.Helper()

	if err := c.FinishCreate(t.Context(), outcomeOf(record, databaseID)); err != nil {
		t.Fatal(err)
	}
}

func outcomeOf(record proxy.CreateRecord, databaseID string) proxy.Finished {
	return proxy.Finished{
		ID: record.ID, Fence: record.Fence, DatabaseID: databaseID, SealedAnswer: []byte("sealed " + databaseID),
	}
}

func testCreates(t *testing.T, b Backend) {
	t.Helper()
	rows := map[string]func(*testing.T, *creator){
		"a key is claimed once, then replayed":         createReplays,
		"another body with a key is rejected":          createKeyReused,
		"one create per name is open at a time":        createBlocks,
		"a suspended create is resumed unchanged":      createResumes,
		"a fenced holder changes nothing":              createFenced,
		"a changed key is reported":                    createKeyChanged,
		"a database is the outcome of only one create": createClaimed,
		"a dropped create is deleted":                  createDropped,
		"an exclusive create excludes others":          createAlone,
		"keys are bound to their connection":           createBound,
		"an expired record is deleted":                 createExpires,
		"of a hundred at once, one gets the claim":     concurrentCreates,
		"creates without a key are independent":        createKeyless,
		"SQL in values is stored as text":              createStoresSQLAsText,
		"a lease that is not released expires":         createLeaseEnds,
		"sent and unsettled creates are listed":        createOpen,
		"other operations may use the same name":       createOfOtherOperations,
		"one call is open on a resource at a time":     createOnOneResource,
		"only creates of databases are listed":         createOpenOfDatabases,
	}

	n := 1000
	for name, row := range rows {
		n++
		t.Run(name, func(t *testing.T) { row(t, newCreator(t, b, n)) })
	}
}

func createReplays(t *testing.T, c *creator) {
	t.Helper()

	record := c.claim(t, "k", "x", "body", proxy.ClaimFresh)
	if !isBusy(c.rejected(t, "k", "x", "body", proxy.ClaimTerms{Lease: lease})) {
		t.Error("the key is not busy while its create is held")
	}
	c.send(t, record, "a1")
	c.finish(t, record, "d1")

	done := c.claim(t, "k", "x", "body", proxy.ClaimReplay)
	if done.DatabaseID != "d1" || string(done.SealedAnswer) != "sealed d1" || done.State != proxy.CreateDone ||
		done.ID != record.ID {
		t.Errorf("got %+v, want the outcome", done)
	}
}

func createKeyReused(t *testing.T, c *creator) {
	t.Helper()

	record := c.claim(t, "k", "x", "body", proxy.ClaimFresh)
	for range 2 { // while it is open, and when it is done
		if err := c.rejected(
			t, "k", "x", "other body", proxy.ClaimTerms{Lease: lease},
		); !errors.Is(
			err, proxy.ErrKeyReused,
		) {
			t.Errorf("got %v, want ErrKeyReused", err)
		}
		c.finish(t, record, "d1")
	}
}

func createBlocks(t *testing.T, c *creator) {
	t.Helper()

	first := c.claim(t, "k1", "x", "1", proxy.ClaimFresh)
	if !isBusy(c.rejected(t, "k2", "x", "2", proxy.ClaimTerms{Lease: lease})) {
		t.Error("the name is not busy while its create is held")
	}
	c.claim(t, "k3", "y", "3", proxy.ClaimFresh) // another name is free
	c.send(t, first)
	c.suspend(t, first, now())

	blocking := c.claim(t, "k2", "x", "2", proxy.ClaimBlocking)
	if blocking.ID != first.ID || blocking.Fence <= first.Fence {
		t.Errorf("got %+v, want the first create, under a new fence", blocking)
	}
	c.finish(t, blocking, "d1")
	c.claim(t, "k2", "x", "2", proxy.ClaimFresh)

	if replay := c.claim(t, "k1", "x", "1", proxy.ClaimReplay); replay.DatabaseID != "d1" {
		t.Errorf("got %+v, want the outcome that the second settled", replay)
	}
}

func createResumes(t *testing.T, c *creator) {
	t.Helper()
	record := c.claim(t, "k", "x", "body", proxy.ClaimFresh)
	c.send(t, record, "a1", "a2")
	cut := now().Add(-time.Second)
	c.suspend(t, record, cut)

	resumed := c.claim(t, "k", "x", "body", proxy.ClaimResumed)
	if !slices.Equal(resumed.KnownIDs, []string{"a1", "a2"}) || !resumed.CutAt.Equal(cut) ||
		resumed.State != proxy.CreateUncertain {
		t.Errorf("got %+v, want what was suspended", resumed)
	}
	c.send(t, resumed, "a3")
	c.suspend(t, resumed, cut.Add(time.Second))

	again := c.claim(t, "k", "x", "body", proxy.ClaimResumed)
	if !slices.Equal(again.KnownIDs, []string{"a3"}) || !again.CutAt.Equal(cut.Add(time.Second)) {
		t.Errorf("got %+v, want those of the second sending", again)
	}
}

func createFenced(t *testing.T, c *creator) {
	t.Helper()
	late := c.claim(t, "k", "x", "body", proxy.ClaimFresh)
	c.send(t, late)
	c.suspend(t, late, now())
	holder := c.claim(t, "k", "x", "body", proxy.ClaimResumed)

	_, sent := c.SendCreate(t.Context(), sending(late, "evil"))
	for name, err := range map[string]error{
		"send":    sent,
		"suspend": c.SuspendCreate(t.Context(), late.ID, late.Fence, now()),
		"finish":  c.FinishCreate(t.Context(), proxy.Finished{ID: late.ID, Fence: late.Fence, DatabaseID: "evil"}),
	} {
		if !errors.Is(err, proxy.ErrCreateFenced) {
			t.Errorf("%s: got %v, want ErrCreateFenced", name, err)
		}
	}

	if err := c.DropCreate(t.Context(), late.ID, late.Fence); err != nil {
		t.Errorf("drop: got %v", err)
	}
	c.finish(t, holder, "d1") // the record still exists
}

func createClaimed(t *testing.T, c *creator) {
	t.Helper()
	first := c.claim(t, "k1", "x", "1", proxy.ClaimFresh)
	c.finish(t, first, "d1")

	second := c.claim(t, "k2", "x", "2", proxy.ClaimFresh)
	if err := c.FinishCreate(t.Context(), proxy.Finished{ID: second.ID, Fence: second.Fence, DatabaseID: "d1"}); !errors.Is(
		err, proxy.ErrDatabaseClaimed,
	) {
		t.Errorf("got %v, want ErrDatabaseClaimed", err)
	}
	c.finish(t, second, "d2")
}

func createDropped(t *testing.T, c *creator) {
	t.Helper()

	record := c.claim(t, "k", "x", "body", proxy.ClaimFresh)
	if err := c.DropCreate(t.Context(), record.ID, record.Fence); err != nil {
		t.Fatal(err)
	}
	again := c.claim(t, "k", "x", "other body", proxy.ClaimFresh)
	c.finish(t, again, "d1")

	if err := c.DropCreate(t.Context(), again.ID, again.Fence); err != nil {
		t.Fatal(err)
	}
	c.claim(t, "k", "x", "other body", proxy.ClaimReplay) // a finished create stays
}

func createAlone(t *testing.T, c *creator) {
	t.Helper()
	alone := proxy.ClaimTerms{Lease: lease, Exclusive: true}

	held := c.claim(t, "k1", "x", "1", proxy.ClaimFresh)
	if !isBusy(c.rejected(t, "k2", "y", "2", alone)) || !isBusy(c.rejected(t, "", "z", "3", alone)) {
		t.Error("the account is not busy during another create")
	}
	c.send(t, held)
	c.suspend(t, held, now())

	record, claim, err := c.ClaimCreate(t.Context(), c.wanted("k2", "y", "2"), alone)
	if err != nil || claim != proxy.ClaimFresh {
		t.Fatalf("without a create in progress: got %d, %v", claim, err)
	}

	if !isBusy(c.rejected(t, "k1", "x", "1", alone)) {
		t.Error("a create was resumed during another")
	}
	c.finish(t, record, "d1")

	if _, claim, err := c.ClaimCreate(
		t.Context(), c.wanted("k2", "y", "2"), alone,
	); err != nil ||
		claim != proxy.ClaimReplay {
		t.Errorf("got %d, %v; want a replay", claim, err)
	}
}

func createBound(t *testing.T, c *creator) {
	t.Helper()
	c.finish(t, c.claim(t, "k", "x", "body", proxy.ClaimFresh), "d1")
	other := newCreator(t, c.Backend, 2000)
	// Upstream assigns the ids, so another account may have the same id.
	other.finish(t, other.claim(t, "k", "x", "other body", proxy.ClaimFresh), "d1")
}

func createExpires(t *testing.T, c *creator) {
	t.Helper()
	wanted := c.wanted("k", "x", "body")
	wanted.ExpiresAt = now().Add(-time.Millisecond)

	record, _, err := c.ClaimCreate(t.Context(), wanted, proxy.ClaimTerms{Lease: lease})
	if err != nil {
		t.Fatal(err)
	}
	c.finish(t, record, "d1")
	again := c.claim(t, "k", "x", "other body", proxy.ClaimFresh)
	c.send(t, again)

	if err := c.DeleteExpired(t.Context(), now().Add(25*time.Hour)); err != nil {
		t.Fatal(err)
	}

	if open, err := c.OpenCreates(t.Context(), c.connection); err != nil || len(open) != 0 {
		t.Errorf("got %+v, %v; want no expired create", open, err)
	}
}

func concurrentCreates(t *testing.T, c *creator) {
	t.Helper()
	var mu sync.Mutex
	fresh, busy := 0, 0

	records := make([]proxy.CreateRecord, 100)
	for n := range records {
		records[n] = c.wanted("k", "x", "body")
	}

	var working sync.WaitGroup
	for _, record := range records {
		working.Go(func() {
			_, claim, err := c.ClaimCreate(t.Context(), record, proxy.ClaimTerms{Lease: lease})
			mu.Lock()
			defer mu.Unlock()

			switch {
			case err == nil && claim == proxy.ClaimFresh:
				fresh++
			case isBusy(err):
				busy++
			default:
				t.Errorf("got %d, %v", claim, err)
			}
		})
	}
	working.Wait()

	if fresh != 1 || busy != 99 {
		t.Errorf("%d claims succeeded and %d were busy, want 1 and 99", fresh, busy)
	}
}

func createKeyless(t *testing.T, c *creator) {
	t.Helper()
	c.finish(t, c.claim(t, "", "x", "body", proxy.ClaimFresh), "d1")
	c.finish(t, c.claim(t, "", "x", "body", proxy.ClaimFresh), "d2")
	c.claim(t, "", "x", "body", proxy.ClaimFresh)

	if !isBusy(c.rejected(t, "", "x", "body", proxy.ClaimTerms{Lease: lease})) {
		t.Error("two creates of one name are open")
	}
}

func createStoresSQLAsText(t *testing.T, c *creator) {
	t.Helper()
	other := c.claim(t, "other", "other", "other", proxy.ClaimFresh)
	c.finish(t, other, "other")

	for n, word := range []string{`x' OR '1'='1`, `'; DROP TABLE creates; --`, `x"; DELETE FROM creates WHERE "a"="a`, `%`, `?`, "\\'", "$1"} {
		record := c.claim(t, word, word, word, proxy.ClaimFresh)
		c.send(t, record, word, "other")
		c.suspend(t, record, now())

		resumed := c.claim(t, word, word, word, proxy.ClaimResumed)
		if resumed.Name != word || !slices.Equal(resumed.KnownIDs, []string{word, "other"}) {
			t.Errorf("got %+v, want the values unchanged", resumed)
		}
		c.finish(t, resumed, fmt.Sprint(word, n))
	}
	c.claim(t, "other", "other", "other", proxy.ClaimReplay)
}

func createLeaseEnds(t *testing.T, c *creator) {
	t.Helper()

	if _, _, err := c.ClaimCreate(
		t.Context(), c.wanted("k", "x", "body"), proxy.ClaimTerms{Lease: 30 * time.Millisecond},
	); err != nil {
		t.Fatal(err)
	}

	for limit := time.Now().Add(5 * time.Second); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		record, claim, err := c.ClaimCreate(t.Context(), c.wanted("k", "x", "body"), proxy.ClaimTerms{Lease: lease})
		if err == nil {
			if claim != proxy.ClaimResumed || record.State != proxy.CreatePrepared {
				t.Errorf("got %d %+v, want the prepared record resumed", claim, record)
			}

			return
		}

		if !isBusy(err) {
			t.Fatal(err)
		}
	}
	t.Error("the lease did not end")
}

func createOpen(t *testing.T, c *creator) {
	t.Helper()
	c.claim(t, "prepared", "prepared", "1", proxy.ClaimFresh)
	sent := c.claim(t, "sent", "sent", "2", proxy.ClaimFresh)
	c.send(t, sent)
	unsure := c.claim(t, "unsure", "unsure", "3", proxy.ClaimFresh)
	c.send(t, unsure, "a1")
	c.suspend(t, unsure, now())
	c.finish(t, c.claim(t, "done", "done", "4", proxy.ClaimFresh), "d1")

	open, err := c.OpenCreates(t.Context(), c.connection)
	if err != nil {
		t.Fatal(err)
	}

	names := []string{}
	for _, record := range open {
		names = append(names, record.Name)
	}
	slices.Sort(names)

	if !slices.Equal(names, []string{"sent", "unsure"}) {
		t.Errorf("got %v, want the sent and unsettled creates", names)
	}
}
