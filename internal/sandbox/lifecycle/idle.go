package lifecycle

import (
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// idleFor is how long a free database may go without a command before it is archived.
const idleFor = 30 * 24 * time.Hour

// NoteUse records which databases were used since its last call. Call it at the end of a run too: the use since the
// last call is only in memory.
func (k *Manager) NoteUse() error {
	databases, err := k.Store.AllDatabases()
	if err != nil {
		return err
	}
	_, err = k.note(databases)

	return err
}

// note returns the databases in their current state, without those deleted meanwhile.
func (k *Manager) note(databases []state.Database) ([]state.Database, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	known := []state.Database{}

	commands := map[string]int64{}
	for _, database := range databases {
		commands[database.ID] = k.Redis.Commands(database.ID)
		if commands[database.ID] > k.noted[database.ID] {
			noted, err := k.Store.UpdateDatabase(database.Owner, database.ID, func(database *state.Database) error {
				database.LastUsedAt = k.Now()
				return nil
			})
			switch {
			case errors.Is(err, state.ErrNotFound):
				continue
			case err != nil:
				return nil, err
			}
			database = noted
		}
		known = append(known, database)
	}
	k.noted = commands

	return known, nil
}

// Archive deletes the owner's free databases that nobody used for 30 days, and returns their ids; an empty owner
// means all owners. Here the deletion is permanent. At Upstash the API makes it look so: "database not found".
func (k *Manager) Archive(owner string) ([]string, error) {
	databases, err := k.Store.AllDatabases()
	if err != nil {
		return nil, err
	}

	if databases, err = k.note(databases); err != nil {
		return nil, err
	}

	gone := []string{}
	for _, database := range databases {
		if owner != "" && database.Owner != owner {
			continue
		}

		if database.Plan != state.PlanFree || k.Now().Sub(lastUse(database)) < idleFor {
			continue
		}

		err := k.Store.DeleteDatabase(database.Owner, database.ID)
		switch {
		case errors.Is(err, state.ErrNotFound):
			continue
		case err != nil:
			return gone, err
		}
		gone = append(gone, database.ID)
		k.Logger.Info("sandbox archived an idle database", "database", database.ID)

		if err := k.Redis.Forget(database.ID); err != nil {
			return gone, err
		}
	}

	return gone, nil
}

func lastUse(database state.Database) time.Time {
	if database.LastUsedAt.After(database.CreatedAt) {
		return database.LastUsedAt
	}

	return database.CreatedAt
}

// Age moves the last use and the creation of a database that far into the past. It records the use so far first;
// otherwise the next sweep would count it as new use.
func (k *Manager) Age(owner, id string, idle time.Duration) (state.Database, error) {
	if err := k.NoteUse(); err != nil {
		return state.Database{}, err
	}

	return k.Store.UpdateDatabase(owner, id, func(database *state.Database) error {
		database.LastUsedAt = k.Now().Add(-idle)
		if database.CreatedAt.After(database.LastUsedAt) {
			database.CreatedAt = database.LastUsedAt
		}

		return nil
	})
}
