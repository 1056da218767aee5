package auth

import (
	"sync/atomic"
	"time"
)

// Stats is what a KeySet did so far and holds now.
type Stats struct {
	Reads, FailedReads uint64 // of the issuer's keys
	UnknownKids        uint64 // tokens whose key id was not among the keys held
	// keys of the last document that could be read: used, and not taken (symmetric, weak, for another use)
	Taken, Refused int
	Age            time.Duration // since the last good read; meaningless while Read is false
	Read           bool          // whether there was one
}

// counters are what a KeySet counts. They only grow.
type counters struct {
	reads, failedReads, unknownKids atomic.Uint64
	taken, refused                  atomic.Int64
}

// Stats returns one snapshot.
func (s *KeySet) Stats() Stats {
	age, read := s.Age()

	return Stats{
		Reads:       s.counted.reads.Load(),
		FailedReads: s.counted.failedReads.Load(),
		UnknownKids: s.counted.unknownKids.Load(),
		Taken:       int(s.counted.taken.Load()),
		Refused:     int(s.counted.refused.Load()),
		Age:         age,
		Read:        read,
	}
}

func (c *counters) read(taken, refused int, err error) {
	c.reads.Add(1)

	if err != nil {
		c.failedReads.Add(1)
	}

	if taken+refused > 0 { // a document was read, be it one without a usable key
		c.taken.Store(int64(taken))
		c.refused.Store(int64(refused))
	}
}
