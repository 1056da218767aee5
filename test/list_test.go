package test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

func TestPollingAnUnchangedListIsCheap(t *testing.T) {
	const pollers, polls = 8, 125
	m := harness.StartWithMember(t, harness.WithListCache(time.Second))
	m.Create(t, "", harness.CreateBody("mine")).Is(t, 201)
	before, start := m.ListCalls(t), time.Now()

	whole := m.Do(t, "GET", harness.DatabasesPath, m.Header, "").Is(t, 200)
	again := harness.Merged(m.Header, http.Header{"If-None-Match": {whole.Header.Get("ETag")}})
	var work sync.WaitGroup

	var unchanged, bytes atomic.Int64
	for range pollers {
		work.Go(func() {
			for range polls {
				got, err := m.Try(t.Context(), "GET", harness.DatabasesPath, again, "")
				if err != nil {
					t.Error(err)
					return
				}
				bytes.Add(int64(len(got.Body)))

				if got.Status == 304 {
					unchanged.Add(1)
				}
			}
		})
	}
	work.Wait()

	most := harness.MaxListCalls(start, time.Second)
	if got := m.ListCalls(t) - before; got > most {
		t.Errorf("%d polls in %s called upstream %d times, want at most %d", pollers*polls, time.Since(start), got, most)
	}

	if unchanged.Load() != pollers*polls || bytes.Load() != 0 {
		t.Errorf(
			"%d of %d polls were answered 304, with %d bytes of body; want all, with none",
			unchanged.Load(),
			pollers*polls,
			bytes.Load(),
		)
	}
}

func TestConcurrentListsAreOneCall(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithListCache(harness.MaxListAge), harness.WithFront(t, &f))
	held := f.HoldNextList(t)
	before, start := f.Requests.Load(), time.Now()
	leaving, leave := context.WithCancel(t.Context())
	left := m.Begin(leaving, harness.DatabasesPath) // begins the call, and leaves before it ends
	<-held.Arrived

	var waits []func() (harness.Response, error)
	for range 20 {
		waits = append(waits, m.Begin(t.Context(), harness.DatabasesPath))
	}
	harness.Await(t, "20 lists to join", func() bool {
		_, joined, _ := m.App.ListReads()
		return joined >= 20 || time.Since(start) > harness.MaxListAge
	})
	leave()

	if _, err := left(); err == nil {
		t.Error("the disconnected caller got a response")
	}
	held.Release()

	for _, wait := range waits {
		got, err := wait()
		if err != nil {
			t.Fatal(err)
		}
		got.Is(t, 200)
	}

	if got, most := int(f.Requests.Load()-before), harness.MaxListCalls(start, harness.MaxListAge); got > most {
		t.Errorf("20 lists at once called upstream %d times, want at most %d", got, most)
	}
}

func TestWithoutListCacheEveryListReachesUpstream(t *testing.T) {
	m := harness.StartWithMember(t)

	before := m.ListCalls(t)
	for range 3 {
		m.List(t)
	}

	if got := m.ListCalls(t) - before; got != 3 {
		t.Errorf("3 lists called upstream %d times", got)
	}
}

// A list that began before a create ended may arrive after it, without the new database.
func TestCreateIsVisibleDespiteListInProgress(t *testing.T) {
	var f harness.Front

	m := harness.StartWithMember(t, harness.WithListCache(harness.MaxListAge), harness.WithFront(t, &f))
	if got := m.Names(t); got != "" {
		t.Fatalf("got databases %q, want none", got)
	}
	m.Create(t, "", harness.CreateBody("first")).Is(t, 201)

	if got := m.Names(t); got != "first" {
		t.Fatalf("got databases %q after a create, want it", got)
	}
	m.Create(t, "key", harness.CreateBody("second")).Is(t, 201)
	held := f.HoldNextList(t)
	slow := m.Begin(t.Context(), harness.DatabasesPath)
	<-held.Arrived
	m.Create(t, "other", harness.CreateBody("third")).Is(t, 201)

	if got := m.Names(t); got != "first second third" {
		t.Errorf("got databases %q while an older list is in progress, want all three", got)
	}
	held.Release()

	if got, err := slow(); err != nil || got.Status != 200 {
		t.Errorf("the older list returned %d, error %v", got.Status, err)
	}

	if got := m.Names(t); got != "first second third" {
		t.Errorf("got databases %q after an older list arrived, want all three", got)
	}
}

// The same for a lost create response: the database is adopted in the same call, or when the create is repeated.
func TestLostCreateIsListedOnceItIsReported(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithListCache(harness.MaxListAge), harness.WithFront(t, &f))
	m.List(t)
	lost := map[string]any{
		"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
		"count": 1,
		"do":    map[string]any{"drop": "after_commit"},
	}
	m.Fault(t, lost)
	m.Create(t, "adopted", harness.CreateBody("adopted")).Is(t, 201)

	if got := m.Names(t); got != "adopted" {
		t.Errorf("got databases %q after an adopted create, want it", got)
	}

	m.Fault(t, lost)
	var sent atomic.Bool
	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			sent.Store(true)
		}

		if r.URL.Path != harness.UpstreamList || !sent.Load() {
			return false
		}
		w.WriteHeader(http.StatusInternalServerError)

		return true
	})
	m.Create(t, "uncertain", harness.CreateBody("uncertain")).IsProblem(t, 504, "outcome_uncertain")
	f.RespondsWith(http.MethodGet, harness.UpstreamList, 200, nil, `[]`)

	if got := m.Names(t); got != "" {
		t.Fatalf("got databases %q, want those of a list that lags behind", got)
	}
	f.Intercept(nil)
	m.Create(t, "uncertain", harness.CreateBody("uncertain")).Is(t, 201)

	if got := m.Names(t); got != "adopted uncertain" {
		t.Errorf("got databases %q after the create was settled, want both", got)
	}
}

func TestCachedListRequiresAWorkingKey(t *testing.T) {
	t.Run("disconnected", func(t *testing.T) {
		m := harness.StartWithMember(t, harness.WithListCache(harness.MaxListAge))
		m.List(t)
		m.Do(t, "DELETE", "/api/v1/connection", m.Header, "").Is(t, 200)
		m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 409, "connect_required")

		before := m.ListCalls(t)
		again := m.AddMember(t, m.Email)
		again.List(t)

		if got := m.ListCalls(t) - before; got != 1 {
			t.Errorf("the first list under a new key called upstream %d times, want once", got)
		}
	})
	t.Run("its key deleted", func(t *testing.T) {
		m := harness.StartWithMember(t, harness.WithListCache(harness.MaxListAge))
		id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
		m.List(t)
		m.Control(t, "DELETE", "/accounts/"+m.Email+"/keys/"+m.Connection(t, m.Email).KeyName, nil, nil)
		m.Do(t, "GET", harness.DatabasesPath+"/"+id, m.Header, "").IsProblem(t, 409, "reconnect_required")
		m.Do(t, "GET", harness.DatabasesPath, m.Header, "").IsProblem(t, 409, "reconnect_required")
	})
	t.Run("its session ended", func(t *testing.T) {
		m := harness.StartWithMember(t, harness.WithListCache(harness.MaxListAge))
		cookie := m.Login(t, m.TokenOf(t, m.Email))
		m.Do(t, "GET", harness.DatabasesPath, m.FromPage(cookie), "").Is(t, 200)
		m.Do(t, "DELETE", "/api/v1/session", m.FromPage(cookie), "").Is(t, 204)
		m.Do(t, "GET", harness.DatabasesPath, m.FromPage(cookie), "").IsProblem(t, 401, "session_expired")
	})
}

// The next caller queries a failing upstream again: a failure is never cached as a list.
func TestFailedListIsNotCached(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithListCache(harness.MaxListAge), harness.WithFront(t, &f))
	f.RespondsWith(http.MethodGet, harness.UpstreamList, 404, nil, `"no"`)

	if got := m.Do(t, "GET", harness.DatabasesPath, m.Header, ""); got.Status/100 == 2 {
		t.Fatalf("got status %d for a list that upstream rejected", got.Status)
	}
	f.Intercept(nil)
	m.List(t)
}

// Each account sees only its own databases, whatever entity tags it sends.
func TestAccountsNeverSeeEachOthersLists(t *testing.T) {
	p := harness.StartProduct(t, harness.WithListCache(100*time.Millisecond))
	const accounts, polls = 6, 40
	var members []harness.Member

	var tags []string
	for n := range accounts {
		m := p.AddMember(t, fmt.Sprintf("account-%d@example.com", n))
		m.Create(t, "", harness.CreateBody(fmt.Sprintf("of-account-%d", n))).Is(t, 201)
		members = append(members, m)
		tags = append(tags, m.Do(t, "GET", harness.DatabasesPath, m.Header, "").Is(t, 200).Header.Get("ETag"))
	}

	var work sync.WaitGroup
	for n := range 4 * accounts {
		work.Go(func() {
			own := n % accounts

			m := members[own]
			for round := range polls {
				sent := (n + round) % (accounts + 1)

				header := m.Header
				if sent < accounts {
					header = harness.Merged(header, http.Header{"If-None-Match": {tags[sent]}})
				}

				got, err := m.Try(t.Context(), "GET", harness.DatabasesPath, header, "")
				if err != nil {
					t.Error(err)
					return
				}
				name := fmt.Sprintf(`"name":"of-account-%d"`, own)

				whole := got.Status == 200 && strings.Count(got.Body, `"name":"of-account-`) == 1 &&
					strings.Contains(got.Body, name)
				if unchanged := got.Status == 304 && got.Body == "" &&
					sent == own; got.Header.Get("ETag") != tags[own] ||
					whole == unchanged {
					t.Errorf(
						"account %d, with the tag of %d: got status %d, tag %s, body %s",
						own,
						sent,
						got.Status,
						got.Header.Get("ETag"),
						got.Body,
					)
				}
			}
		})
	}
	work.Wait()
}
