package db

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
)

// SuspectReport counts what MarkSuspect changed.
type SuspectReport struct {
	Connections int64 // that were active and are now suspect
	Sessions    int64 // that ended
}

// restoreGap is more than the number of events that one grant can have between a backup and its restoration.
const restoreGap = 1_000_000

// raiseSequence continues a grant's events above those that the copy does not contain. The time in seconds is the least
// value: it differs when the same copy is restored again, and no grant has an event each second for years.
const raiseSequence = "CASE WHEN sequence + ? > ? THEN sequence + ? ELSE ? END"

// MarkSuspect prepares a copy of a database for use, in one transaction. The copy does not contain what happened after
// it was made. So every active connection becomes suspect, which means that its key is checked upstream before it is
// used, and every session ends. The audit log records each state transition, and the action with the counts.
//
// Services get no event: the first use of a connection checks its key, and most keys still work. The numbers of their
// grants' events continue far above those that the copy does not contain, so that services ignore no later event.
func (d *DB) MarkSuspect(ctx context.Context, action keys.Action, at time.Time) (done SuspectReport, err error) {
	err = d.inOwnTransaction(ctx, func(tx *gorm.DB) error {
		if !d.file { // no connection may change between its audit event and its transition
			if err := tx.Exec("SELECT 1 FROM connections WHERE state = ? FOR UPDATE", keys.Active).Error; err != nil {
				return err
			}
		}

		edges := tx.Exec(
			"INSERT INTO audit_events (at, action, connection_id, detail, actor_kind) "+
				"SELECT ?, ?, id, ?, ? FROM connections WHERE state = ? ORDER BY id",
			millis(at),
			keys.ActionStateChanged,
			fmt.Sprintf("%s -> %s", keys.Active, keys.Suspect),
			keys.ActorOf(ctx).Kind,
			keys.Active,
		)
		if edges.Error != nil {
			return edges.Error
		}

		moved := tx.Model(
			&connectionRow{},
		).Where(
			"state = ?", keys.Active,
		).Updates(
			map[string]any{"state": keys.Suspect},
		)
		if moved.Error != nil {
			return moved.Error
		}

		raised := gorm.Expr(raiseSequence, restoreGap, at.Unix(), restoreGap, at.Unix())

		numbered := tx.Model(&grantRow{}).Where("true").Updates(map[string]any{"sequence": raised})
		if numbered.Error != nil {
			return numbered.Error
		}

		ended := tx.Where("true").Delete(&sessionRow{})
		if ended.Error != nil {
			return ended.Error
		}
		done = SuspectReport{Connections: moved.RowsAffected, Sessions: ended.RowsAffected}

		return d.appendEvents(tx, []keys.Event{{
			At:     at,
			Action: action,
			Detail: fmt.Sprintf(
				"%d connections marked suspect, %d sessions ended", done.Connections, done.Sessions,
			),
		}})
	})

	return done, err
}
