package db

import (
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/webhook"
)

type outboxRow struct {
	Cursor        int64 `gorm:"primaryKey"`
	ID            string
	ServiceID     string
	GrantID       string
	ConnectionID  string
	Type          string
	Sequence      int64
	At            int64
	Payload       []byte
	State         string
	Attempts      int
	NextAttemptAt int64
	GiveUpAt      int64
	LastStatus    int
	LastError     string
	DeliveredAt   *int64
}

func (outboxRow) TableName() string { return "outbox" }

func (r outboxRow) event() webhook.Event {
	return webhook.Event{
		ID: r.ID, Cursor: r.Cursor, ServiceID: r.ServiceID, GrantID: r.GrantID, Type: webhook.Type(r.Type),
		Sequence: r.Sequence, At: fromMillis(&r.At), Payload: r.Payload,
	}
}

func (r outboxRow) delivery() webhook.Delivery {
	delivery := webhook.Delivery{
		Event: r.event(), State: webhook.State(r.State), Attempts: r.Attempts, GiveUpAt: fromMillis(&r.GiveUpAt),
		LastStatus: r.LastStatus, LastError: r.LastError, DeliveredAt: fromMillis(r.DeliveredAt),
	}
	if delivery.State == webhook.Pending {
		delivery.NextAttempt = fromMillis(&r.NextAttemptAt)
	}

	return delivery
}

// grantEvent is an event to write for one grant.
type grantEvent struct {
	kind    webhook.Type
	at      time.Time
	subject webhook.Subject
	change  func(*partner.Grant) // what the caller's transaction will do to the grant after the event; nil: nothing
}

// writeGrantEvent appends an event with a snapshot of the grant to the outbox, in the transaction of the change itself:
// either both happen or neither. The update locks the grant until the commit. Therefore sequence numbers have no gaps,
// and events of one grant become visible in their order.
func writeGrantEvent(tx *gorm.DB, grantID string, written grantEvent) error {
	var sequence int64

	err := tx.Raw("UPDATE grants SET sequence = sequence + 1 WHERE id = ? RETURNING sequence", grantID).
		Scan(&sequence).Error
	if err != nil {
		return err
	}

	var found foundGrant
	if err := selectGrantsAndDatabases(tx).Where("grants.id = ?", grantID).Take(&found).Error; err != nil {
		return err
	}

	grant, err := found.grant()
	if err != nil {
		return err
	}

	if written.change != nil {
		written.change(&grant)
	}

	return insertOutboxEvent(tx, grant, webhook.Event{
		ID: "evt_" + rand.Text(), ServiceID: grant.ServiceID, GrantID: grantID, Type: written.kind,
		Sequence: sequence, At: written.at,
	}, written.subject)
}

// insertOutboxEvent inserts an event. It is delivered only if the service has an endpoint now.
func insertOutboxEvent(tx *gorm.DB, grant partner.Grant, event webhook.Event, subject webhook.Subject) error {
	payload, err := webhook.Payload(event, grant, subject)
	if err != nil {
		return err
	}

	var endpoints int64

	err = tx.Model(&webhookEndpointRow{}).Where("service_id = ?", event.ServiceID).Count(&endpoints).Error
	if err != nil {
		return err
	}

	state := webhook.Unsent
	if endpoints > 0 {
		state = webhook.Pending
	}

	return tx.Omit("cursor").Create(&outboxRow{
		ID: event.ID, ServiceID: event.ServiceID, GrantID: event.GrantID, ConnectionID: grant.ConnectionID,
		Type: string(event.Type), Sequence: event.Sequence, At: millis(event.At), Payload: payload,
		State: string(state), NextAttemptAt: millis(event.At), GiveUpAt: millis(event.At.Add(webhook.Retention)),
	}).Error
}

// isPaused reports whether the grants of a connection in this state are paused.
func isPaused(state keys.State) bool { return state == keys.Suspect || state == keys.ReconnectRequired }

// writePauseEvents writes an event for each valid grant of a connection that has just become paused or works again. A
// grant gets each event once, however often the connection's state is written.
func writePauseEvents(tx *gorm.DB, connectionID string, state keys.State, at time.Time) error {
	paused := isPaused(state)
	if !paused && state != keys.Active {
		return nil
	}

	kind := webhook.GrantRecovered
	if paused {
		kind = webhook.GrantPaused
	}

	var rows []grantRow

	err := tx.Model(&grantRow{}).Select("grants.id").Joins(grantsOfConnection).
		Where("grants.connection_id = ? AND grants.paused = ?", connectionID, !paused).Where(grantIsValid).
		Order("grants.id").Clauses(lockGrants()).Find(&rows).Error
	if err != nil {
		return err
	}

	for _, row := range rows {
		err := tx.Model(&grantRow{}).Where("id = ?", row.ID).Updates(map[string]any{"paused": paused}).Error
		if err != nil {
			return err
		}

		if err := writeGrantEvent(tx, row.ID, grantEvent{kind: kind, at: at}); err != nil {
			return err
		}
	}

	return nil
}

// writeCreatedEvent writes that a create under a grant has made a database, or an index.
func writeCreatedEvent(tx *gorm.DB, finished proxy.Finished) error {
	product, _, _ := strings.Cut(finished.Operation, ".")

	return writeGrantEvent(tx, finished.GrantID, grantEvent{
		kind: webhook.DatabaseCreated, at: finished.Event.At,
		subject: webhook.Subject{DatabaseID: finished.DatabaseID, Product: product},
	})
}

// lockGrant locks a grant until the commit.
func lockGrant(tx *gorm.DB, grantID string) error {
	var row grantRow

	err := tx.Select("id").Where("id = ?", grantID).
		Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil // erased meanwhile, with the create
	}

	return err
}
