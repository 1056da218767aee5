package redis

import "sync/atomic"

// Usage is a database's usage since the sandbox started, and its size.
type Usage struct {
	Keys        int64
	Bytes       int64 // of the data as it was last written
	Commands    int64
	Reads       int64
	Writes      int64
	Connections int64 // open now
}

type usage struct{ reads, writes, others atomic.Int64 }

func (u *usage) all() int64 { return u.reads.Load() + u.writes.Load() + u.others.Load() }

// Commands returns how many commands a database ran since the sandbox started. It does not open the database: an
// unopened one ran none.
func (c *Cluster) Commands(id string) int64 {
	e, ok := c.open(id)
	if !ok {
		return 0
	}

	return e.usage.all()
}

// Usage returns a database's usage. It is zero for a database that cannot be read.
func (c *Cluster) Usage(id string) Usage {
	e, err := c.engine(id)
	if err != nil {
		return Usage{}
	}
	// While a script holds the database, return the last known values.
	_ = e.atomically(func(do runner) error {
		answer, err := do("DBSIZE")
		if keys, ok := answer.number(); ok {
			e.keys.Store(keys)
		}

		return err
	})
	e.mutex.Lock()
	defer e.mutex.Unlock()
	reads, writes := e.usage.reads.Load(), e.usage.writes.Load()

	return Usage{
		Keys: e.keys.Load(), Commands: e.usage.all(),
		Bytes: e.size.Load(), Reads: reads, Writes: writes, Connections: int64(len(e.connections)),
	}
}
