package db

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

// EraseConnection implements partner.Store. The schema's cascades delete everything that refers to the connection. It
// also deletes open connect sessions of the same end users that have no account yet, because they name the same people.
func (d *DB) EraseConnection(ctx context.Context, connectionID string, event keys.Event) error {
	err := d.inOwnTransaction(ctx, func(tx *gorm.DB) error {
		var row connectionRow

		err := tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).
			Where("id = ?", connectionID).Take(&row).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return keys.ErrNotFound
		}

		if err != nil {
			return err
		}

		if err := eraseOpenSessions(tx, row); err != nil {
			return err
		}

		if err := eraseOutbox(tx, row.ID, event.At); err != nil {
			return err
		}

		if err := tx.Where("id = ?", row.ID).Delete(&connectionRow{}).Error; err != nil {
			return err
		}

		err = tx.Model(&auditRow{}).Where("connection_id = ?", row.ID).
			Updates(map[string]any{"detail": "", "request_id": "", "address": ""}).Error
		if err != nil {
			return err
		}

		return d.appendEvents(tx, []keys.Event{event})
	})
	if err != nil {
		return err
	}

	// The write-ahead log still contains the old pages. If a reader blocks the checkpoint, a running server retries.
	if err := d.checkpoint(ctx); err != nil {
		d.requestTruncate()
	}

	return nil
}

// eraseOutbox writes that the connection's valid grants have ended, and deletes the events that will not be delivered.
// An event that is still to be delivered stays: it was true when it happened, and contains nothing of the user but the
// service's own id. For a service without an endpoint, nothing stays: its grants are then unknown to the API.
func eraseOutbox(tx *gorm.DB, connectionID string, at time.Time) error {
	var ids []string

	err := tx.Model(&grantRow{}).Joins(grantsOfConnection).
		Where("grants.connection_id = ?", connectionID).Where(grantIsValid).
		Order("grants.id").Clauses(lockGrants()).Pluck("grants.id", &ids).Error
	if err != nil {
		return err
	}

	err = writeGrantEvents(tx, grantEvent{
		kind: webhook.GrantRevoked, at: at,
		change: func(grant *partner.Grant) { grant.RevokedAt, grant.RevokedBy = at, partner.ByOperator },
	}, ids...)
	if err != nil {
		return err
	}

	return tx.Where("connection_id = ? AND state <> ?", connectionID, webhook.Pending).Delete(&outboxRow{}).Error
}

// eraseOpenSessions deletes the connect sessions without an account that name one of the connection's end users.
func eraseOpenSessions(tx *gorm.DB, row connectionRow) error {
	const users = "(service_id, external_id) IN (SELECT service_id, external_id FROM grants WHERE connection_id = ? " +
		"UNION SELECT service_id, external_id FROM connect_sessions WHERE connection_id = ?)"

	err := tx.Where("connection_id IS NULL AND "+users, row.ID, row.ID).Delete(&connectSessionRow{}).Error
	if err != nil || row.Email == "" {
		return err
	}

	return tx.Where("connection_id IS NULL AND login_hint = ?", row.Email).Delete(&connectSessionRow{}).Error
}

// ConnectionsOf implements partner.Store.
func (d *DB) ConnectionsOf(ctx context.Context, emailOrID string) ([]keys.Connection, error) {
	if emailOrID == "" {
		return nil, nil // a connection without a key may not have an e-mail yet
	}
	var ids []string

	err := d.runRead(ctx, func(read *gorm.DB) error {
		column := "email"
		if strings.HasPrefix(emailOrID, "con_") { // never both columns: e-mails have no index
			column = "id"
		}

		return read.Model(&connectionRow{}).Where(column+" = ?", emailOrID).Order("created_at, id").Pluck("id", &ids).Error
	})
	if err != nil {
		return nil, err
	}

	connections := make([]keys.Connection, 0, len(ids))
	for _, id := range ids {
		var found keys.Connection

		err := d.runRead(ctx, func(read *gorm.DB) (err error) {
			found, _, err = findConnection(read, findByID, id)
			return err
		})
		if errors.Is(err, keys.ErrNotFound) {
			continue // erased meanwhile
		}

		if err != nil {
			return nil, err
		}
		connections = append(connections, found)
	}

	return connections, nil
}
