package harness

import (
	"database/sql"
	"testing"
)

// ExecSQL changes the database while the server runs, as anyone with access to its file could.
func (p *Product) ExecSQL(t *testing.T, statement string, values ...any) {
	t.Helper()

	database, err := sql.Open("sqlite3", "file:"+p.Database+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = database.Close() }()

	result, err := database.ExecContext(t.Context(), statement, values...)
	if err != nil {
		t.Fatal(err)
	}

	if changed, err := result.RowsAffected(); err != nil || changed == 0 {
		t.Fatalf("%s changed %d rows, %v", statement, changed, err)
	}
}
