package db

import (
	"bytes"
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

// maxReplacements bounds how often a completion replaces the grant of a concurrent one.
const maxReplacements = 25

// CompleteConnectSession implements partner.Store. It returns partner.ErrNotReady when the session ended meanwhile. It
// does not write an event that has no action.
func (d *DB) CompleteConnectSession(
	ctx context.Context, session partner.ConnectSession, grant partner.Grant, event keys.Event,
) (grantID string, err error) {
	grant.ConnectionID, grant.Epoch = session.ConnectionID, session.Epoch

	// Two completions may give the same end user a grant on two connections at once. The unique index decides; the
	// later completion finds the other's grant and replaces it.
	for range maxReplacements {
		err = d.transactForConnection(ctx, session.ConnectionID, func(u *unitOfWork) (err error) {
			grantID, err = d.complete(u.gorm(), session, grant, event)
			if err == nil {
				killpoint.Reach(killpoint.GrantWritten)
			}

			return err
		})
		if !errors.Is(err, gorm.ErrDuplicatedKey) {
			break
		}
	}

	if err != nil {
		return "", err
	}
	killpoint.Reach(killpoint.GrantCommitted)

	return grantID, nil
}

func (d *DB) complete(
	tx *gorm.DB, session partner.ConnectSession, grant partner.Grant, event keys.Event,
) (grantID string, err error) {
	// The lock is held until the commit: a disconnect waits, and then finds the grant. A session ends only while its
	// own row is locked.
	connection, err := lockConnection(tx, session.ConnectionID)
	if err != nil {
		return "", err
	}

	if err := checkAwaitingCompletion(tx, session); err != nil {
		return "", err
	}

	if connection.ID == "" || connection.State == string(keys.Disconnected) || connection.Epoch != session.Epoch {
		return "", partner.ErrGrantRequired
	}

	if session.ReconnectID != "" {
		grantID, err = findReconnectedGrant(tx, session, grant)
	} else {
		grantID, err = d.putGrant(tx, grant, event)
	}

	if err != nil {
		return "", err
	}

	if err := addSelectedDatabase(tx, grantID, session.DatabaseID, grant.CreatedAt); err != nil {
		return "", err
	}

	// The snapshot in grant.created shows whether the grant is paused. Then the recovery has its event too.
	paused := isPaused(keys.State(connection.State))

	err = tx.Model(&grantRow{}).Where("id = ?", grantID).Updates(map[string]any{"paused": paused}).Error
	if err != nil {
		return "", err
	}

	if err := writeCompletionEvents(tx, session, grantID, grant.CreatedAt); err != nil {
		return "", err
	}

	err = tx.Model(&connectSessionRow{}).Where("id = ?", session.ID).
		Updates(map[string]any{"state": partner.SessionCompleted, "grant_id": grantID}).Error
	if err != nil || event.Action == "" {
		return grantID, err
	}

	return grantID, d.appendEvents(tx, []keys.Event{ofGrant(tx, event, grantID, grant.ConnectionID)})
}

// writeCompletionEvents writes what a completion tells its service. A reconnect changes nothing in the grant; that it
// works again was written when the connection got its new key.
func writeCompletionEvents(tx *gorm.DB, session partner.ConnectSession, grantID string, at time.Time) error {
	if session.ReconnectID != "" {
		return nil
	}

	if err := writeGrantEvents(tx, grantEvent{kind: webhook.GrantCreated, at: at}, grantID); err != nil {
		return err
	}

	if session.DatabaseID == "" {
		return nil
	}

	return writeGrantEvents(tx, grantEvent{
		kind: webhook.DatabaseSelected, at: at,
		subject: webhook.Subject{DatabaseID: session.DatabaseID, Product: "redis"},
	}, grantID)
}

// addSelectedDatabase adds the database that the user selected, if any, to the grant. One that the service created is
// then both: a grant of selected databases covers it, and it counts against the grant's limits.
func addSelectedDatabase(tx *gorm.DB, grantID, databaseID string, at time.Time) error {
	if databaseID == "" {
		return nil
	}

	return tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "grant_id"}, {Name: "database_id"}},
		DoUpdates: clause.Assignments(map[string]any{"selected": true}),
	}).Create(&grantDatabaseRow{
		GrantID: grantID, DatabaseID: databaseID, Selected: true, CreatedAt: millis(at),
	}).Error
}

// checkAwaitingCompletion locks the stored session and checks that it can be completed.
func checkAwaitingCompletion(tx *gorm.DB, session partner.ConnectSession) error {
	var row connectSessionRow

	err := tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).
		Where("id = ?", session.ID).Take(&row).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return partner.ErrSessionNotFound
	case err != nil:
		return err
	case row.State == string(partner.SessionCompleted):
		return partner.ErrCodeUsed
	case row.State != string(partner.SessionAwaitingCompletion),
		row.ConnectionID == nil || *row.ConnectionID != session.ConnectionID:
		return partner.ErrNotReady
	case len(session.CodeHash) > 0 && !bytes.Equal(row.CodeHash, session.CodeHash):
		return partner.ErrCodeUsed
	}

	return nil
}

// findReconnectedGrant finds the grant whose connection this connect session repairs.
func findReconnectedGrant(tx *gorm.DB, session partner.ConnectSession, grant partner.Grant) (string, error) {
	var row grantRow

	err := tx.Select("id").Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).
		Where("id = ? AND service_id = ? AND external_id = ?", session.ReconnectID, grant.ServiceID, grant.ExternalID).
		Where("connection_id = ? AND epoch = ? AND revoked_at IS NULL", grant.ConnectionID, grant.Epoch).
		Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return "", partner.ErrGrantRequired
	}

	return row.ID, err
}

// putGrant creates a grant, or updates the end user's existing grant on the same connection.
func (d *DB) putGrant(tx *gorm.DB, grant partner.Grant, event keys.Event) (string, error) {
	var earlier []grantRow

	err := tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).
		Where("service_id = ? AND external_id = ? AND revoked_at IS NULL", grant.ServiceID, grant.ExternalID).
		Find(&earlier).Error
	if err != nil {
		return "", err
	}

	for _, row := range earlier { // at most one, by the unique index
		if row.ConnectionID == grant.ConnectionID && row.Epoch == grant.Epoch {
			return row.ID, tx.Model(&grantRow{}).Where("id = ?", row.ID).Updates(map[string]any{
				"asked": toJSON(grant.Asked), "consent": toJSON(grant.Consent), "display_name": grant.DisplayName,
			}).Error
		}

		replaced := keys.Event{
			At: event.At, Action: keys.ActionGrantRevoked, Detail: revokedByReplaced, Actor: event.Actor,
		}
		if _, err := d.revoke(tx, partner.GrantFilter{ID: row.ID}, 0, revokedByReplaced, replaced); err != nil {
			return "", err
		}
	}

	err = tx.Create(&grantRow{
		ID: grant.ID, ServiceID: grant.ServiceID, ExternalID: grant.ExternalID, DisplayName: grant.DisplayName,
		ConnectionID: grant.ConnectionID, Epoch: grant.Epoch, Asked: toJSON(grant.Asked),
		Consent: toJSON(grant.Consent), CreatedAt: millis(grant.CreatedAt),
	}).Error
	if err != nil {
		return "", err
	}

	return grant.ID, deleteEndedGrants(tx, grant)
}

// deleteEndedGrants deletes the end user's ended grants beyond partner.MaxEndedGrants, oldest first. A grant with a
// create stays: deleting it would delete the create's key or its open outcome.
func deleteEndedGrants(tx *gorm.DB, grant partner.Grant) error {
	crowded := tx.Model(&grantRow{}).Select("id").
		Where("service_id = ? AND external_id = ? AND revoked_at IS NOT NULL", grant.ServiceID, grant.ExternalID).
		Where("NOT EXISTS (SELECT 1 FROM creates WHERE creates.grant_id = grants.id)").
		Order("revoked_at DESC, id DESC").Offset(partner.MaxEndedGrants).Limit(maxEvicted)

	return tx.Where("id IN (?)", crowded).Delete(&grantRow{}).Error
}
