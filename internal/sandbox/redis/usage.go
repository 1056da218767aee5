package redis

import "sync/atomic"

// Usage is what was done with a database since the sandbox started, and what it
// holds.
type Usage struct {
	Keys        int64
	Bytes       int64 // of the data, roughly
	Commands    int64
	Reads       int64
	Writes      int64
	Connections int64 // open now
}

type usage struct{ reads, writes, others atomic.Int64 }

// Usage tells how much a database was used. One that was never used has none.
func (c *Cluster) Usage(id string) Usage {
	e, ok := c.open(id)
	if !ok {
		return Usage{}
	}
	keys := e.redis.Keys()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	reads, writes := e.usage.reads.Load(), e.usage.writes.Load()
	return Usage{
		Keys: int64(len(keys)), Commands: reads + writes + e.usage.others.Load(),
		Reads: reads, Writes: writes, Connections: int64(len(e.connections)),
	}
}
