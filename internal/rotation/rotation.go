// Package rotation changes the sealing key while servers run, and sees to it that every server knows a key before
// anything is sealed with it.
//
// A rotation keeps no state of its own. What is done and what is next is read from the keyset's file and from the rows,
// so that one that was killed anywhere is gone on with by running it again:
//
//  1. A new key is added behind the others. It opens and does not seal.
//  2. When every server that lives has it, it becomes the primary.
//  3. When every server that lives seals with it, each row is sealed anew: if it still is what was read, so that a
//     server's own write wins.
//  4. If asked to, the old keys are dropped, once no row needs them: first the database is told to take nothing more that
//     they seal, then it is looked whether anything is left, then the file lets them go.
package rotation

import (
	"context"
	"time"

	"github.com/upstash-connect/bff/internal/seal"
)

const (
	// HeartbeatInterval is how often a server says that it lives and what keys it has.
	HeartbeatInterval = 2 * time.Second
	// ServerTimeout is when a server that has not said so counts as gone, by the database's clock.
	ServerTimeout = 10 * time.Second
	// reloadInterval is how often a server looks whether its keyset has changed.
	reloadInterval = 2 * time.Second
)

// Server is what one running server says of itself.
type Server struct {
	ID          string
	Fingerprint string // of the keyset it works with
	Primary     seal.KeyID
}

// Registry knows the servers that run.
type Registry interface {
	// Heartbeat notes, at the database's time, that the server lives, and forgets those that have long been gone.
	Heartbeat(ctx context.Context, server Server) error
	// Leave forgets a server.
	Leave(ctx context.Context, id string) error
	// Servers lists those that have been seen within this time.
	Servers(ctx context.Context, within time.Duration) ([]Server, error)
}

// Row is one sealed value where it lies.
type Row struct {
	At         seal.Cell
	Connection string // the connection it belongs to
	Sealed     []byte
}

// Change replaces what a row holds.
type Change struct {
	At       seal.Cell
	From, To []byte
}

// Use counts the values that one key has sealed in a table. Known is false for values that begin as no sealed value
// does.
type Use struct {
	Table string
	Key   seal.KeyID
	Known bool
	Count int
}

// Rows are the sealed values of the database.
type Rows interface {
	// SealedColumns are the places of sealed values, without a row.
	SealedColumns() []seal.Cell
	// SealedRows lists at most so many values of a column in the order of their rows, from behind the one named after
	// on. Unless except is nil, it leaves out those that begin so.
	SealedRows(ctx context.Context, column seal.Cell, after string, except []byte, most int) ([]Row, error)
	// Reseal makes each change whose row still holds what it is changed from, and returns how many those were.
	Reseal(ctx context.Context, changes []Change) (int, error)
	// KeyUses counts all values by table and key.
	KeyUses(ctx context.Context) ([]Use, error)
	// KeysInUse is KeyUses with no more than most of each counted.
	KeysInUse(ctx context.Context, most int) ([]Use, error)
}

// Retirer keeps a key from sealing anything more.
type Retirer interface {
	// RetireKeys makes the database refuse every value that one of the keys seals from now on. When it returns, no
	// write that was under way can bring one any more.
	RetireKeys(ctx context.Context, keys []seal.KeyID) error
	// RetiredKey reports whether a key was retired.
	RetiredKey(ctx context.Context, key seal.KeyID) (bool, error)
}

// Store is all a rotation needs of the database.
type Store interface {
	Registry
	Rows
	Retirer
}
