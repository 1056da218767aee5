package auth

import (
	"sync/atomic"
	"time"
)

// Stats are statistics of a KeySet.
type Stats struct {
	Reads, FailedReads uint64 // reads of the issuer's keys
	UnknownKids        uint64 // tokens with an unknown key ID
	// keys in the last valid document; rejected ones are symmetric, weak or for another use
	Accepted, Rejected int
	Age                time.Duration // since the last successful read; undefined while Read is false
	Read               bool          // whether a read has succeeded
}

// counters are the counters of a KeySet, and the numbers of keys in the last document.
type counters struct {
	reads, failedReads, unknownKids atomic.Uint64
	accepted, rejected              atomic.Int64
}

// Stats returns a snapshot.
func (s *KeySet) Stats() Stats {
	age, read := s.Age()

	return Stats{
		Reads:       s.counted.reads.Load(),
		FailedReads: s.counted.failedReads.Load(),
		UnknownKids: s.counted.unknownKids.Load(),
		Accepted:    int(s.counted.accepted.Load()),
		Rejected:    int(s.counted.rejected.Load()),
		Age:         age,
		Read:        read,
	}
}

func (c *counters) read(accepted, rejected int, err error) {
	c.reads.Add(1)

	if err != nil {
		c.failedReads.Add(1)
	}

	if accepted+rejected > 0 { // the document was valid, even if no key was usable
		c.accepted.Store(int64(accepted))
		c.rejected.Store(int64(rejected))
	}
}
