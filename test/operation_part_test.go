package test

import (
	"testing"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/test/harness"
)

// Upstash may restore any backup of the account into a database, and so show one database's data in another: the server
// itself checks that the backup belongs to the database, before it sends anything that changes something.
func TestRestoreAcceptsBackupsOfItsDatabaseOnly(t *testing.T) {
	t.Parallel()
	m, made := startWithOperations(t)
	restore, _ := operation.Find("redis.backup.restore")

	other := m.Create(t, "other", harness.CreateBody("other")).Database(t, 201)
	foreign := made
	foreign.Database = other.ID

	call := harness.Sample(restore, foreign)
	call.Confirm = "other"

	m.Operate(t, call, "foreign").IsProblem(t, 404, "resource_not_found")

	if got := m.Calls(t, "POST", "/v2/redis/restore-backup/"+other.ID); got != 0 {
		t.Errorf("upstream got %d restores of a backup of another database", got)
	}

	m.Operate(t, harness.Sample(restore, made), "own").Is(t, 200)
}
