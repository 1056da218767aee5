package db

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/limit"
)

type limitRow struct {
	Name   string `gorm:"primaryKey"`
	Caller string `gorm:"primaryKey"`
	TAT    int64  `gorm:"column:tat"`
}

func (limitRow) TableName() string { return "limits" }

// nowMicros returns SQL for the database's own clock in the unit of the limits.
func nowMicros(tx *gorm.DB) string { return "(" + now(tx) + " * 1000)" }

// charge checks and advances the limit in one statement, so that no other transaction can come between. It returns no
// row when it changes none.
var (
	charge = newStatement(micros(`INSERT INTO limits (name, caller, tat) VALUES (?, ?, MICROS + ?)
ON CONFLICT (name, caller) DO UPDATE SET tat = CASE WHEN limits.tat > MICROS THEN limits.tat ELSE MICROS END + ?
WHERE limits.tat + ? <= MICROS + ?
RETURNING tat - MICROS`))
	capAhead  = newStatement(micros("UPDATE limits SET tat = MICROS + ? WHERE name = ? AND caller = ? AND tat > MICROS + ?"))
	findAhead = newStatement(micros("SELECT tat - MICROS FROM limits WHERE name = ? AND caller = ?"))
	refund    = newStatement("UPDATE limits SET tat = tat - ? WHERE name = ? AND caller = ?")
)

func micros(text string) string { return strings.ReplaceAll(text, "MICROS", "(NOW() * 1000)") }

// Charge implements limit.Store.
func (d *DB) Charge(
	ctx context.Context, name string, caller limit.Caller, rate limit.Rate,
) (charged bool, ahead time.Duration, err error) {
	every, burst := rate.Every().Microseconds(), rate.Burst().Microseconds()
	var found int64

	err = d.transact(ctx, func(u *unitOfWork) error {
		scan := func(row *sql.Rows) error { return row.Scan(&found) }

		charged, err = u.findOne(charge, scan, name, string(caller), every, every, every, burst)
		if err != nil || charged {
			return err
		}

		// A time further ahead than this rate allows comes from an earlier, stricter rate, or from a clock that was set
		// back. It must not block the caller for longer than this rate would.
		if _, err := u.exec(capAhead, burst, name, string(caller), burst); err != nil {
			return err
		}
		_, err := u.findOne(findAhead, scan, name, string(caller))

		return err
	})

	return charged, time.Duration(found) * time.Microsecond, err
}

// Ahead implements limit.Store.
func (d *DB) Ahead(ctx context.Context, name string, caller limit.Caller) (time.Duration, error) {
	var found int64

	_, err := d.findOne(
		ctx, findAhead, func(row *sql.Rows) error { return row.Scan(&found) }, name, string(caller),
	)

	return time.Duration(found) * time.Microsecond, err
}

// Refund implements limit.Store.
func (d *DB) Refund(ctx context.Context, name string, caller limit.Caller, rate limit.Rate) error {
	_, err := d.execStatement(ctx, refund, rate.Every().Microseconds(), name, string(caller))
	return err
}
