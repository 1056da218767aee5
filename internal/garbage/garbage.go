// Package garbage sets how much garbage may gather before it is collected.
//
// Go's default, GOGC=100, collects when the heap has doubled. A server that has a few megabytes in use then collects
// many times a second, to save a few megabytes. Here garbage may always grow to Headroom; a heap in use that is larger
// is treated as by default.
package garbage

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Headroom is how many bytes of garbage may gather, whatever is in use.
const Headroom = 16 << 20

// Bounds of GOGC, in percent.
const (
	least = 100
	most  = 400
)

// Tune keeps GOGC fit for what is in use, from each collection to the next, as long as the program runs.
func Tune() {
	debug.SetGCPercent(most)
	afterCollection(func() { debug.SetGCPercent(percent(inUse())) })
}

// percent is GOGC for a heap with so many bytes in use.
func percent(inUse uint64) int {
	return int(min(max(100*Headroom/max(inUse, 1), least), most))
}

// inUse is how many bytes the last collection found in use.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)

	return sample[0].Value.Uint64()
}

// sentinel is an object that nobody uses: it is freed by the next collection. The pointer keeps it apart from the tiny
// objects that share memory, and that are freed together.
type sentinel struct{ _ *sentinel }

// afterCollection calls do soon after each collection.
func afterCollection(do func()) {
	runtime.AddCleanup(&sentinel{}, func(do func()) {
		do()
		afterCollection(do)
	}, do)
}
