package upstash

import "strings"

const (
	firstChunk = 1 << 10 // enough for the texts of ten databases
	maxChunk   = 16 << 10
)

// stringArena copies the texts of a list out of the response, many into one chunk of memory. A text keeps its complete
// chunk alive, which wastes nothing because a list is stored and dropped as one.
type stringArena struct {
	chunk strings.Builder
	many  bool // set for a list: more than one object
}

func (a *stringArena) copy(found []byte) string {
	if !a.many || len(found) > firstChunk/2 {
		return string(found)
	}

	if a.chunk.Cap()-a.chunk.Len() < len(found) {
		size := min(max(2*a.chunk.Cap(), firstChunk), maxChunk)
		a.chunk.Reset() // detaches the chunk; its texts stay valid
		a.chunk.Grow(size)
	}
	from := a.chunk.Len()
	a.chunk.Write(found)

	return a.chunk.String()[from:]
}

// copyUnlessSame returns the previous text if it is equal, else a copy.
func (a *stringArena) copyUnlessSame(before string, found []byte) string {
	if string(found) == before {
		return before
	}

	return a.copy(found)
}
