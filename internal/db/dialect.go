package db

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// driverError marks an error that a database or its driver returned, as opposed to an error that our own code derived
// from a result.
type driverError struct{ cause error }

func (e *driverError) Error() string { return e.cause.Error() }
func (e *driverError) Unwrap() error { return e.cause }

// asDriverError marks the error of a statement.
func asDriverError(err error) error {
	var marked *driverError
	if err == nil || errors.Is(err, context.Canceled) || errors.As(err, &marked) {
		return err
	}

	return &driverError{cause: err}
}

// dialect is a database's dialect that marks the errors of its statements.
type dialect struct{ gorm.Dialector }

// Apply lets the dialect apply its own settings.
func (d dialect) Apply(config *gorm.Config) error {
	if applier, ok := d.Dialector.(interface {
		Apply(config *gorm.Config) error
	}); ok {
		return applier.Apply(config)
	}

	return nil
}

// Translate implements gorm.ErrorTranslator. Errors that GORM has names for keep them.
func (d dialect) Translate(err error) error {
	if translator, ok := d.Dialector.(gorm.ErrorTranslator); ok {
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

// isQueryOutcome reports whether callers derive a result from this error. When they do not, it counts as a storage
// error as well (see asUnavailable).
func isQueryOutcome(err error) bool {
	return errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, gorm.ErrDuplicatedKey) ||
		errors.Is(err, gorm.ErrForeignKeyViolated)
}
