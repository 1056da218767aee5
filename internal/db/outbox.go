package db

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
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

// grantEvent is an event to write for one or more grants.
type grantEvent struct {
	kind    webhook.Type
	at      time.Time
	subject webhook.Subject
	change  func(*partner.Grant) // what the caller's transaction will do to the grant after the event; nil: nothing
}

// eventBatch bounds how many events one statement writes. A user may have thousands of grants, and the operator's
// revocation of a service must end within the transaction's time limit.
const eventBatch = 500

// writeGrantEvents appends an event with a snapshot of each grant to the outbox, in the transaction of the change
// itself: either both happen or neither. The update locks the grants until the commit. Therefore sequence numbers have
// no gaps, and events of one grant become visible in their order.
func writeGrantEvents(tx *gorm.DB, written grantEvent, grantIDs ...string) error {
	for batch := range slices.Chunk(grantIDs, eventBatch) {
		if err := writeEventBatch(tx, written, batch); err != nil {
			return err
		}
	}

	return nil
}

func writeEventBatch(tx *gorm.DB, written grantEvent, grantIDs []string) error {
	sequences, err := countEvents(tx, grantIDs)
	if err != nil {
		return err
	}

	var found []foundGrant

	err = selectGrantsAndDatabases(tx).Where("grants.id IN ?", grantIDs).Order("grants.id").Find(&found).Error
	if err != nil {
		return err
	}

	delivered, err := servicesWithEndpoint(tx, found)
	if err != nil {
		return err
	}

	rows := make([]outboxRow, 0, len(found))

	for _, stored := range found {
		grant, err := stored.grant()
		if err != nil {
			return err
		}

		if written.change != nil {
			written.change(&grant)
		}

		row, err := newOutboxRow(written, grant, sequences[grant.ID])
		if err != nil {
			return err
		}

		if delivered[grant.ServiceID] {
			row.State = string(webhook.Pending)
		}
		rows = append(rows, row)
	}

	return tx.Omit("cursor").Create(&rows).Error
}

// countEvents adds one to the number of events of each grant, and returns the new numbers.
func countEvents(tx *gorm.DB, grantIDs []string) (map[string]int64, error) {
	var counted []grantRow

	err := tx.Raw("UPDATE grants SET sequence = sequence + 1 WHERE id IN ? RETURNING id, sequence", grantIDs).
		Scan(&counted).Error
	if err != nil {
		return nil, err
	}

	if len(counted) != len(grantIDs) {
		return nil, fmt.Errorf("%d of %d grants exist", len(counted), len(grantIDs))
	}
	sequences := make(map[string]int64, len(counted))

	for _, row := range counted {
		sequences[row.ID] = row.Sequence
	}

	return sequences, nil
}

// servicesWithEndpoint returns which of the grants' services have an endpoint. The endpoints cannot be deleted before
// the commit: their deletion waits, and then finds the events.
func servicesWithEndpoint(tx *gorm.DB, grants []foundGrant) (map[string]bool, error) {
	var services, found []string

	for _, grant := range grants {
		if !slices.Contains(services, grant.Row.ServiceID) {
			services = append(services, grant.Row.ServiceID)
		}
	}

	err := tx.Model(&webhookEndpointRow{}).Where("service_id IN ?", services).Order("service_id").
		Clauses(clause.Locking{Strength: "KEY SHARE"}).Pluck("service_id", &found).Error
	delivered := make(map[string]bool, len(found))

	for _, id := range found {
		delivered[id] = true
	}

	return delivered, err
}

// newOutboxRow returns an event that is recorded, but not delivered.
func newOutboxRow(written grantEvent, grant partner.Grant, sequence int64) (outboxRow, error) {
	event := webhook.Event{
		ID: "evt_" + rand.Text(), ServiceID: grant.ServiceID, GrantID: grant.ID, Type: written.kind,
		Sequence: sequence, At: written.at,
	}

	payload, err := webhook.Payload(event, grant, written.subject)
	if err != nil {
		return outboxRow{}, err
	}

	return outboxRow{
		ID: event.ID, ServiceID: event.ServiceID, GrantID: event.GrantID, ConnectionID: grant.ConnectionID,
		Type: string(event.Type), Sequence: event.Sequence, At: millis(event.At), Payload: payload,
		State: string(webhook.Unsent), NextAttemptAt: millis(event.At),
		GiveUpAt: millis(event.At.Add(webhook.Retention)),
	}, nil
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

	var ids []string

	err := tx.Model(&grantRow{}).Joins(grantsOfConnection).
		Where("grants.connection_id = ? AND grants.paused = ?", connectionID, !paused).Where(grantIsValid).
		Order("grants.id").Clauses(lockGrants()).Pluck("grants.id", &ids).Error
	if err != nil {
		return err
	}

	for batch := range slices.Chunk(ids, eventBatch) {
		err := tx.Model(&grantRow{}).Where("id IN ?", batch).Updates(map[string]any{"paused": paused}).Error
		if err != nil {
			return err
		}
	}

	return writeGrantEvents(tx, grantEvent{kind: kind, at: at}, ids...)
}

// writeCreatedEvent writes that a create under a grant has made a database, or an index.
func writeCreatedEvent(tx *gorm.DB, finished proxy.Finished) error {
	product, _, _ := strings.Cut(finished.Operation, ".")

	return writeGrantEvents(tx, grantEvent{
		kind: webhook.DatabaseCreated, at: finished.Event.At,
		subject: webhook.Subject{DatabaseID: finished.DatabaseID, Product: product},
	}, finished.GrantID)
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
