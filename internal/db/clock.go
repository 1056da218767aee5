package db

import "gorm.io/gorm"

// now returns SQL for the database's own clock in milliseconds: one clock compares the leases of several processes. On
// Postgres it is the current time, not the transaction's start: a transaction that waited for a lock must see the time
// after the wait.
func now(tx *gorm.DB) string {
	if tx.Name() == "postgres" {
		return postgresNow
	}

	return sqliteNow
}

const (
	postgresNow = "CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)"
	sqliteNow   = "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)"
)
