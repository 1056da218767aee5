package upstash

import "strings"

const (
	firstChunk = 1 << 10 // what the names of ten databases need
	mostChunk  = 16 << 10
)

// keeper copies the texts of a list out of the answer, many into one piece of memory. A text keeps its whole piece
// alive, which is no loss where a list is kept or dropped as one.
type keeper struct {
	chunk strings.Builder
	many  bool // whether there is more than one object to read
}

func (k *keeper) text(found []byte) string {
	if !k.many || len(found) > firstChunk/2 {
		return string(found)
	}

	if k.chunk.Cap()-k.chunk.Len() < len(found) {
		size := min(max(2*k.chunk.Cap(), firstChunk), mostChunk)
		k.chunk.Reset() // it lets go of the piece, whose texts stay where they are
		k.chunk.Grow(size)
	}
	from := k.chunk.Len()
	k.chunk.Write(found)

	return k.chunk.String()[from:]
}

// like is the text, or the one before when it is the same.
func (k *keeper) like(before string, found []byte) string {
	if string(found) == before {
		return before
	}

	return k.text(found)
}
