// Package garbage tunes the garbage collector for small heaps.
//
// With Go's default, GOGC=100, a collection runs when the heap has doubled. A server with a few megabytes in use then
// collects many times a second, to save a few megabytes. With this package, garbage may always grow to Headroom. For
// live heaps larger than Headroom, the default applies.
package garbage

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Headroom is the number of bytes of garbage that are always allowed.
const Headroom = 16 << 20

// Bounds of GOGC, in percent.
const (
	minPercent = 100
	maxPercent = 400
)

// Tune adapts GOGC to the live heap after each collection, until the program ends.
func Tune() {
	debug.SetGCPercent(maxPercent)
	afterCollection(func() { debug.SetGCPercent(percent(inUse())) })
}

// percent returns GOGC for a live heap of this many bytes.
func percent(inUse uint64) int {
	return int(min(max(100*Headroom/max(inUse, 1), minPercent), maxPercent))
}

// inUse returns the size of the live heap at the last collection, in bytes.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)

	return sample[0].Value.Uint64()
}

// sentinel is an unreferenced object, which the next collection frees. Its pointer field keeps it out of the tiny
// allocator, which frees several objects together.
type sentinel struct{ _ *sentinel }

// afterCollection calls do after each collection.
func afterCollection(do func()) {
	runtime.AddCleanup(&sentinel{}, func(do func()) {
		do()
		afterCollection(do)
	}, do)
}
