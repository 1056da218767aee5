// Package cache caches results of the store for a few seconds, so that an immediate repeat costs no query.
//
// A revocation must take effect everywhere within five seconds. So no entry lives longer than MaxLife, counted from
// before it was read, and a change on this server drops the entry that it makes wrong. An entry whose read began
// before the drop is not cached either.
package cache

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// MaxLife is the maximum age of an entry.
const MaxLife = 4 * time.Second

// Cache stores up to a fixed number of entries; when it is full, the oldest is removed. An expired entry is removed
// from memory soon, even if nobody reads it, because it may hold a secret. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	life time.Duration
	now  func() time.Time

	mu       sync.Mutex
	entries  *simplelru.LRU[K, entry[V]] // read only with Peek, so that the order stays by age
	loading  map[K]*load
	sweeping bool

	hits, misses atomic.Uint64
}

type entry[V any] struct {
	value V
	start time.Time // when its read began
}

// load is a read in progress. Several callers may read the same key at the same time.
type load struct {
	callers int
	dropped bool
}

// New makes a cache of at most size entries, each used for at most life, which is limited to MaxLife. A nil now is
// time.Now.
func New[K comparable, V any](size int, life time.Duration, now func() time.Time) *Cache[K, V] {
	if now == nil {
		now = time.Now
	}
	c := &Cache[K, V]{life: min(life, MaxLife), now: now, loading: map[K]*load{}}
	c.entries, _ = simplelru.NewLRU[K, entry[V]](max(size, 1), nil) // fails only for a size below 1

	return c
}

// Find returns the cached value of the key.
func (c *Cache[K, V]) Find(key K) (V, bool) {
	c.mu.Lock()
	found, ok := c.entries.Peek(key)
	c.mu.Unlock()

	if !ok || !c.isFresh(found.start) {
		c.misses.Add(1)

		var none V

		return none, false
	}
	c.hits.Add(1)

	return found.value, true
}

// isFresh also rejects an entry from the future: the clock was set back, and its age is unknown.
func (c *Cache[K, V]) isFresh(start time.Time) bool {
	age := c.now().Sub(start)
	return age >= 0 && age < c.life
}

// Load reads a value and caches it, unless the read failed or the key was dropped meanwhile. It does not check for a
// cached value; Find does.
func (c *Cache[K, V]) Load(key K, read func() (V, error)) (V, error) {
	current := c.begin(key)
	start := c.now()
	keep := false

	var value V
	defer func() { c.end(key, current, entry[V]{value: value, start: start}, keep) }() // also when read panics

	value, err := read()
	keep = err == nil

	return value, err
}

func (c *Cache[K, V]) begin(key K) *load {
	c.mu.Lock()
	defer c.mu.Unlock()

	current := c.loading[key]
	if current == nil || current.dropped {
		current = &load{}
		c.loading[key] = current
	}
	current.callers++

	return current
}

func (c *Cache[K, V]) end(key K, current *load, found entry[V], keep bool) {
	c.mu.Lock()
	defer c.mu.Unlock()

	current.callers--
	if current.callers == 0 && c.loading[key] == current {
		delete(c.loading, key)
	}

	if !keep || current.dropped {
		return
	}

	if cached, ok := c.entries.Peek(key); ok && cached.start.After(found.start) {
		return
	}
	c.entries.Add(key, found)
	c.sweepLater()
}

// Drop removes the value of a key. A read in progress does not cache its value.
func (c *Cache[K, V]) Drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()

	c.entries.Remove(key)

	if current := c.loading[key]; current != nil {
		current.dropped = true
	}
}

// DropWhere removes every value that matches. No read in progress caches its value, matching or not. It scans all
// entries, so it is for rare events.
func (c *Cache[K, V]) DropWhere(match func(V) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()

	for _, key := range c.entries.Keys() {
		if cached, ok := c.entries.Peek(key); ok && match(cached.value) {
			c.entries.Remove(key)
		}
	}

	for _, current := range c.loading {
		current.dropped = true
	}
}

// sweepLater schedules the removal of expired entries. The caller holds the lock.
func (c *Cache[K, V]) sweepLater() {
	if c.sweeping {
		return
	}
	c.sweeping = true
	time.AfterFunc(c.life, c.sweep)
}

func (c *Cache[K, V]) sweep() {
	c.mu.Lock()
	defer c.mu.Unlock()

	for {
		_, oldest, ok := c.entries.GetOldest()
		if !ok || c.isFresh(oldest.start) {
			break
		}
		c.entries.RemoveOldest()
	}

	c.sweeping = false
	if c.entries.Len() > 0 {
		c.sweepLater()
	}
}
