package cloud

import (
	"net/http"
	"strconv"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// maintenance is how long a new database cannot be backed up. The real service has such a period; its length is our
// guess.
const maintenance = 3 * time.Second

// Backups makes and restores backups.
type Backups interface {
	// BackUp returns state.ErrNotFound or state.ErrBackupLimit.
	BackUp(database state.Database, name string) error
	// Restore returns state.ErrNotFound for an unknown backup.
	Restore(database state.Database, id string) error
}

// backupView is a backup as the API shows it, with booleans as strings.
type backupView struct {
	DatabaseID   string `json:"database_id"`
	CustomerID   string `json:"customer_id"`
	Name         string `json:"name"`
	BackupID     string `json:"backup_id"`
	CreationTime int64  `json:"creation_time"` // seconds
	State        string `json:"state"`
	BackupSize   int64  `json:"backup_size"` // bytes
	DailyBackup  string `json:"daily_backup"`
	HourlyBackup string `json:"hourly_backup"`
	InternalTag  string `json:"internal_backup_tag"`
}

// listBackups is GET /v2/redis/list-backup/{id}.
func (a *API) listBackups(w http.ResponseWriter, r *http.Request, who caller) {
	database, ok := a.database(w, r, who)
	if !ok {
		return
	}

	backups, err := a.store.Backups(database.ID)
	if err != nil {
		a.fail(w, r, err)
		return
	}

	views := []backupView{}
	for _, backup := range backups {
		views = append(views, backupView{
			DatabaseID:   database.ID,
			CustomerID:   customer(who.account, who.owner),
			Name:         backup.Name,
			BackupID:     backup.ID,
			CreationTime: backup.CreatedAt.Unix(),
			State:        "completed",
			BackupSize:   backup.Size,
			DailyBackup:  strconv.FormatBool(backup.Daily),
			HourlyBackup: "false",
		})
	}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, views)
}

// createBackup is POST /v2/redis/create-backup/{id}. The backup is complete when the response arrives; a real one
// stays pending for a while.
func (a *API) createBackup(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		Name string `json:"name"`
	}
	if !decode(w, r, &request) {
		return
	}

	database, ok := a.database(w, r, who)
	switch {
	case !ok:
		return
	case request.Name == "" || len(request.Name) > maxNameLength:
		refuse(w, r, errBackupName)
		return
	case a.now().Sub(database.CreatedAt) < maintenance:
		refuse(w, r, errMaintenance)
		return
	}

	if err := a.backups.BackUp(database, request.Name); err != nil {
		a.refuseFor(w, r, err, errDatabaseNotFound)
		return
	}
	a.did(r, who, didCreateBackup, database.Name, request.Name)
	done(w)
}

// deleteBackup is DELETE /v2/redis/delete-backup/{id}/{backup}.
func (a *API) deleteBackup(w http.ResponseWriter, r *http.Request, who caller) {
	database, ok := a.database(w, r, who)
	if !ok {
		return
	}

	backup, err := a.store.DeleteBackup(database.ID, r.PathValue("backup"))
	if err != nil {
		a.refuseFor(w, r, err, errBackupNotFound)
		return
	}
	a.did(r, who, didDeleteBackup, database.Name, backup.Name)
	done(w)
}

// restoreBackup is POST /v2/redis/restore-backup/{id}: it restores the data and discards all later changes.
func (a *API) restoreBackup(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		BackupID string `json:"backup_id"`
	}
	if !decode(w, r, &request) {
		return
	}

	database, ok := a.database(w, r, who)
	if !ok {
		return
	}

	if err := a.backups.Restore(database, request.BackupID); err != nil {
		a.refuseFor(w, r, err, errBackupNotFound)
		return
	}
	a.did(r, who, didRestoreBackup, database.Name, request.BackupID)
	done(w)
}

// setDailyBackup is PATCH /v2/redis/enable-dailybackup/{id} and its opposite. Setting the current value is no error
// (our guess).
func (a *API) setDailyBackup(on bool, did action) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		_, ok := a.change(w, r, who, did, func(database *state.Database) error {
			database.DailyBackup = on
			return nil
		})
		if ok {
			done(w)
		}
	}
}
