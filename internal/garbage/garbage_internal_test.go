package garbage

import (
	"runtime"
	"testing"
	"time"
)

func TestGarbageMayGrowToTheHeadroom(t *testing.T) {
	for inUse, want := range map[uint64]int{
		0: maxPercent, 1 << 20: maxPercent, Headroom / 4: maxPercent, Headroom / 2: 200,
		Headroom: 100, 100 << 20: minPercent, 10 << 30: minPercent,
	} {
		if got := percent(inUse); got != want {
			t.Errorf("%d bytes in use: got %d, want %d", inUse, got, want)
		}
	}
}

func TestCallbackRunsAfterEachCollection(t *testing.T) {
	heard := make(chan struct{}, 100)
	afterCollection(func() { heard <- struct{}{} })

	for range 3 {
		awaitCallback(t, heard)
	}

	if inUse() == 0 {
		t.Error("the live heap is empty")
	}
}

// awaitCallback collects until the callback runs. One collection is not enough when it comes between the last callback
// and its next registration.
func awaitCallback(t *testing.T, heard <-chan struct{}) {
	t.Helper()

	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		runtime.GC()

		select {
		case <-heard:
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatal("the callback did not run after a collection")
}
