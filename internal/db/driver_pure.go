//go:build !cgo

package db

import (
	"errors"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	pure "modernc.org/sqlite"
)

// Driver is the module that SQLite comes with: here a translation to Go, for a build without a C compiler.
const Driver = "modernc.org/sqlite"

// This driver takes the other's parameters, but for this one, and passes over what it does not know.
const secureDelete = "&_pragma=secure_delete(on)"

func sqliteDialector(dsn string) gorm.Dialector {
	return pureDialector{sqlite.Dialector{DriverName: "sqlite", DSN: dsn}}
}

// pureDialector gives GORM the errors of its own that the dialector makes of the other driver's alone.
type pureDialector struct{ sqlite.Dialector }

// Translate is called by GORM for each error of a statement.
func (pureDialector) Translate(err error) error {
	switch code, _ := sqliteCode(err); code {
	case constraintPrimaryKey, constraintUnique:
		return gorm.ErrDuplicatedKey
	case constraintForeignKey:
		return gorm.ErrForeignKeyViolated
	}

	return err
}

const (
	constraintForeignKey = 787
	constraintPrimaryKey = 1555
	constraintUnique     = 2067
)

// sqliteCode is SQLite's extended result code (https://www.sqlite.org/rescode.html).
func sqliteCode(err error) (code int, found bool) {
	var fault *pure.Error
	if !errors.As(err, &fault) {
		return 0, false
	}

	return fault.Code(), true
}
