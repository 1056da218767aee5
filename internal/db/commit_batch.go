package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/inflight"
)

// commitBatch is one transaction of a groupCommit.
type commitBatch struct {
	d          *DB
	tx         *sql.Tx
	members    []*member
	rolledBack error // set when SQLite rolled the complete transaction back
}

// errAborted is the error of members whose leader's goroutine ended (runtime.Goexit) before the commit.
var errAborted = errors.New("the transaction was aborted")

// settle wakes all members except the leader, which is the caller.
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

// commit runs the first member's work and the work of those that next returns meanwhile, then commits what succeeded.
// It returns the members whose work must run again, each alone. SQLite may roll back everything that the transaction
// did when it cannot carry out one statement, for example on a full disk
// (https://www.sqlite.org/lang_transaction.html#immediate).
func (b *commitBatch) commit(first *member, next func() *member) (rerun []*member) {
	b.members = append(b.members, first)

	release, err := b.begin(first.ctx)
	if err != nil {
		first.err, first.settled = err, true
		return nil
	}
	defer release()

	start := time.Now()
	b.run(first)

	for b.rolledBack == nil && len(b.members) < maxGroupSize && time.Since(start) < b.d.group.maxTime {
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
			rerun = append(rerun, m)
			continue
		}
		m.settled = true
	}

	return rerun
}

// begin begins the transaction as a writer. The context bounds the wait for the connection. The transaction belongs to
// all members, so it does not end with one member's context.
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
		_ = b.tx.Rollback() // a no-op after a commit
		_ = connection.Close()
	}, nil
}

var (
	savepoint    = &statement{sqlite: "SAVEPOINT work"}
	releaseWork  = &statement{sqlite: "RELEASE work"}
	rollbackWork = &statement{sqlite: "ROLLBACK TO work"}
)

// run runs one member's work. The member's context can prevent the start, but cannot interrupt work that has begun:
// SQLite rolls the complete transaction back when a write is interrupted (https://www.sqlite.org/c3ref/interrupt.html).
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
	if panicErr, isPanic := err.(*inflight.PanicError); isPanic { //nolint:errorlint // Guard's own, not the work's
		m.panic, err = panicErr, nil
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
