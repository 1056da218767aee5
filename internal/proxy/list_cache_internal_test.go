package proxy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"
)

func of(i int) listKey { return listKey{connectionID: fmt.Sprint(i)} }

// weighing is a list of so many bytes, an even number.
func weighing(bytes int) *Listing {
	return &Listing{Databases: []Database{{Name: strings.Repeat("x", (bytes-databaseBytes-encodedBytes)/2)}}}
}

func TestListCacheIsBounded(t *testing.T) {
	start := time.Now()
	for name, row := range map[string]struct{ puts, bytes, kept int }{
		"by lists":                  {maxCachedLists + 5, 600, maxCachedLists},
		"by bytes":                  {100, maxCachedListBytes, maxCacheBytes / maxCachedListBytes},
		"no list that is too large": {10, maxCachedListBytes + 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := newListCache()

			list := weighing(row.bytes)
			for i := range row.puts {
				m.put(of(i), start, list, start.Add(-time.Second))
				m.get(of(0), start.Add(-time.Second)) // the first is used all the time
			}

			if m.lists.Len() != row.kept || m.bytes != row.kept*row.bytes {
				t.Errorf("got %d lists of %d bytes, want %d of %d", m.lists.Len(), m.bytes, row.kept,
					row.kept*row.bytes)
			}

			if _, ok := m.get(of(0), start.Add(-time.Second)); ok != (row.kept > 0) {
				t.Errorf("the most requested list is cached: %t", ok)
			}
		})
	}
}

func TestListCacheDropsOldLists(t *testing.T) {
	start := time.Now()

	m := newListCache()
	for i := range 10 {
		m.put(of(i), start.Add(time.Duration(i)*time.Second), weighing(1000), start.Add(time.Duration(i-3)*time.Second))
	}

	if m.lists.Len() != 3 || m.bytes != 3000 {
		t.Errorf("got %d lists of %d bytes, want the last 3", m.lists.Len(), m.bytes)
	}
	m.put(of(9), start, weighing(1000), start.Add(time.Second)) // already old when it is stored

	if _, ok := m.get(of(9), start.Add(-time.Second)); ok {
		t.Error("a list that was old when it came is kept")
	}

	for i := range 10 {
		m.drop(fmt.Sprint(i))
	}

	if m.lists.Len() != 0 || m.bytes != 0 {
		t.Errorf("got %d lists of %d bytes, want nothing", m.lists.Len(), m.bytes)
	}
}

func TestLargerListReplacesASmallerOne(t *testing.T) {
	start := time.Now()

	m := newListCache()
	for _, bytes := range []int{1000, 5000, 2000} {
		m.put(of(1), start, weighing(bytes), start.Add(-time.Second))

		if m.lists.Len() != 1 || m.bytes != bytes {
			t.Errorf("got %d lists of %d bytes, want 1 of %d", m.lists.Len(), m.bytes, bytes)
		}
	}
	m.put(of(1), start, weighing(maxCachedListBytes+2), start.Add(-time.Second))

	if m.lists.Len() != 0 || m.bytes != 0 {
		t.Error("a list is kept although a newer one could not be")
	}
}

func TestSizeConstantsMatchThisMachine(t *testing.T) {
	if got := int(unsafe.Sizeof(Database{})); got > databaseBytes {
		t.Errorf("a Database has %d bytes, counted as %d", got, databaseBytes)
	}

	if got, want := sizeOf(
		[]Database{{ID: "a", Name: "bb", ReadRegions: []string{"ccc", "d"}}},
	), databaseBytes+encodedBytes+2*stringBytes+2*(1+2+4); got != want {
		t.Errorf("got %d bytes, want %d", got, want)
	}
}

// Text that JSON escapes takes more room encoded than it does itself.
func TestTextSizeCoversItsJSON(t *testing.T) {
	for _, text := range []string{"plain", "<&>", "\x01\x1f\n", `"\`, "\u2028\u2029é世😀", "\x7f"} {
		encoded, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}

		if got, want := textBytes(text), len(text)+len(encoded)-len(`""`); got < want {
			t.Errorf("%q: got %d bytes, want at least %d", text, got, want)
		}
	}
}
