package upstash

import "strings"

const (
	firstChunk = 1 << 10 // what the names of ten databases need
	maxChunk   = 16 << 10
)

// stringArena copies the texts of a list out of the answer, many into one piece of memory. A text keeps its whole piece
// alive, which is no loss where a list is kept or dropped as one.
type stringArena struct {
	chunk strings.Builder
	many  bool // whether there is more than one object to read
}

func (a *stringArena) copy(found []byte) string {
	if !a.many || len(found) > firstChunk/2 {
		return string(found)
	}

	if a.chunk.Cap()-a.chunk.Len() < len(found) {
		size := min(max(2*a.chunk.Cap(), firstChunk), maxChunk)
		a.chunk.Reset() // it lets go of the piece, whose texts stay where they are
		a.chunk.Grow(size)
	}
	from := a.chunk.Len()
	a.chunk.Write(found)

	return a.chunk.String()[from:]
}

// copyUnlessSame is the text, or the one before when it is the same.
func (a *stringArena) copyUnlessSame(before string, found []byte) string {
	if string(found) == before {
		return before
	}

	return a.copy(found)
}
