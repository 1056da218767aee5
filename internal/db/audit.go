package db

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
)

type auditRow struct {
	ID           int64 `gorm:"primaryKey"`
	At           int64
	Action       string
	ConnectionID string
	Detail       string
	ActorKind    string
	ActorID      string
	GrantID      string
	RequestID    string
	Address      string
	Times        int64 `gorm:"default:1"`
	LastAt       int64
}

func (auditRow) TableName() string { return "audit_events" }

func (r auditRow) event() keys.Event {
	event := keys.Event{
		At: fromMillis(&r.At), Action: keys.Action(r.Action), ConnectionID: r.ConnectionID, Detail: r.Detail,
		Actor: keys.Actor{
			Kind: keys.ActorKind(r.ActorKind), ID: r.ActorID, GrantID: r.GrantID, RequestID: r.RequestID,
			Address: r.Address,
		},
	}
	if r.Times > 1 {
		event.Times, event.LastAt = r.Times, fromMillis(&r.LastAt)
	}

	return event
}

// auditBatch bounds how many events one statement reads or writes: the log may be long.
const auditBatch = 500

// Record implements keys.Auditor. It appends the event, or increments the count of an equal event of the past hour (see
// fold). Triggers prevent every other change to an event.
func (d *DB) Record(ctx context.Context, event keys.Event) error {
	// In the common case a single statement suffices, and so one round trip.
	if !d.file && event.ConnectionID != "" && foldsImmediately(event.Action) {
		changed, err := d.execStatement(ctx, foldEvent, foldValues(ctx, event)...)
		if err != nil || changed > 0 {
			return err
		}
	}

	return d.transactForConnection(ctx, event.ConnectionID, func(u *unitOfWork) error { return u.record(event) })
}

const eventColumns = "at, action, connection_id, detail, actor_kind, actor_id, grant_id, request_id, address"

var insertEvent = newStatement("INSERT INTO audit_events (" + eventColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")

// eventValues returns the values of eventColumns.
func eventValues(ctx context.Context, event keys.Event) []any {
	actor := effectiveActor(ctx, event)

	return []any{
		millis(event.At), string(event.Action), event.ConnectionID, truncateDetail(event.Detail),
		string(actor.Kind), actor.ID, actor.GrantID, actor.RequestID, actor.Address,
	}
}

// appendEvents writes events in the caller's transaction, as record does. The context names the actor of an event that
// has none. More than maxDistinct events at once belong to as many connections or grants, so each is written
// separately.
func (d *DB) appendEvents(write *gorm.DB, events []keys.Event) error {
	under, ofPool := write.Statement.ConnPool.(*sql.Tx)
	if !ofPool || len(events) > maxDistinct {
		return insertEvents(write, events)
	}
	u := unitOfWork{ctx: write.Statement.Context, d: d, tx: under}

	return u.recordAll(events)
}

// insertEvents is appendEvents without folding: it writes every event.
func insertEvents(write *gorm.DB, events []keys.Event) error {
	if len(events) == 0 {
		return nil // GORM rejects an empty list
	}

	rows := make([]auditRow, 0, len(events))
	for _, event := range events {
		actor := actorOf(write, event)
		rows = append(rows, auditRow{
			At: millis(event.At), Action: string(event.Action), ConnectionID: event.ConnectionID,
			Detail: truncateDetail(event.Detail), ActorKind: string(actor.Kind), ActorID: actor.ID,
			GrantID: actor.GrantID, RequestID: actor.RequestID, Address: actor.Address,
		})
	}

	return write.CreateInBatches(&rows, auditBatch).Error // one statement binds a limited number of values
}

// actorOf is effectiveActor for a GORM transaction.
func actorOf(tx *gorm.DB, event keys.Event) keys.Actor {
	return effectiveActor(tx.Statement.Context, event)
}

// ofGrant returns the event with the ids of one grant and its connection.
func ofGrant(tx *gorm.DB, event keys.Event, grantID, connectionID string) keys.Event {
	event.Actor = actorOf(tx, event)
	event.Actor.GrantID = grantID
	event.ConnectionID = connectionID

	return event
}

// Events lists the audit events that match the filter: oldest first, or the last filter.Last of them, newest first. It
// calls each for every event and stops at the first error of each. The read stays open until each has returned.
func (d *DB) Events(ctx context.Context, filter keys.EventFilter, each func(keys.Event) error) error {
	query := d.read.WithContext(ctx).Model(&auditRow{})
	if !filter.Since.IsZero() {
		since := millis(filter.Since) // an event incremented since then began up to foldWindow earlier
		query = query.Where("at >= ? AND (at >= ? OR last_at >= ?)", since-foldWindow.Milliseconds(), since, since)
	}

	if filter.Action != "" {
		query = query.Where("action = ?", filter.Action)
	}

	if filter.ConnectionID != "" {
		query = query.Where("connection_id = ?", filter.ConnectionID)
	}
	var batch []auditRow
	eachOf := func() error {
		for _, row := range batch {
			if err := each(row.event()); err != nil {
				return err
			}
		}

		return nil
	}

	if filter.Last > 0 {
		if err := query.Order("id DESC").Limit(filter.Last).Find(&batch).Error; err != nil {
			return d.health.observe(asUnavailable(err))
		}

		return eachOf()
	}

	return asUnavailable(query.FindInBatches(&batch, auditBatch, func(*gorm.DB, int) error { return eachOf() }).Error)
}
