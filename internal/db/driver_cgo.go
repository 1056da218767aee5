//go:build cgo

package db

import (
	"errors"

	"github.com/mattn/go-sqlite3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// Driver is the module that SQLite comes with: here its C source.
const Driver = "github.com/mattn/go-sqlite3"

const secureDelete = "&_secure_delete=on"

func sqliteDialector(dsn string) gorm.Dialector { return sqlite.Open(dsn) }

// sqliteCode is SQLite's extended result code (https://www.sqlite.org/rescode.html).
func sqliteCode(err error) (code int, found bool) {
	var fault sqlite3.Error
	if !errors.As(err, &fault) {
		return 0, false
	}

	// Where SQLite gave no extended code, the driver leaves it out.
	return max(int(fault.Code), int(fault.ExtendedCode)), true
}
