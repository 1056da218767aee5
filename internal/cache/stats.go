package cache

import "time"

// Stats counts the entries of a cache, and its hits and misses.
type Stats struct {
	Entries      int
	Hits, Misses uint64
	Oldest       time.Duration // age of the oldest entry; 0 when there is none
}

// Stats returns the current numbers.
func (c *Cache[K, V]) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()

	stats := Stats{Entries: c.entries.Len(), Hits: c.hits.Load(), Misses: c.misses.Load()}
	if _, oldest, ok := c.entries.GetOldest(); ok {
		stats.Oldest = max(0, c.now().Sub(oldest.start))
	}

	return stats
}
