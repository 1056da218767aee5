package proxy

import (
	"time"
	"unicode/utf8"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	maxCachedLists     = 10_000   // lists
	maxCacheBytes      = 64 << 20 // for all lists
	maxCachedListBytes = 1 << 20  // a larger list is not cached

	databaseBytes = 192 // size of a Database without its text, on 64 bits
	encodedBytes  = 260 // size of its JSON without its text
	stringBytes   = 16  // size of a string without its text
)

// listCache stores the last list of each connection. Its contents passed the allow-list, so they include no
// credentials. The caller guards it.
type listCache struct {
	lists *simplelru.LRU[string, cachedList]
	bytes int
}

type cachedList struct {
	key     listKey
	start   time.Time // when the request to upstream began
	listing *Listing
	bytes   int
}

func newListCache() *listCache {
	m := &listCache{}
	// fails only for a size below 1
	m.lists, _ = simplelru.NewLRU(maxCachedLists, func(_ string, gone cachedList) { m.bytes -= gone.bytes })

	return m
}

// get returns the list that was read for this key after oldest.
func (m *listCache) get(key listKey, oldest time.Time) (*Listing, bool) {
	found, ok := m.lists.Get(key.connectionID)
	if !ok || found.key != key || !found.start.After(oldest) {
		return nil, false
	}

	return found.listing, true
}

// put caches a list, and removes the least recently used lists while they are older than oldest or the cache is too
// large.
func (m *listCache) put(key listKey, start time.Time, listing *Listing, oldest time.Time) {
	m.drop(key.connectionID)

	list := cachedList{key: key, start: start, listing: listing, bytes: sizeOf(listing.Databases)}
	if list.bytes <= maxCachedListBytes && start.After(oldest) {
		m.lists.Add(key.connectionID, list)
		m.bytes += list.bytes
	}

	for {
		_, least, ok := m.lists.GetOldest()
		if !ok || (m.bytes <= maxCacheBytes && least.start.After(oldest)) {
			return
		}
		m.lists.RemoveOldest()
	}
}

func (m *listCache) drop(connectionID string) { m.lists.Remove(connectionID) }

// sizeOf estimates the memory of a list in bytes: its objects, their text, and the text and field names again as
// encoded JSON.
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

// textBytes is the size of a text plus its JSON, in which one byte may become six. Counting the escapes keeps the
// limit of the cache independent of the names that users choose.
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
