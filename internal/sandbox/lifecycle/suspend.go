package lifecycle

import "github.com/upstash-connect/bff/internal/sandbox/state"

// SuspendAccount suspends or resumes an account and all its databases. It returns state.ErrNotFound.
func (k *Manager) SuspendAccount(email string, suspended bool) error {
	databases, err := k.Store.SuspendAccount(email, suspended)
	if err != nil || !suspended {
		return err
	}

	for _, database := range databases {
		k.Redis.Disconnect(database.ID)
	}

	return nil
}

// SuspendDatabase suspends a database as if it had reached its budget, or resumes it. It returns state.ErrNotFound,
// or state.ErrAccountSuspended when the database cannot be resumed without its account.
func (k *Manager) SuspendDatabase(owner, id string, suspended bool) error {
	_, err := k.Store.UpdateDatabase(owner, id, func(database *state.Database) error {
		switch {
		case suspended && database.State == state.StateActive:
			database.State, database.SuspendedBy = state.StateSuspended, state.SuspendedForBudget
		case !suspended && database.SuspendedBy == state.SuspendedForAccount:
			return state.ErrAccountSuspended
		case !suspended:
			database.State, database.SuspendedBy = state.StateActive, ""
		}

		return nil
	})
	if err == nil && suspended {
		k.Redis.Disconnect(id)
	}

	return err
}
