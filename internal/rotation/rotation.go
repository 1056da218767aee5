// Package rotation changes the sealing key while servers run. It ensures that every server has a key before anything
// is sealed with it.
//
// A rotation has no state of its own. It reads its progress from the keyset's file and from the rows, so that running
// it again continues a rotation that was killed at any point:
//
//  1. A new key is added behind the others. It decrypts, but does not seal yet.
//  2. When every running server has it, it becomes the primary.
//  3. When every running server seals with it, each row is sealed again if it is unchanged since it was read, so that
//     a server's own write wins.
//  4. If requested, the old keys are dropped when no row needs them: the database starts to reject values sealed by
//     them, the rows are checked again, and then the keys are removed from the file.
package rotation

import (
	"context"
	"time"

	"github.com/upstash-connect/bff/internal/seal"
)

const (
	// HeartbeatInterval is how often a server reports that it runs, and which keys it has.
	HeartbeatInterval = 2 * time.Second
	// ServerTimeout is when a server without a heartbeat counts as gone, by the database's clock.
	ServerTimeout = 10 * time.Second
	// reloadInterval is how often a server checks its keyset for changes.
	reloadInterval = 2 * time.Second
)

// Server is what one running server reports about itself.
type Server struct {
	ID          string
	Fingerprint string // of its current keyset
	Primary     seal.KeyID
}

// Registry lists the running servers.
type Registry interface {
	// Heartbeat records, by the database's clock, that the server runs, and deletes those that have long been gone.
	Heartbeat(ctx context.Context, server Server) error
	// Leave deletes a server.
	Leave(ctx context.Context, id string) error
	// Servers lists the servers with a heartbeat within this time.
	Servers(ctx context.Context, within time.Duration) ([]Server, error)
}

// Row is one sealed value with its location.
type Row struct {
	At     seal.Cell
	Owner  string // id of the connection or the service that it belongs to
	Sealed []byte
}

// Change replaces a row's value.
type Change struct {
	At       seal.Cell
	From, To []byte
}

// Use counts the values that one key has sealed in a table. Known is false for values without the prefix of a sealed
// value.
type Use struct {
	Table string
	Key   seal.KeyID
	Known bool
	Count int
}

// Rows gives access to the sealed values of the database.
type Rows interface {
	// SealedColumns lists the columns of sealed values, as cells without a row.
	SealedColumns() []seal.Cell
	// SealedRows lists up to most rows of a column in row order, starting after the row named after. Unless except is
	// nil, it omits values with that prefix.
	SealedRows(ctx context.Context, column seal.Cell, after string, except []byte, most int) ([]Row, error)
	// Reseal makes each change whose row still has the From value, and returns their number.
	Reseal(ctx context.Context, changes []Change) (int, error)
	// KeyUses counts all values by table and key.
	KeyUses(ctx context.Context) ([]Use, error)
	// KeysInUse is KeyUses with each count limited to most.
	KeysInUse(ctx context.Context, most int) ([]Use, error)
}

// Retirer prevents a key from sealing further values.
type Retirer interface {
	// RetireKeys makes the database reject every value that one of the keys seals from now on. After it returns, no
	// write in progress can add such a value.
	RetireKeys(ctx context.Context, keys []seal.KeyID) error
	// RetiredKey reports whether a key was retired.
	RetiredKey(ctx context.Context, key seal.KeyID) (bool, error)
}

// Store is the part of the database that a rotation needs.
type Store interface {
	Registry
	Rows
	Retirer
}
