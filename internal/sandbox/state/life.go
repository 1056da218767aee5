package state

import (
	"errors"

	bolt "go.etcd.io/bbolt"
)

// The states of a database.
const (
	StateActive    = "active"
	StateSuspended = "suspended"
)

// The reasons for a database's suspension.
const (
	SuspendedForBudget  = "budget"
	SuspendedForAccount = "account"
)

// ErrAccountSuspended is returned when a database cannot resume because its account is suspended.
var ErrAccountSuspended = errors.New("the account is suspended")

// Upgrade moves a free account to the pay-as-you-go plan; its databases stay on their plans. It returns ErrNotFound.
func (s *Store) Upgrade(email string) (Account, error) {
	return update(s, func(tx *bolt.Tx) (Account, error) {
		account, err := accountByEmail(tx, email)
		if err != nil {
			return Account{}, err
		}
		account.Plan = PlanPAYG

		return account, put(tx, bucketAccounts, account.Subject, account)
	})
}

// SuspendAccount suspends or resumes an account, its databases and those of its teams, and returns the databases that
// changed. A database suspended for another reason stays suspended. It returns ErrNotFound.
func (s *Store) SuspendAccount(email string, suspended bool) ([]Database, error) {
	return update(s, func(tx *bolt.Tx) ([]Database, error) {
		account, err := accountByEmail(tx, email)
		if err != nil {
			return nil, err
		}

		account.Suspended = suspended
		if err := put(tx, bucketAccounts, account.Subject, account); err != nil {
			return nil, err
		}
		owners := []string{account.Subject}

		led, err := teams(tx, func(team Team) bool { return team.Owner == account.Subject })
		if err != nil {
			return nil, err
		}

		for _, team := range led {
			owners = append(owners, TeamOwner(team.ID))
		}

		changed := []Database{}
		for _, owner := range owners {
			held, err := databases(tx, owner)
			if err != nil {
				return nil, err
			}

			for _, database := range held {
				if !database.follow(suspended) {
					continue
				}

				if err := putDatabase(tx, database); err != nil {
					return nil, err
				}
				changed = append(changed, database)
			}
		}

		return changed, nil
	})
}

// follow suspends or resumes the database with its account, and reports whether that changed anything.
func (d *Database) follow(suspended bool) bool {
	switch {
	case suspended && d.State == StateActive:
		d.State, d.SuspendedBy = StateSuspended, SuspendedForAccount
	case !suspended && d.SuspendedBy == SuspendedForAccount:
		d.State, d.SuspendedBy = StateActive, ""
	default:
		return false
	}

	return true
}

// MoveDatabase changes a database's owner and returns the database. It returns ErrNotFound.
func (s *Store) MoveDatabase(from, id, to string) (Database, error) {
	return update(s, func(tx *bolt.Tx) (Database, error) {
		key := databaseKey(from, id)

		database, err := get[Database](tx, bucketDatabases, key)
		if err != nil {
			return Database{}, err
		}

		if err := unindex(tx, database); err != nil {
			return Database{}, err
		}

		if err := tx.Bucket([]byte(bucketDatabases)).Delete([]byte(key)); err != nil {
			return Database{}, err
		}
		database.Owner = to

		return database, putDatabase(tx, database)
	})
}

// AllDatabases returns the databases of all owners.
func (s *Store) AllDatabases() ([]Database, error) {
	return view(s, func(tx *bolt.Tx) ([]Database, error) {
		found := []Database{}
		err := eachDatabase(tx, func(database Database) error {
			found = append(found, database)
			return nil
		})

		return found, err
	})
}
