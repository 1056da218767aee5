//go:build cgo

package db

import (
	"errors"

	"github.com/mattn/go-sqlite3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// Driver is the module that provides SQLite: here its C source.
const Driver = "github.com/mattn/go-sqlite3"

const secureDelete = "&_secure_delete=on"

func sqliteDialector(dsn string) gorm.Dialector { return sqlite.Open(dsn) }

// sqliteCode returns SQLite's extended result code (https://www.sqlite.org/rescode.html).
func sqliteCode(err error) (code int, found bool) {
	var sqliteErr sqlite3.Error
	if !errors.As(err, &sqliteErr) {
		return 0, false
	}

	// The driver leaves ExtendedCode zero when SQLite returned no extended code.
	return max(int(sqliteErr.Code), int(sqliteErr.ExtendedCode)), true
}
