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
		runtime.GC()

		select {
		case <-heard:
		case <-time.After(10 * time.Second):
			t.Fatal("the callback did not run after a collection")
		}
	}

	if inUse() == 0 {
		t.Error("the live heap is empty")
	}
}
