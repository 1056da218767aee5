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

// Counts holds the number of rows of each kind, by state.
type Counts struct {
	Connections map[keys.State]int64
	Intents     map[keys.IntentState]int64
	Creates     map[proxy.CreateState]int64 // in progress or unsettled
	Sessions    int64                       // not ended
	AuditEvents int64                       // rows of the audit log, estimated by the range of their ids
	Bytes       int64                       // of the complete database; on SQLite without its write-ahead log
}

// Count returns the current counts without counting rows: triggers maintain all of them except the creates, of which
// few are open at a time (docs/decisions/0020-counts.md). Each of its statements is exact, as of its own moment.
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

// measureSizes reads both ends of an index and counts no rows.
var measureSizes = &statement{
	sqlite:   "SELECT " + auditRange + ", page_count * page_size FROM pragma_page_count(), pragma_page_size()",
	postgres: "SELECT " + auditRange + ", pg_database_size(current_database())",
}

const auditRange = "COALESCE((SELECT max(id) FROM audit_events) - (SELECT min(id) FROM audit_events) + 1, 0)"

var (
	// Sessions that have ended but are not deleted yet must be subtracted. There are few, at most half a minute's. The
	// unary plus keeps both databases from using the other index, which would read all live sessions.
	sumCounts = newStatement("SELECT kind, state, CAST(sum(n) AS BIGINT) FROM (" +
		"SELECT kind, state, n FROM row_counts UNION ALL " +
		"SELECT 'sessions', '', -count(*) FROM sessions WHERE idle_until < ? UNION ALL " +
		"SELECT 'sessions', '', -count(*) FROM sessions WHERE expires_at < ? AND +idle_until >= ?) AS parts " +
		"GROUP BY kind, state HAVING sum(n) <> 0")
	// The condition must equal the index's condition exactly.
	countCreates = newStatement("SELECT state, count(*) FROM creates WHERE state <> 'done' GROUP BY state")
)

// compactBatch bounds how many differences one round sums up.
const compactBatch = 10000

// compactCounts replaces many rows with their sum: on Postgres each writer adds a row with a difference. It skips rows
// that another replica is compacting.
func (d *DB) compactCounts(ctx context.Context) error {
	if d.file {
		return nil
	}
	_, err := d.execStatement(ctx, compactRows, compactBatch)

	return err
}

var compactRows = newStatement("WITH removed AS (DELETE FROM row_counts WHERE ctid = ANY(ARRAY(" +
	"SELECT ctid FROM row_counts LIMIT ? FOR UPDATE SKIP LOCKED)) RETURNING kind, state, n) " +
	"INSERT INTO row_counts SELECT kind, state, sum(n) FROM removed GROUP BY kind, state HAVING sum(n) <> 0")

// Pools returns the statistics of the connection pools: "write" and "read", or "all" on Postgres, which has one.
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
