package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/inflight"
	"github.com/upstash-connect/bff/internal/keys"
)

// crowd is a group of callers that must queue, because the test holds the only connection for writes.
type crowd struct {
	d       *DB
	holder  *sql.Conn
	running sync.WaitGroup

	mu           sync.Mutex
	transactions map[*sql.Tx]bool
}

var errOfWork = errors.New("the work's own")

func startCrowd(t *testing.T) *crowd {
	t.Helper()
	d, _ := openSQLiteForTest(t)

	if err := d.Record(t.Context(), keys.Event{}); err != nil { // prepares the statements
		t.Fatal(err)
	}

	d.group.maxTime = time.Hour // independent of the machine's speed

	holder, err := d.writes.pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	return &crowd{d: d, holder: holder, transactions: map[*sql.Tx]bool{}}
}

// add queues a work that writes an event with this detail and then runs more. It passes the outcome to ended. It
// returns when the work is queued.
func (c *crowd) add(
	ctx context.Context, t *testing.T, detail string, more func(u *unitOfWork) error, ended func(error),
) {
	t.Helper()
	queued := c.queued()

	c.running.Go(func() {
		ended(c.d.transact(ctx, func(u *unitOfWork) error {
			c.mu.Lock()
			c.transactions[u.tx] = true
			c.mu.Unlock()

			if _, err := u.exec(insertEvent, eventValues(u.ctx, keys.Event{Detail: detail})...); err != nil {
				return err
			}

			return more(u)
		}))
	})

	for c.queued() == queued {
		runtime.Gosched()
	}
}

// queued counts the waiting members and their leader.
func (c *crowd) queued() int {
	c.d.group.mu.Lock()
	defer c.d.group.mu.Unlock()

	if c.d.group.leading {
		return len(c.d.group.waiting) + 1
	}

	return 0
}

func (c *crowd) release(t *testing.T) {
	t.Helper()

	if err := c.holder.Close(); err != nil {
		t.Fatal(err)
	}
	c.running.Wait()

	if c.queued() != 0 {
		t.Error("the queue is not empty")
	}

	if err := c.d.Record(t.Context(), keys.Event{Detail: "afterwards"}); err != nil {
		t.Errorf("the next caller: %v", err)
	}
}

// stored counts the stored events with this detail.
func (c *crowd) stored(t *testing.T, detail string) (n int64) {
	t.Helper()

	if err := c.d.read.Model(&auditRow{}).Where("detail = ?", detail).Count(&n).Error; err != nil {
		t.Fatal(err)
	}

	return n
}

func nothingMore(*unitOfWork) error { return nil }

func (c *crowd) want(t *testing.T, detail string, got, want error, stored int64) {
	t.Helper()

	if !errors.Is(got, want) || (want == nil && got != nil) {
		t.Errorf("%s: got %v, want %v", detail, got, want)
	}

	if n := c.stored(t, detail); n != stored {
		t.Errorf("%s: stored %d times, want %d", detail, n, stored)
	}
}

// Queued writers share one commit, but each has its own outcome.
func TestGroupCommit(t *testing.T) {
	c := startCrowd(t)
	cancelled, cancel := context.WithCancel(t.Context())
	errs := make([]error, 40)
	var raised any
	into := func(n int) func(error) { return func(err error) { errs[n] = err } }

	for n := range errs {
		detail := fmt.Sprint("work ", n)

		switch n {
		case 7: // cancels while it waits
			c.add(cancelled, t, detail, nothingMore, into(n))
		case 11:
			c.running.Go(func() {
				defer func() { raised = recover() }()
				errs[n] = c.d.transact(t.Context(), func(u *unitOfWork) error {
					_, err := u.exec(insertEvent, eventValues(u.ctx, keys.Event{Detail: detail})...)
					if err != nil {
						return err
					}
					panic("broke")
				})
			})

			for c.queued() == n-1 {
				runtime.Gosched()
			}
		case 13, 14: // fails after it has written
			c.add(t.Context(), t, detail, func(*unitOfWork) error { return errOfWork }, into(n))
		case 15: // a constraint violation
			c.add(t.Context(), t, detail, func(u *unitOfWork) error {
				return u.gorm().Create(&sessionRow{TokenHash: []byte("x"), ConnectionID: "none"}).Error
			}, into(n))
		default:
			c.add(t.Context(), t, detail, nothingMore, into(n))
		}
	}
	cancel()

	for c.queued() != len(errs)-1 { // without the cancelled one
		runtime.Gosched()
	}
	c.release(t)

	for n, err := range errs {
		detail := fmt.Sprint("work ", n)

		switch n {
		case 7:
			c.want(t, detail, err, context.Canceled, 0)
		case 11:
			c.want(t, detail, err, nil, 0)
		case 13, 14:
			c.want(t, detail, err, errOfWork, 0)
		case 15:
			if n := c.stored(t, detail); err == nil || n != 0 {
				t.Errorf("%s: got %v, stored %d times", detail, err, n)
			}
		default:
			c.want(t, detail, err, nil, 1)
		}
	}

	if _, ok := raised.(*inflight.PanicError); !ok {
		t.Errorf("got panic %v, want it raised at its caller", raised)
	}

	if len(c.transactions) != 1 {
		t.Errorf("got %d transactions, want one for all", len(c.transactions))
	}
}

// When the commit fails, every member gets its error, and nothing is stored.
func TestGroupCommitFails(t *testing.T) {
	c := startCrowd(t)
	errs := make([]error, 10)

	for n := range errs {
		more := nothingMore
		if n == 5 { // a row without its parent, checked at the commit
			more = func(u *unitOfWork) error {
				if err := u.gorm().Exec("PRAGMA defer_foreign_keys = ON").Error; err != nil {
					return err
				}

				return u.gorm().Create(&sessionRow{TokenHash: []byte("x"), ConnectionID: "none"}).Error
			}
		}
		c.add(t.Context(), t, fmt.Sprint("work ", n), more, func(err error) { errs[n] = err })
	}
	c.release(t)

	for n, err := range errs {
		if stored := c.stored(t, fmt.Sprint("work ", n)); err == nil || stored != 0 {
			t.Errorf("work %d: got %v, stored %d times, want the commit's error and nothing", n, err, stored)
		}
	}
}

// SQLite may roll back the complete transaction because of one work. The others run again.
func TestGroupCommitRerunsAfterRollback(t *testing.T) {
	c := startCrowd(t)
	errs := make([]error, 10)

	for n := range errs {
		more := nothingMore
		if n == 5 {
			more = func(u *unitOfWork) error {
				return u.gorm().Exec("INSERT OR ROLLBACK INTO retired_keys (prefix) VALUES (x'01'), (x'01')").Error
			}
		}
		c.add(t.Context(), t, fmt.Sprint("work ", n), more, func(err error) { errs[n] = err })
	}
	c.release(t)

	for n, err := range errs {
		if n == 5 {
			if stored := c.stored(t, "work 5"); err == nil || stored != 0 {
				t.Errorf("work 5: got %v, stored %d times", err, stored)
			}
			continue
		}
		c.want(t, fmt.Sprint("work ", n), err, nil, 1)
	}
}

// A caller that cancelled before its work begins is skipped.
func TestGroupCommitSkipsCancelledCallers(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()

	m := &member{ctx: cancelled, work: func(*unitOfWork) error { panic("it is run") }}
	(&commitBatch{}).run(m)

	if !errors.Is(m.err, context.Canceled) || m.panic != nil {
		t.Errorf("got %v, want context.Canceled", m.err)
	}
}

// A leader that cancels before the connection is free promotes the next member.
func TestGroupCommitLeaderCancels(t *testing.T) {
	c := startCrowd(t)
	cancelled, cancel := context.WithCancel(t.Context())
	var first, second error

	c.add(cancelled, t, "first", nothingMore, func(err error) { first = err })
	c.add(t.Context(), t, "second", nothingMore, func(err error) { second = err })
	cancel()

	for c.queued() != 1 {
		runtime.Gosched()
	}
	c.release(t)
	c.want(t, "first", first, context.Canceled, 0)
	c.want(t, "second", second, nil, 1)
}

// A work whose goroutine exits midway, as t.FailNow does, blocks no other.
func TestGroupCommitLeaderExits(t *testing.T) {
	c := startCrowd(t)
	var second error

	c.add(t.Context(), t, "first", func(*unitOfWork) error { runtime.Goexit(); return nil }, func(error) {})
	c.add(t.Context(), t, "second", nothingMore, func(err error) { second = err })
	c.release(t)
	c.want(t, "second", second, nil, 1)

	if n := c.stored(t, "first"); n != 0 {
		t.Errorf("stored %d times, want never", n)
	}
}

// The size of one batch is bounded, so later callers do not wait for an endless batch.
func TestGroupCommitSizeIsBounded(t *testing.T) {
	c := startCrowd(t)
	for n := range maxGroupSize + 10 {
		c.add(t.Context(), t, fmt.Sprint("work ", n), nothingMore, func(err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	c.release(t)

	if len(c.transactions) < 2 {
		t.Errorf("got %d transactions, want more than one", len(c.transactions))
	}
}
