package db

import (
	"errors"
	"path/filepath"
	"testing"

	"gorm.io/gorm"
)

// Both drivers report constraint errors as GORM's errors, and file errors as unavailable. CGO_ENABLED=0 go test
// ./internal/db runs this with the other driver.
func TestConstraintErrorsAreTheSameForBothDrivers(t *testing.T) {
	database, err := Open(t.Context(), Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "bff.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })

	for _, statement := range []string{
		"CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT UNIQUE)",
		"CREATE TABLE keyed (id TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID",
		"CREATE TABLE children (parent INTEGER REFERENCES parents (id))",
		"INSERT INTO parents VALUES (1, 'a')", "INSERT INTO keyed VALUES ('a')",
	} {
		if err := database.write.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}

	for statement, want := range map[string]error{
		"INSERT INTO parents VALUES (2, 'a')": gorm.ErrDuplicatedKey,
		"INSERT INTO keyed VALUES ('a')":      gorm.ErrDuplicatedKey,
		"INSERT INTO children VALUES (9)":     gorm.ErrForeignKeyViolated,
	} {
		if err := database.write.Exec(statement).Error; !errors.Is(err, want) {
			t.Errorf("%s: %s: got %v, want %v", Driver, statement, err, want)
		}
	}

	var unavailable *UnavailableError
	if err := asUnavailable(database.read.Exec("INSERT INTO keyed VALUES ('b')").Error); !errors.As(err, &unavailable) {
		t.Errorf("%s: a write to what may only be read: got %v, want storage", Driver, err)
	}
}
