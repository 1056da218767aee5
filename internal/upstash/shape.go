package upstash

import "bytes"

// shape is which names an object of a list had, in their order. They are all different, and so are any of them in the
// same order: an object that is written with these alone has no name twice.
type shape struct {
	members []member
	spelled []byte // each name from its quote to the colon, as the answer has it
}

type member struct {
	from, to uint32
	field    field
}

const (
	maxMembers = 512
	maxSpelled = maxPooledScratch
	maxLeftOut = 4 // names in a row that an object may lack
)

func (s *shape) reset() {
	clear(s.spelled)
	s.members, s.spelled = s.members[:0], s.spelled[:0]
}

// add remembers a name; false when the shape is too large to be worth it.
func (s *shape) add(data []byte, from, to int, field field) bool {
	if len(s.members) == maxMembers || len(s.spelled)+to-from > maxSpelled {
		return false
	}
	begin := uint32(len(s.spelled)) //nolint:gosec // bounded above
	s.spelled = append(s.spelled, data[from:to]...)
	s.members = append(s.members, member{from: begin, to: uint32(len(s.spelled)), field: field}) //nolint:gosec // as above

	return true
}

// find is which member data begins with, from one on; -1 when it is none of the next few.
func (s *shape) find(data []byte, from int) int {
	for i := from; i < min(from+1+maxLeftOut, len(s.members)); i++ {
		if bytes.HasPrefix(data, s.spelled[s.members[i].from:s.members[i].to]) {
			return i
		}
	}

	return -1
}
