package db

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
)

// SuspectReport is what MarkSuspect found to change.
type SuspectReport struct {
	Connections int64 // active before, suspect now
	Sessions    int64 // ended
}

// MarkSuspect prepares a copy of a database for use, in one transaction: what happened after the copy was made is not in
// it. So every active connection becomes suspect, which has its key tried upstream before it is used, and every session
// ends. The audit log gets each edge, and the action with the numbers.
func (d *DB) MarkSuspect(ctx context.Context, action keys.Action, at time.Time) (done SuspectReport, err error) {
	err = d.inOwnTransaction(ctx, func(tx *gorm.DB) error {
		if !d.file { // nobody moves one of them between the edge that is written down and the edge
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

		ended := tx.Where("true").Delete(&sessionRow{})
		if ended.Error != nil {
			return ended.Error
		}
		done = SuspectReport{Connections: moved.RowsAffected, Sessions: ended.RowsAffected}

		return d.appendEvents(tx, []keys.Event{{
			At:     at,
			Action: action,
			Detail: fmt.Sprintf(
				"%d connections to be tried before use, %d sessions ended", done.Connections, done.Sessions,
			),
		}})
	})

	return done, err
}
