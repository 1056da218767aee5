package upstash

import "bytes"

// shape is the sequence of names of a list's objects. The names are all different, so an object that has some of them
// in the same order has no duplicates.
type shape struct {
	members []member
	spelled []byte // each name from its quote to the colon, as written
}

type member struct {
	from, to uint32
	field    field
}

const (
	maxMembers = 512
	maxSpelled = maxPooledScratch
	maxLeftOut = 4 // consecutive names that an object may lack
)

func (s *shape) reset() {
	clear(s.spelled)
	s.members, s.spelled = s.members[:0], s.spelled[:0]
}

// add appends a name; false when the shape becomes too large.
func (s *shape) add(data []byte, from, to int, field field) bool {
	if len(s.members) == maxMembers || len(s.spelled)+to-from > maxSpelled {
		return false
	}
	begin := uint32(len(s.spelled)) //nolint:gosec // bounded above
	s.spelled = append(s.spelled, data[from:to]...)
	s.members = append(s.members, member{from: begin, to: uint32(len(s.spelled)), field: field}) //nolint:gosec // as above

	return true
}

// find returns the member that data begins with, starting at from; -1 when none of the next few matches.
func (s *shape) find(data []byte, from int) int {
	for i := from; i < min(from+1+maxLeftOut, len(s.members)); i++ {
		if bytes.HasPrefix(data, s.spelled[s.members[i].from:s.members[i].to]) {
			return i
		}
	}

	return -1
}
