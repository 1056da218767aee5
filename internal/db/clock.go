package db

import "gorm.io/gorm"

// now is the database's own clock in milliseconds, in SQL: leases of several processes are compared by one clock. On
// Postgres it is that of the moment, not of the transaction's begin: one that waited for a lock must see the time of
// afterwards.
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
