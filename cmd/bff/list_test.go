package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestPollingAnUnchangedListCostsNextToNothing(t *testing.T) {
	const pollers, polls = 8, 125
	m := startJoined(t, withListCache(time.Second))
	m.create(t, "", createBody("mine")).is(t, 201)
	before, begun := m.lists(t), time.Now()

	whole := m.do(t, "GET", databasesPath, m.header, "").is(t, 200)
	again := merged(m.header, http.Header{"If-None-Match": {whole.header.Get("ETag")}})
	var work sync.WaitGroup
	var unchanged, bytes atomic.Int64
	for range pollers {
		work.Go(func() {
			for range polls {
				got, err := m.try(t.Context(), "GET", databasesPath, again, "")
				if err != nil {
					t.Error(err)
					return
				}
				bytes.Add(int64(len(got.body)))
				if got.status == 304 {
					unchanged.Add(1)
				}
			}
		})
	}
	work.Wait()
	most := spent(begun, time.Second)
	if got := m.lists(t) - before; got > most {
		t.Errorf("%d polls in %s asked upstream %d times, want at most %d", pollers*polls, time.Since(begun), got, most)
	}
	if unchanged.Load() != pollers*polls || bytes.Load() != 0 {
		t.Errorf("%d of %d polls were answered 304, with %d bytes of body; want all, with none", unchanged.Load(), pollers*polls, bytes.Load())
	}
}

func TestConcurrentListsAreOneCall(t *testing.T) {
	var f front
	m := startJoined(t, withListCache(longest), withFront(t, &f))
	held := f.holds(t)
	before, begun := f.requests.Load(), time.Now()
	leaving, leave := context.WithCancel(t.Context())
	left := m.begin(leaving, databasesPath) // begins the call, and leaves before it ends
	<-held.arrived
	var waits []func() (answer, error)
	for range 20 {
		waits = append(waits, m.begin(t.Context(), databasesPath))
	}
	await(t, "20 lists to join", func() bool {
		_, joined, _ := m.app.ListReads()
		return joined >= 20 || time.Since(begun) > longest
	})
	leave()
	if _, err := left(); err == nil {
		t.Error("the caller that left got an answer")
	}
	held.release()
	for _, wait := range waits {
		got, err := wait()
		if err != nil {
			t.Fatal(err)
		}
		got.is(t, 200)
	}
	if got, most := int(f.requests.Load()-before), spent(begun, longest); got > most {
		t.Errorf("20 lists at once asked upstream %d times, want at most %d", got, most)
	}
}

func TestWithoutListCacheEveryListIsAsked(t *testing.T) {
	m := startJoined(t)
	before := m.lists(t)
	for range 3 {
		m.list(t)
	}
	if got := m.lists(t) - before; got != 3 {
		t.Errorf("3 lists asked upstream %d times", got)
	}
}

// A list that began before a create ended may arrive after it, and knows nothing of the new database.
func TestACreateIsVisibleAtOnceWhateverIsUnderWay(t *testing.T) {
	var f front
	m := startJoined(t, withListCache(longest), withFront(t, &f))
	if got := m.names(t); got != "" {
		t.Fatalf("got databases %q, want none", got)
	}
	m.create(t, "", createBody("first")).is(t, 201)
	if got := m.names(t); got != "first" {
		t.Fatalf("got databases %q after a create, want it", got)
	}
	m.create(t, "key", createBody("second")).is(t, 201)
	held := f.holds(t)
	slow := m.begin(t.Context(), databasesPath)
	<-held.arrived
	m.create(t, "other", createBody("third")).is(t, 201)
	if got := m.names(t); got != "first second third" {
		t.Errorf("got databases %q while an older list is under way, want all three", got)
	}
	held.release()
	if got, err := slow(); err != nil || got.status != 200 {
		t.Errorf("the older list answers %d, error %v", got.status, err)
	}
	if got := m.names(t); got != "first second third" {
		t.Errorf("got databases %q after an older list arrived, want all three", got)
	}
}

// The same when the create's answer was lost: adopted in the same call, or when it is asked for again.
func TestALostCreateIsVisibleAsSoonAsItIsAnswered(t *testing.T) {
	var f front
	m := startJoined(t, withListCache(longest), withFront(t, &f))
	m.list(t)
	lost := map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "count": 1, "do": map[string]any{"drop": "after_commit"}}
	m.fault(t, lost)
	m.create(t, "adopted", createBody("adopted")).is(t, 201)
	if got := m.names(t); got != "adopted" {
		t.Errorf("got databases %q after an adopted create, want it", got)
	}

	m.fault(t, lost)
	var sent atomic.Bool
	f.answers(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			sent.Store(true)
		}
		if r.URL.Path != upstreamList || !sent.Load() {
			return false
		}
		w.WriteHeader(http.StatusInternalServerError)
		return true
	})
	m.create(t, "uncertain", createBody("uncertain")).isProblem(t, 504, "outcome_uncertain")
	f.says(http.MethodGet, upstreamList, 200, nil, `[]`)
	if got := m.names(t); got != "" {
		t.Fatalf("got databases %q, want those of a list that lags behind", got)
	}
	f.answers(nil)
	m.create(t, "uncertain", createBody("uncertain")).is(t, 201)
	if got := m.names(t); got != "adopted uncertain" {
		t.Errorf("got databases %q after the create was settled, want both", got)
	}
}

func TestNothingIsAnsweredFromMemoryWithoutAKeyThatStands(t *testing.T) {
	t.Run("disconnected", func(t *testing.T) {
		m := startJoined(t, withListCache(longest))
		m.list(t)
		m.do(t, "DELETE", "/api/v1/connection", m.header, "").is(t, 200)
		m.do(t, "GET", databasesPath, m.header, "").isProblem(t, 409, "connect_required")

		before := m.lists(t)
		again := m.joined(t, m.email)
		again.list(t)
		if got := m.lists(t) - before; got != 1 {
			t.Errorf("the first list under a new key asked upstream %d times, want once", got)
		}
	})
	t.Run("its key deleted", func(t *testing.T) {
		m := startJoined(t, withListCache(longest))
		id := m.create(t, "", createBody("mine")).database(t, 201).ID
		m.list(t)
		m.control(t, "DELETE", "/accounts/"+m.email+"/keys/"+m.connection(t, m.email).KeyName, nil, nil)
		m.do(t, "GET", databasesPath+"/"+id, m.header, "").isProblem(t, 409, "reconnect_required")
		m.do(t, "GET", databasesPath, m.header, "").isProblem(t, 409, "reconnect_required")
	})
	t.Run("its session ended", func(t *testing.T) {
		m := startJoined(t, withListCache(longest))
		cookie := m.login(t, m.tokenOf(t, m.email))
		m.do(t, "GET", databasesPath, m.fromPage(cookie), "").is(t, 200)
		m.do(t, "DELETE", "/api/v1/session", m.fromPage(cookie), "").is(t, 204)
		m.do(t, "GET", databasesPath, m.fromPage(cookie), "").isProblem(t, 401, "session_expired")
	})
}

// A failing upstream is asked again by the next caller: its failure is nobody's list.
func TestAFailedListIsNotRemembered(t *testing.T) {
	var f front
	m := startJoined(t, withListCache(longest), withFront(t, &f))
	f.says(http.MethodGet, upstreamList, 404, nil, `"no"`)
	if got := m.do(t, "GET", databasesPath, m.header, ""); got.status/100 == 2 {
		t.Fatalf("got status %d for a list that upstream refused", got.status)
	}
	f.answers(nil)
	m.list(t)
}

// Whoever polls, with whatever tags: each account sees its own databases alone.
func TestAccountsNeverSeeEachOthersLists(t *testing.T) {
	p := startProduct(t, withListCache(100*time.Millisecond))
	const accounts, polls = 6, 40
	var members []member
	var tags []string
	for n := range accounts {
		m := p.joined(t, fmt.Sprintf("account-%d@example.com", n))
		m.create(t, "", createBody(fmt.Sprintf("of-account-%d", n))).is(t, 201)
		members = append(members, m)
		tags = append(tags, m.do(t, "GET", databasesPath, m.header, "").is(t, 200).header.Get("ETag"))
	}
	var work sync.WaitGroup
	for n := range 4 * accounts {
		work.Go(func() {
			own := n % accounts
			m := members[own]
			for round := range polls {
				sent := (n + round) % (accounts + 1)
				header := m.header
				if sent < accounts {
					header = merged(header, http.Header{"If-None-Match": {tags[sent]}})
				}
				got, err := m.try(t.Context(), "GET", databasesPath, header, "")
				if err != nil {
					t.Error(err)
					return
				}
				name := fmt.Sprintf(`"name":"of-account-%d"`, own)
				whole := got.status == 200 && strings.Count(got.body, `"name":"of-account-`) == 1 && strings.Contains(got.body, name)
				if unchanged := got.status == 304 && got.body == "" && sent == own; got.header.Get("ETag") != tags[own] || whole == unchanged {
					t.Errorf("account %d, with the tag of %d: got status %d, tag %s, body %s", own, sent, got.status, got.header.Get("ETag"), got.body)
				}
			}
		})
	}
	work.Wait()
}
