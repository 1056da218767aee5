package db

import (
	"context"
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

// nowMicros is the database's own clock as the limits keep it.
func nowMicros(tx *gorm.DB) string { return "(" + now(tx) + " * 1000)" }

// charge is one statement that judges and advances, so that no other transaction comes between. It returns no row when
// it changes none.
func charge(tx *gorm.DB) string {
	return strings.ReplaceAll(`INSERT INTO limits (name, caller, tat) VALUES (@name, @caller, NOW + @every)
ON CONFLICT (name, caller) DO UPDATE SET tat = CASE WHEN limits.tat > NOW THEN limits.tat ELSE NOW END + @every
WHERE limits.tat + @every <= NOW + @burst
RETURNING tat - NOW`, "NOW", nowMicros(tx))
}

// Charge implements limit.Store.
func (d *DB) Charge(
	ctx context.Context, name string, caller limit.Caller, rate limit.Rate,
) (charged bool, ahead time.Duration, err error) {
	terms := map[string]any{
		"name":   name,
		"caller": string(caller),
		"every":  rate.Every().Microseconds(),
		"burst":  rate.Burst().Microseconds(),
	}
	err = d.change(ctx, func(tx *gorm.DB) error {
		var micros []int64
		if err := tx.Raw(charge(tx), terms).Scan(&micros).Error; err != nil {
			return err
		}

		if charged = len(micros) == 1; charged {
			ahead = time.Duration(micros[0]) * time.Microsecond
			return nil
		}
		// A time further ahead than the rate could have brought it comes from a stricter rate of before, or from a
		// clock that was set back: it must not lock the caller out for longer than this rate would.
		most := nowMicros(tx) + " + @burst"

		behind := tx.Exec(
			"UPDATE limits SET tat = "+most+" WHERE name = @name AND caller = @caller AND tat > "+most, terms,
		)
		if behind.Error != nil {
			return behind.Error
		}
		var err error
		ahead, err = aheadOf(tx, name, caller)

		return err
	})

	return charged, ahead, err
}

func aheadOf(tx *gorm.DB, name string, caller limit.Caller) (time.Duration, error) {
	var micros []int64

	err := tx.Model(
		&limitRow{},
	).Where(
		"name = ? AND caller = ?", name, string(caller),
	).Pluck(
		"tat - "+nowMicros(tx), &micros,
	).Error
	if err != nil || len(micros) == 0 {
		return 0, err
	}

	return time.Duration(micros[0]) * time.Microsecond, nil
}

// Ahead implements limit.Store.
func (d *DB) Ahead(ctx context.Context, name string, caller limit.Caller) (ahead time.Duration, err error) {
	err = d.look(ctx, func(read *gorm.DB) (err error) {
		ahead, err = aheadOf(read, name, caller)
		return err
	})

	return ahead, err
}

// Refund implements limit.Store.
func (d *DB) Refund(ctx context.Context, name string, caller limit.Caller, rate limit.Rate) error {
	return d.set(ctx, func(write *gorm.DB) error {
		return write.Model(&limitRow{}).Where("name = ? AND caller = ?", name, string(caller)).
			Update("tat", gorm.Expr("tat - ?", rate.Every().Microseconds())).Error
	})
}
