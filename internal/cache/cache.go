// Package cache keeps answers of the store for a few seconds, so that a caller who asks again at once costs no query.
//
// What is revoked must be refused everywhere within five seconds. So no answer lives longer than MaxLife, counted from
// before it was read, and whoever changes something on this server drops the answer that the change makes wrong: an
// answer whose reading began before the drop is not kept either.
package cache

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// MaxLife bounds how long an answer is used.
const MaxLife = 4 * time.Second

// Cache holds at most so many answers; when it is full, the oldest makes room. An answer whose life is over is removed
// from memory soon after, whether or not anybody asks: it may hold a secret. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	life time.Duration
	now  func() time.Time

	mu       sync.Mutex
	entries  *simplelru.LRU[K, entry[V]] // used by Peek alone, so that the order is that of age
	loading  map[K]*load
	sweeping bool

	hits, misses atomic.Uint64
}

type entry[V any] struct {
	value V
	begun time.Time // when its reading began
}

// load is a reading under way. Several callers may read the same at once.
type load struct {
	callers int
	dropped bool
}

// New makes a cache of at most size answers, each used for at most life and for at most MaxLife. A nil now is time.Now.
func New[K comparable, V any](size int, life time.Duration, now func() time.Time) *Cache[K, V] {
	if now == nil {
		now = time.Now
	}
	c := &Cache[K, V]{life: min(life, MaxLife), now: now, loading: map[K]*load{}}
	c.entries, _ = simplelru.NewLRU[K, entry[V]](max(size, 1), nil) // fails of a size below 1

	return c
}

// Find returns the answer that is kept for the key.
func (c *Cache[K, V]) Find(key K) (V, bool) {
	c.mu.Lock()
	found, ok := c.entries.Peek(key)
	c.mu.Unlock()

	if !ok || !c.isFresh(found.begun) {
		c.misses.Add(1)

		var none V

		return none, false
	}
	c.hits.Add(1)

	return found.value, true
}

// isFresh also rejects an answer from the future: the clock was set back, and its age is unknown.
func (c *Cache[K, V]) isFresh(begun time.Time) bool {
	age := c.now().Sub(begun)
	return age >= 0 && age < c.life
}

// Load reads an answer and keeps it, unless the reading failed, or the key was dropped meanwhile. It does not look for
// an answer that is kept already; Find does.
func (c *Cache[K, V]) Load(key K, read func() (V, error)) (V, error) {
	current := c.begin(key)
	begun := c.now()
	keep := false

	var value V
	defer func() { c.end(key, current, entry[V]{value: value, begun: begun}, keep) }() // also when read panics

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

	if kept, ok := c.entries.Peek(key); ok && kept.begun.After(found.begun) {
		return
	}
	c.entries.Add(key, found)
	c.sweepLater()
}

// Drop forgets the answer of a key. One that is being read now is not kept.
func (c *Cache[K, V]) Drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()

	c.entries.Remove(key)

	if current := c.loading[key]; current != nil {
		current.dropped = true
	}
}

// DropWhere forgets every answer that matches. None that is being read now is kept, whatever it will be. It looks at
// all answers, so it is for what happens rarely.
func (c *Cache[K, V]) DropWhere(match func(V) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()

	for _, key := range c.entries.Keys() {
		if kept, ok := c.entries.Peek(key); ok && match(kept.value) {
			c.entries.Remove(key)
		}
	}

	for _, current := range c.loading {
		current.dropped = true
	}
}

// sweepLater arranges that what is over leaves memory. The caller holds the lock.
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
		if !ok || c.isFresh(oldest.begun) {
			break
		}
		c.entries.RemoveOldest()
	}

	c.sweeping = false
	if c.entries.Len() > 0 {
		c.sweepLater()
	}
}
