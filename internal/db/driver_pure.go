//go:build !cgo

package db

import (
	"errors"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	pure "modernc.org/sqlite"
)

// Driver is the module that provides SQLite: here its translation to Go, for a build without a C compiler.
const Driver = "modernc.org/sqlite"

// This driver accepts the other driver's parameters except this one, and ignores unknown ones.
const secureDelete = "&_pragma=secure_delete(on)"

func sqliteDialector(dsn string) gorm.Dialector {
	return pureDialector{sqlite.Dialector{DriverName: "sqlite", DSN: dsn}}
}

// pureDialector maps this driver's errors to GORM's own. The dialector only maps those of the other driver.
type pureDialector struct{ sqlite.Dialector }

// Translate implements gorm.ErrorTranslator.
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

// sqliteCode returns SQLite's extended result code (https://www.sqlite.org/rescode.html).
func sqliteCode(err error) (code int, found bool) {
	var sqliteErr *pure.Error
	if !errors.As(err, &sqliteErr) {
		return 0, false
	}

	return sqliteErr.Code(), true
}
