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
	AuditEvents int64                       // rows of the audit log, by the range of their ids
	Bytes       int64                       // of the whole database: on SQLite without its write-ahead log
}

// Count counts, without counting rows: triggers keep the numbers of all but the creates, of which few are open at a
// time (docs/decisions/0020-counts.md). It is exact, at one moment for each of its statements.
func (d *DB) Count(ctx context.Context) (Counts, error) {
	at := millis(time.Now())

	var counts Counts

	err := errors.Join(
		d.find(ctx, sumCounts, func(rows *sql.Rows) error {
			counts.Connections, counts.Intents = map[keys.State]int64{}, map[keys.IntentState]int64{}
			for rows.Next() {
				var (
					kind, state string
					n           int64
				)
				if err := rows.Scan(&kind, &state, &n); err != nil {
					return err
				}

				switch kind {
				case "connections":
					counts.Connections[keys.State(state)] = n
				case "mint_intents":
					counts.Intents[keys.IntentState(state)] = n
				case "sessions":
					counts.Sessions = n
				}
			}

			return nil
		}, at, at, at),
		d.find(ctx, countCreates, func(rows *sql.Rows) error {
			counts.Creates = map[proxy.CreateState]int64{}
			for rows.Next() {
				var (
					state proxy.CreateState
					n     int64
				)
				if err := rows.Scan(&state, &n); err != nil {
					return err
				}
				counts.Creates[state] = n
			}

			return nil
		}),
		d.find(ctx, measureSizes, func(rows *sql.Rows) error {
			for rows.Next() {
				if err := rows.Scan(&counts.AuditEvents, &counts.Bytes); err != nil {
					return err
				}
			}

			return nil
		}),
	)

	return counts, err
}

// measure reads the ends of an index, and counts nothing.
var measureSizes = &statement{
	sqlite:   "SELECT " + auditRange + ", page_count * page_size FROM pragma_page_count(), pragma_page_size()",
	postgres: "SELECT " + auditRange + ", pg_database_size(current_database())",
}

const auditRange = "COALESCE((SELECT max(id) FROM audit_events) - (SELECT min(id) FROM audit_events) + 1, 0)"

var (
	// Sessions that have ended and are not tidied up yet are stored, and do not count. There are few: half a minute's.
	// The plus keeps both databases from the other index, by which they would read all that have not ended.
	sumCounts = newStatement("SELECT kind, state, CAST(sum(n) AS BIGINT) FROM (" +
		"SELECT kind, state, n FROM row_counts UNION ALL " +
		"SELECT 'sessions', '', -count(*) FROM sessions WHERE idle_until < ? UNION ALL " +
		"SELECT 'sessions', '', -count(*) FROM sessions WHERE expires_at < ? AND +idle_until >= ?) AS parts " +
		"GROUP BY kind, state HAVING sum(n) <> 0")
	// the condition as in the index, letter by letter
	countCreates = newStatement("SELECT state, count(*) FROM creates WHERE state <> 'done' GROUP BY state")
)

// compactBatch bounds how many differences one round folds.
const compactBatch = 10000

// compactCounts puts one row in the place of many: on Postgres each writer adds a difference. It passes by what another
// replica folds.
func (d *DB) compactCounts(ctx context.Context) error {
	if d.file {
		return nil
	}
	_, err := d.execStatement(ctx, compactRows, compactBatch)

	return err
}

var compactRows = newStatement("WITH gone AS (DELETE FROM row_counts WHERE ctid = ANY(ARRAY(" +
	"SELECT ctid FROM row_counts LIMIT ? FOR UPDATE SKIP LOCKED)) RETURNING kind, state, n) " +
	"INSERT INTO row_counts SELECT kind, state, sum(n) FROM gone GROUP BY kind, state HAVING sum(n) <> 0")

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
