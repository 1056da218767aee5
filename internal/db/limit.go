package db

import (
	"context"
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
const nowMicros = "(" + now + " * 1000)"

// The judgement and the advance are one statement, so that no other transaction comes between. It returns no row when it
// changes none.
const charge = `INSERT INTO limits (name, caller, tat) VALUES (@name, @caller, ` + nowMicros + ` + @every)
ON CONFLICT (name, caller) DO UPDATE SET tat = CASE WHEN limits.tat > ` + nowMicros + ` THEN limits.tat ELSE ` + nowMicros + ` END + @every
WHERE limits.tat + @every <= ` + nowMicros + ` + @burst
RETURNING tat - ` + nowMicros

// Charge implements limit.Store.
func (d *DB) Charge(ctx context.Context, name string, caller limit.Caller, rate limit.Rate) (charged bool, ahead time.Duration, err error) {
	terms := map[string]any{
		"name": name, "caller": string(caller), "every": rate.Every().Microseconds(), "burst": rate.Burst().Microseconds(),
	}
	var micros []int64
	err = d.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Raw(charge, terms).Scan(&micros).Error; err != nil {
			return err
		}
		if charged = len(micros) == 1; charged {
			return nil
		}
		// A time further ahead than the rate could have brought it comes from a stricter rate of before, or from a clock that
		// was set back: it must not lock the caller out for longer than this rate would.
		behind := tx.Exec("UPDATE limits SET tat = "+nowMicros+" + @burst WHERE name = @name AND caller = @caller AND tat > "+nowMicros+" + @burst", terms)
		if behind.Error != nil {
			return behind.Error
		}
		return aheadOf(tx, name, caller, &micros)
	})
	if err != nil || len(micros) == 0 {
		return charged, 0, storage(err)
	}
	return charged, time.Duration(micros[0]) * time.Microsecond, nil
}

func aheadOf(tx *gorm.DB, name string, caller limit.Caller, micros *[]int64) error {
	return tx.Model(&limitRow{}).Where("name = ? AND caller = ?", name, string(caller)).Pluck("tat - "+nowMicros, micros).Error
}

// Ahead implements limit.Store.
func (d *DB) Ahead(ctx context.Context, name string, caller limit.Caller) (time.Duration, error) {
	var micros []int64
	if err := aheadOf(d.read.WithContext(ctx), name, caller, &micros); err != nil || len(micros) == 0 {
		return 0, storage(err)
	}
	return time.Duration(micros[0]) * time.Microsecond, nil
}

// Refund implements limit.Store.
func (d *DB) Refund(ctx context.Context, name string, caller limit.Caller, rate limit.Rate) error {
	return storage(d.write.WithContext(ctx).Model(&limitRow{}).Where("name = ? AND caller = ?", name, string(caller)).
		Update("tat", gorm.Expr("tat - ?", rate.Every().Microseconds())).Error)
}
