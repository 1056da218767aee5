package proxy

import (
	"time"
	"unicode/utf8"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	maxCachedLists     = 10_000   // lists
	maxCacheBytes      = 64 << 20 // of all lists
	maxCachedListBytes = 1 << 20  // bytes of one list: a larger one is read anew each time

	databaseBytes = 192 // of a Database without its text, on 64 bits
	encodedBytes  = 260 // of its JSON without its text
	stringBytes   = 16  // of a string without its text
)

// listCache keeps the last list of each connection. What it holds has left the allow-list: no credential is among it.
// The caller guards it.
type listCache struct {
	lists *simplelru.LRU[string, cachedList]
	bytes int
}

type cachedList struct {
	key     listKey
	begun   time.Time // when upstream was asked
	listing *Listing
	bytes   int
}

func newListCache() *listCache {
	m := &listCache{}
	// fails of a size below 1
	m.lists, _ = simplelru.NewLRU(maxCachedLists, func(_ string, gone cachedList) { m.bytes -= gone.bytes })

	return m
}

// get returns the list that was read at this place after oldest.
func (m *listCache) get(key listKey, oldest time.Time) (*Listing, bool) {
	found, ok := m.lists.Get(key.connectionID)
	if !ok || found.key != key || !found.begun.After(oldest) {
		return nil, false
	}

	return found.listing, true
}

// put remembers a list, and drops what was read before oldest as far as it is found without looking for it.
func (m *listCache) put(key listKey, begun time.Time, listing *Listing, oldest time.Time) {
	m.drop(key.connectionID)

	list := cachedList{key: key, begun: begun, listing: listing, bytes: sizeOf(listing.Databases)}
	if list.bytes <= maxCachedListBytes && begun.After(oldest) {
		m.lists.Add(key.connectionID, list)
		m.bytes += list.bytes
	}

	for {
		_, least, ok := m.lists.GetOldest()
		if !ok || (m.bytes <= maxCacheBytes && least.begun.After(oldest)) {
			return
		}
		m.lists.RemoveOldest()
	}
}

func (m *listCache) drop(connectionID string) { m.lists.Remove(connectionID) }

// sizeOf is what a list holds on to, in bytes: its objects, their text, and once more their text with the names of the
// fields, as the list is encoded.
func sizeOf(databases []Database) int {
	bytes := cap(databases) * (databaseBytes + encodedBytes)
	for _, d := range databases {
		bytes += textBytes(d.ID) + textBytes(d.Name) + textBytes(d.State) + textBytes(d.Plan) + textBytes(d.Platform) +
			textBytes(d.PrimaryRegion) + textBytes(d.Endpoint) + textBytes(d.RestURL)
		for _, region := range d.ReadRegions {
			bytes += stringBytes + textBytes(region)
		}
	}

	return bytes
}

// textBytes is a text and the same in JSON, where one byte may become six: whoever names databases must not decide how
// far the bound of all lists holds.
func textBytes(text string) int {
	bytes := 2 * len(text)
	for n := range len(text) {
		switch b := text[n]; {
		case b < ' ', b == '<', b == '>', b == '&':
			bytes += len(`\u003c`) - 1
		case b == '"', b == '\\', b >= utf8.RuneSelf:
			bytes++
		}
	}

	return bytes
}
