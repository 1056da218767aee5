package upstash

import (
	"errors"
	"hash/maphash"
)

// names remembers the names of the objects that are open, to find one that comes twice (RFC 8259 section 4 leaves open
// which of the two counts). It is one table for all of them: an object that ends takes its names out again, the last
// one first, so that a slot which is emptied never lies on another name's way. The hash has a seed of this process:
// nobody can choose names that meet in one slot, and any number of them stays cheap.
type names struct {
	slots   []uint32 // 1 + a place in held, or 0; twice as many as names, a power of two
	entries []nameEntry
	escaped []byte // the names that are written with escapes, without them
}

// nameEntry is a name of the object that is open. Its bytes are in the window, or in escaped.
type nameEntry struct {
	from, to uint32
	hash     uint32
	object   uint32 // which of the open objects: how many names were held when it began
	slot     uint32
	escaped  bool
}

const (
	minSlots       = 256
	maxPooledSlots = 4096 // that the pool keeps
)

var errDuplicateName = errors.New("it has a name twice")

var nameSeed = maphash.MakeSeed()

// open begins an object.
func (n *names) open() int { return len(n.entries) }

// last is where the latest name's quote is; false when it is written with escapes.
func (n *names) last() (int, bool) {
	held := &n.entries[len(n.entries)-1]
	return int(held.from) - 1, !held.escaped
}

// drop takes out all names but so many.
func (n *names) drop(object int) {
	for i := len(n.entries) - 1; i >= object; i-- {
		n.slots[n.entries[i].slot] = 0
	}
	n.entries = n.entries[:object]
}

func (n *names) reset() {
	n.drop(0)
	clear(n.escaped)
	n.escaped = n.escaped[:0]
}

// small reports whether the memory is worth keeping.
func (n *names) small() bool {
	return len(n.slots) <= maxPooledSlots && cap(n.escaped) <= maxPooledScratch
}

// add remembers the name that data has between two places.
func (n *names) add(data []byte, object, from, to int) ([]byte, error) {
	return n.insert(data, nameEntry{
		from: uint32(from), to: uint32(to), object: uint32(object), //nolint:gosec // an answer's bound is far below
	})
}

// addEscaped remembers a name by what it is without escapes.
func (n *names) addEscaped(data []byte, object int, raw []byte) ([]byte, error) {
	from := len(n.escaped)
	n.escaped = appendUnescaped(n.escaped, raw)

	return n.insert(data, nameEntry{
		from: uint32(from), to: uint32(len(n.escaped)), object: uint32(object), escaped: true, //nolint:gosec // as above
	})
}

func (n *names) insert(data []byte, held nameEntry) ([]byte, error) {
	if 2*len(n.entries) >= len(n.slots) {
		n.grow()
	}
	name := n.bytes(data, &held)
	held.hash = uint32(maphash.Bytes(nameSeed, name)) //nolint:gosec // half of it is enough

	mask := uint32(len(n.slots) - 1) //nolint:gosec // as above
	for held.slot = held.begin() & mask; n.slots[held.slot] != 0; held.slot = (held.slot + 1) & mask {
		other := &n.entries[n.slots[held.slot]-1]
		if other.hash == held.hash && other.object == held.object && string(n.bytes(data, other)) == string(name) {
			return nil, errDuplicateName
		}
	}
	n.entries = append(n.entries, held)
	n.slots[held.slot] = uint32(len(n.entries)) //nolint:gosec // as above

	return name, nil
}

// begin is where the way through the slots begins. The same name of another object begins elsewhere.
func (h *nameEntry) begin() uint32 { return h.hash ^ h.object*0x9e3779b1 }

func (n *names) bytes(data []byte, held *nameEntry) []byte {
	if held.escaped {
		data = n.escaped
	}

	return data[held.from:held.to]
}

// grow doubles the slots, and puts the names in again in their order: what is in last is taken out first.
func (n *names) grow() {
	n.slots = make([]uint32, 2*len(n.slots))
	mask := uint32(len(n.slots) - 1) //nolint:gosec // as above

	for i := range n.entries {
		held := &n.entries[i]
		for held.slot = held.begin() & mask; n.slots[held.slot] != 0; {
			held.slot = (held.slot + 1) & mask
		}
		n.slots[held.slot] = uint32(i + 1)
	}
}
