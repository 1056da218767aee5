package keys

import (
	"context"
	"sync"
)

// flight is one mint under way in this process. Its results may be read once done is closed.
type flight struct {
	done       chan struct{}
	connection Connection
	minted     bool
	err        error
}

// flights keeps two mints of one account from running at once in this process, so that those who wait need not ask the
// database over and over, and so that a key which is in memory but could not be stored yet keeps its turn even when its
// lease has run out.
type flights struct {
	mu      sync.Mutex
	under   map[string]*flight // by connection
	closed  bool
	giveUp  context.Context // ends when the process cannot wait any longer
	abandon context.CancelFunc
}

func newFlights() *flights {
	giveUp, abandon := context.WithCancel(context.Background())
	return &flights{under: map[string]*flight{}, giveUp: giveUp, abandon: abandon}
}

// join returns the flight of a connection and whether the caller is to fly it; nil when none may begin any more.
func (f *flights) join(connectionID string) (*flight, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if found, ok := f.under[connectionID]; ok {
		return found, false
	}
	if f.closed {
		return nil, false
	}
	begun := &flight{done: make(chan struct{})}
	f.under[connectionID] = begun
	return begun, true
}

// land ends a flight whose results are set.
func (f *flights) land(connectionID string, ended *flight) {
	f.mu.Lock()
	delete(f.under, connectionID)
	f.mu.Unlock()
	close(ended.done)
}

// drain lets no further flight begin and waits for those under way. When ctx ends first, what they still wait for is given
// up.
func (f *flights) drain(ctx context.Context) error {
	f.mu.Lock()
	f.closed = true
	under := make([]*flight, 0, len(f.under))
	for _, flight := range f.under {
		under = append(under, flight)
	}
	f.mu.Unlock()
	defer f.abandon()
	for _, flight := range under {
		select {
		case <-flight.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
