package upstash

import (
	"errors"
	"hash/maphash"
)

// names records the names of the open objects, to find duplicates (RFC 8259 section 4 leaves open which value counts).
// One hash table serves all objects: an object that ends removes its names, the last one first, so that an emptied
// slot never interrupts the probe sequence of another name. The hash has a per-process seed: nobody can choose
// colliding names, and any number of names stays cheap.
type names struct {
	slots   []uint32 // 1 + an index into entries, or 0; a power of two, at least twice the number of names
	entries []nameEntry
	escaped []byte // unescaped copies of the names with escapes
}

// nameEntry is a name of an open object. Its bytes are in the window, or in escaped.
type nameEntry struct {
	from, to uint32
	hash     uint32
	object   uint32 // identifies the open object: the number of entries when it began
	slot     uint32
	escaped  bool
}

const (
	minSlots       = 256
	maxPooledSlots = 4096 // larger tables are not pooled
)

var errDuplicateName = errors.New("it has a duplicate name")

var nameSeed = maphash.MakeSeed()

// open begins an object.
func (n *names) open() int { return len(n.entries) }

// last returns the position of the latest name's quote; false when the name has escapes.
func (n *names) last() (int, bool) {
	held := &n.entries[len(n.entries)-1]
	return int(held.from) - 1, !held.escaped
}

// drop removes all names of the object.
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

// small reports whether the memory is small enough for the pool.
func (n *names) small() bool {
	return len(n.slots) <= maxPooledSlots && cap(n.escaped) <= maxPooledScratch
}

// add records the name between two positions of data.
func (n *names) add(data []byte, object, from, to int) ([]byte, error) {
	return n.insert(data, nameEntry{
		from: uint32(from), to: uint32(to), object: uint32(object), //nolint:gosec // a response is far smaller
	})
}

// addEscaped records a name by its unescaped form.
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
	held.hash = uint32(maphash.Bytes(nameSeed, name)) //nolint:gosec // half of the hash is enough

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

// begin is the first slot of the probe sequence. The same name in another object begins elsewhere.
func (h *nameEntry) begin() uint32 { return h.hash ^ h.object*0x9e3779b1 }

func (n *names) bytes(data []byte, held *nameEntry) []byte {
	if held.escaped {
		data = n.escaped
	}

	return data[held.from:held.to]
}

// grow doubles the slots and inserts the names again in order, because names are removed in reverse order.
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
