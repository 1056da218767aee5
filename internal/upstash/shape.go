package upstash

import "bytes"

// shape is which names an object of a list had, in their order. They are all different, and so are any of them in the
// same order: an object that is written with these alone has no name twice.
type shape struct {
	members []member
	spelt   []byte // each name from its quote to the colon, as the answer has it
}

type member struct {
	from, to uint32
	field    field
}

const (
	mostMembers = 512
	mostSpelt   = keptScratch
	mostLeftOut = 4 // names in a row that an object may lack
)

func (s *shape) forget() {
	clear(s.spelt)
	s.members, s.spelt = s.members[:0], s.spelt[:0]
}

// add remembers a name; false when the shape is too large to be worth it.
func (s *shape) add(data []byte, from, to int, field field) bool {
	if len(s.members) == mostMembers || len(s.spelt)+to-from > mostSpelt {
		return false
	}
	begin := uint32(len(s.spelt)) //nolint:gosec // bounded above
	s.spelt = append(s.spelt, data[from:to]...)
	s.members = append(s.members, member{from: begin, to: uint32(len(s.spelt)), field: field}) //nolint:gosec // as above

	return true
}

// find is which member data begins with, from one on; -1 when it is none of the next few.
func (s *shape) find(data []byte, from int) int {
	for i := from; i < min(from+1+mostLeftOut, len(s.members)); i++ {
		if bytes.HasPrefix(data, s.spelt[s.members[i].from:s.members[i].to]) {
			return i
		}
	}

	return -1
}
