package db

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// driverError marks what a database or its library says, whichever words it has, apart from what our own code concludes
// from what it found.
type driverError struct{ cause error }

func (e *driverError) Error() string { return e.cause.Error() }
func (e *driverError) Unwrap() error { return e.cause }

// asDriverError marks an error that a statement ended with.
func asDriverError(err error) error {
	var marked *driverError
	if err == nil || errors.Is(err, context.Canceled) || errors.As(err, &marked) {
		return err
	}

	return &driverError{cause: err}
}

// dialect is a database's dialect that marks the errors of its statements.
type dialect struct{ gorm.Dialector }

// Apply lets the dialect set what it needs.
func (d dialect) Apply(config *gorm.Config) error {
	if applier, able := d.Dialector.(interface {
		Apply(config *gorm.Config) error
	}); able {
		return applier.Apply(config)
	}

	return nil
}

// Translate implements gorm.ErrorTranslator. What GORM itself has names for keeps them.
func (d dialect) Translate(err error) error {
	if translator, able := d.Dialector.(gorm.ErrorTranslator); able {
		err = translator.Translate(err)
	}

	if err == nil || isQueryOutcome(err) {
		return err
	}

	return asDriverError(err)
}

// SavePoint implements gorm.SavePointerDialectorInterface.
func (d dialect) SavePoint(tx *gorm.DB, name string) error { return tx.Exec("SAVEPOINT " + name).Error }

// RollbackTo implements gorm.SavePointerDialectorInterface.
func (d dialect) RollbackTo(tx *gorm.DB, name string) error {
	return tx.Exec("ROLLBACK TO SAVEPOINT " + name).Error
}

// concluded reports whether an error is one from which our code concludes something. Where it does not, that is a fault
// of the storage all the same (see storage).
func isQueryOutcome(err error) bool {
	return errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, gorm.ErrDuplicatedKey) ||
		errors.Is(err, gorm.ErrForeignKeyViolated)
}
