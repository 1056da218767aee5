// Package lifecycle does what Upstash does to accounts and databases without a call to the Developer API: it suspends
// and resumes them, archives free databases that nobody uses, and makes the daily backups.
package lifecycle

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// interval is the time between two sweeps.
const interval = time.Hour

// Redis stores the databases' data.
type Redis interface {
	// Forget deletes a database's data and closes its connections.
	Forget(id string) error
	// Disconnect closes a database's connections.
	Disconnect(id string)
	// Commands returns how many commands a database ran since the start.
	Commands(id string) int64
	// Snapshot returns a copy of a database's data.
	Snapshot(id string) ([]byte, error)
	// Restore replaces a database's data with such a copy.
	Restore(id string, data []byte) error
}

// Options configure a Manager. All are required.
type Options struct {
	Store  *state.Store
	Redis  Redis
	Now    func() time.Time
	Logger *slog.Logger
}

// Manager manages the lifecycle of accounts and databases. It is safe for concurrent use.
type Manager struct {
	Options

	mutex sync.Mutex
	noted map[string]int64 // by database: its command count at the last check
}

// New makes a Manager; Run makes it work automatically.
func New(options Options) *Manager { return &Manager{Options: options, noted: map[string]int64{}} }

// Run sweeps immediately and then every hour, until the context ends. The clock in Now decides what is due, not the
// elapsed time.
func (k *Manager) Run(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()

	for {
		k.sweep()

		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (k *Manager) sweep() {
	_, err := k.Archive("")
	if err := errors.Join(err, k.backUpDaily()); err != nil {
		k.Logger.Error("sandbox housekeeping failed", "error", err)
	}
}
