package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/inflight"
)

// batch is one transaction of a group.
type commitBatch struct {
	d          *DB
	tx         *sql.Tx
	members    []*member
	rolledBack error // SQLite has undone the whole transaction
}

// errAborted is for those whose leader's goroutine was ended (runtime.Goexit) before the commit.
var errAborted = errors.New("the transaction was cut short")

// settle lets the members go, but for the leader, which is the caller.
func (b *commitBatch) settle(leader *member) {
	for _, m := range b.members {
		if !m.settled {
			m.err = errAborted
		}

		if m != leader {
			close(m.wake)
		}
	}
}

// commit runs the work of the first member and of those that next hands out meanwhile, and commits what went well. It
// returns the members whose work has to be run again, each alone: one that SQLite cannot carry out, on a full disk say,
// may have it undo all that the transaction did before (https://www.sqlite.org/lang_transaction.html#immediate).
func (b *commitBatch) commit(first *member, next func() *member) (again []*member) {
	b.members = append(b.members, first)

	release, err := b.begin(first.ctx)
	if err != nil {
		first.err, first.settled = err, true
		return nil
	}
	defer release()

	begun := time.Now()
	b.run(first)

	for b.rolledBack == nil && len(b.members) < maxGroupSize && time.Since(begun) < b.d.group.maxTime {
		m := next()
		if m == nil {
			break
		}
		b.members = append(b.members, m)
		b.run(m)
	}

	if b.rolledBack == nil {
		err = b.tx.Commit()
	}

	for _, m := range b.members {
		failed := m.err != nil || m.panic != nil

		switch {
		case failed:
		case b.rolledBack == nil:
			m.err = err
		case len(b.members) == 1:
			m.err = b.rolledBack
		default:
			again = append(again, m)
			continue
		}
		m.settled = true
	}

	return again
}

// begin begins the transaction as a writer. It waits for the connection as long as the context allows; the transaction
// itself belongs to all members, and does not end with the context of one.
func (b *commitBatch) begin(ctx context.Context) (release func(), err error) {
	if err := b.d.writes.prepareMissing(ctx); err != nil {
		return nil, err
	}

	connection, err := b.d.writes.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}

	if b.tx, err = connection.BeginTx(context.WithoutCancel(ctx), nil); err != nil {
		return nil, errors.Join(err, connection.Close())
	}

	return func() {
		_ = b.tx.Rollback() // nothing to do after a commit
		_ = connection.Close()
	}, nil
}

var (
	savepoint    = &statement{sqlite: "SAVEPOINT work"}
	releaseWork  = &statement{sqlite: "RELEASE work"}
	rollbackWork = &statement{sqlite: "ROLLBACK TO work"}
)

// run runs one member's work. The member's context can still keep it from beginning. After that it cannot interrupt it:
// SQLite undoes the whole transaction when a statement that writes is interrupted
// (https://www.sqlite.org/c3ref/interrupt.html).
func (b *commitBatch) run(m *member) {
	if m.err = m.ctx.Err(); m.err != nil {
		return
	}
	ctx := context.WithoutCancel(m.ctx)

	if b.rolledBack = b.exec(ctx, savepoint); b.rolledBack != nil {
		return
	}

	_, err := inflight.Guard(func() (struct{}, error) {
		return struct{}{}, m.work(&unitOfWork{ctx: ctx, d: b.d, tx: b.tx})
	})
	if broke, panicked := err.(*inflight.PanicError); panicked { //nolint:errorlint // Guard's own, not a work's
		m.panic, err = broke, nil
	}
	m.err = err

	if m.err != nil || m.panic != nil {
		b.rolledBack = b.exec(ctx, rollbackWork)
	}

	if b.rolledBack == nil {
		b.rolledBack = b.exec(ctx, releaseWork)
	}
}

func (b *commitBatch) exec(ctx context.Context, s *statement) error {
	_, err := b.d.writes.execUnobserved(ctx, b.tx, s, nil)
	return err
}
