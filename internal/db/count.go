package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/proxy"
)

// Counts is how many of each thing the database holds, by state.
type Counts struct {
	Connections map[keys.State]int64
	Intents     map[keys.IntentState]int64
	Creates     map[proxy.CreateState]int64 // that were begun and have no outcome yet
	Sessions    int64                       // that have not ended
}

// Count counts.
func (d *DB) Count(ctx context.Context) (Counts, error) {
	counts := Counts{
		Connections: map[keys.State]int64{},
		Intents:     map[keys.IntentState]int64{},
		Creates:     map[proxy.CreateState]int64{},
	}

	return counts, d.look(ctx, func(read *gorm.DB) error {
		at := millis(time.Now())

		return errors.Join(
			countStates(read.Model(&connectionRow{}), counts.Connections),
			countStates(read.Model(&intentRow{}), counts.Intents),
			// as in the index, letter by letter
			countStates(read.Model(&createRow{}).Where("state <> 'done'"), counts.Creates),
			read.Model(
				&sessionRow{},
			).Where(
				"idle_until >= ? AND expires_at >= ?", at, at,
			).Count(
				&counts.Sessions,
			).Error,
		)
	})
}

func countStates[State ~string](rows *gorm.DB, into map[State]int64) error {
	var found []struct {
		State string
		Count int64
	}
	if err := rows.Select("state, count(*) AS count").Group("state").Scan(&found).Error; err != nil {
		return err
	}

	for _, row := range found {
		into[State(row.State)] = row.Count
	}

	return nil
}

// Pools are the figures of the connection pools: "write" and "read", or "all" on Postgres, where there is one.
func (d *DB) Pools() map[string]sql.DBStats {
	if !d.file {
		return map[string]sql.DBStats{"all": poolStats(d.write)}
	}

	return map[string]sql.DBStats{"write": poolStats(d.write), "read": poolStats(d.read)}
}

func poolStats(database *gorm.DB) sql.DBStats {
	if database == nil {
		return sql.DBStats{}
	}

	pool, err := database.DB()
	if err != nil {
		return sql.DBStats{}
	}

	return pool.Stats()
}
