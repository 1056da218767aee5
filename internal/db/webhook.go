package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

type webhookEndpointRow struct {
	ServiceID   string `gorm:"primaryKey"`
	URL         string `gorm:"column:url"`
	Failures    int
	RetryAt     *int64
	LeaseHolder string
	LeaseUntil  int64
}

func (webhookEndpointRow) TableName() string { return "webhook_endpoints" }

type webhookSecretRow struct {
	ID           string `gorm:"primaryKey"`
	ServiceID    string
	SealedSecret []byte
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	ExpiresAt    *int64
}

func (webhookSecretRow) TableName() string { return "webhook_secrets" }

func (r webhookEndpointRow) endpoint(secrets []webhookSecretRow) webhook.Endpoint {
	endpoint := webhook.Endpoint{
		ServiceID: r.ServiceID, URL: r.URL, Failures: r.Failures, RetryAt: fromMillis(r.RetryAt),
	}

	for _, secret := range secrets {
		if secret.ServiceID == r.ServiceID {
			endpoint.Secrets = append(endpoint.Secrets, webhook.SealedSecret{
				ID: secret.ID, Sealed: secret.SealedSecret, ExpiresAt: fromMillis(secret.ExpiresAt),
			})
		}
	}

	return endpoint
}

// firstOfItsGrant is true for a pending event before which no other event of its grant is pending.
const firstOfItsGrant = "NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.grant_id = outbox.grant_id " +
	"AND earlier.state = 'pending' AND earlier.sequence < outbox.sequence)"

var (
	findDueEndpoint = newLockingSkipStatement("SELECT service_id FROM webhook_endpoints " +
		"WHERE lease_until <= NOW() AND (retry_at IS NULL OR retry_at <= ?) AND service_id <> ? " +
		"AND EXISTS (SELECT 1 FROM services WHERE services.id = webhook_endpoints.service_id AND disabled_at IS NULL) " +
		"AND EXISTS (SELECT 1 FROM outbox WHERE outbox.service_id = webhook_endpoints.service_id " +
		"AND outbox.state = 'pending' AND outbox.next_attempt_at <= ? AND " + firstOfItsGrant + ") " +
		"ORDER BY lease_until, service_id LIMIT 1")
	leaseEndpoint = newStatement("UPDATE webhook_endpoints SET lease_holder = ?, lease_until = NOW() + ? " +
		"WHERE service_id = ? AND lease_until <= NOW()")
	extendEndpointLease = newStatement("UPDATE webhook_endpoints SET lease_until = NOW() + ? " +
		"WHERE service_id = ? AND lease_holder = ? AND lease_until > NOW() AND EXISTS (SELECT 1 FROM services " +
		"WHERE services.id = webhook_endpoints.service_id AND disabled_at IS NULL)")
	// A new URL is due immediately, although attempts at the earlier one failed.
	releaseEndpoint = newStatement("UPDATE webhook_endpoints SET lease_holder = '', lease_until = 0, " +
		"failures = CASE WHEN url = ? THEN CAST(? AS BIGINT) ELSE failures END, " +
		"retry_at = CASE WHEN url = ? THEN CAST(? AS BIGINT) ELSE retry_at END " +
		"WHERE service_id = ? AND lease_holder = ?")
	recordAttempt = newStatement("UPDATE outbox SET state = ?, attempts = ?, next_attempt_at = ?, last_status = ?, " +
		"last_error = ?, delivered_at = ? WHERE id = ? AND state = 'pending' AND EXISTS (SELECT 1 FROM webhook_endpoints " +
		"WHERE webhook_endpoints.service_id = outbox.service_id AND lease_holder = ? AND lease_until > NOW())")
)

// newLockingSkipStatement is newStatement for a statement that locks the endpoint that it finds, and skips those that
// another transaction has locked. The lock is the weakest that excludes another lease: writing an event only keeps the
// endpoint from being deleted, and does not delay deliveries.
func newLockingSkipStatement(text string) *statement {
	statement := newStatement(text)
	statement.postgres += " FOR NO KEY UPDATE OF webhook_endpoints SKIP LOCKED"

	return statement
}

// LeaseEndpoint implements webhook.Store.
func (d *DB) LeaseEndpoint(
	ctx context.Context, holder, except string, at time.Time, lease time.Duration,
) (endpoint webhook.Endpoint, found bool, err error) {
	err = d.transact(ctx, func(u *unitOfWork) error {
		var id string

		found, err = u.findOne(
			findDueEndpoint, func(row *sql.Rows) error { return row.Scan(&id) }, millis(at), except, millis(at),
		)
		if err != nil || !found {
			return err
		}

		leased, err := u.exec(leaseEndpoint, holder, lease.Milliseconds(), id)
		if found = leased == 1; err != nil || !found {
			return err
		}

		endpoints, err := readEndpoints(u.gorm(), id)
		if err == nil {
			endpoint = endpoints[0]
		}

		return err
	})

	return endpoint, found && err == nil, err
}

// ExtendLease implements webhook.Store.
func (d *DB) ExtendLease(
	ctx context.Context, serviceID, holder string, lease time.Duration,
) (endpoint webhook.Endpoint, held bool, err error) {
	err = d.transact(ctx, func(u *unitOfWork) error {
		changed, err := u.exec(extendEndpointLease, lease.Milliseconds(), serviceID, holder)
		if held = changed == 1; err != nil || !held {
			return err
		}

		endpoints, err := readEndpoints(u.gorm(), serviceID)
		if err == nil {
			endpoint = endpoints[0]
		}

		return err
	})

	return endpoint, held && err == nil, err
}

// ReleaseEndpoint implements webhook.Store.
func (d *DB) ReleaseEndpoint(ctx context.Context, holder string, endpoint webhook.Endpoint) error {
	_, err := d.execStatement(
		ctx, releaseEndpoint, endpoint.URL, endpoint.Failures, endpoint.URL, optionalMillis(endpoint.RetryAt),
		endpoint.ServiceID, holder,
	)

	return err
}

// Due implements webhook.Store.
func (d *DB) Due(
	ctx context.Context, serviceID string, at time.Time, most int,
) (due []webhook.Delivery, err error) {
	return d.deliveries(ctx, func(read *gorm.DB) *gorm.DB {
		return read.Where("service_id = ? AND state = 'pending' AND next_attempt_at <= ?", serviceID, millis(at)).
			Where(firstOfItsGrant).Order("attempts, cursor").Limit(most)
	})
}

func (d *DB) deliveries(ctx context.Context, query func(*gorm.DB) *gorm.DB) ([]webhook.Delivery, error) {
	var rows []outboxRow

	err := d.runRead(ctx, func(read *gorm.DB) error { return query(read.Model(&outboxRow{})).Find(&rows).Error })
	if err != nil {
		return nil, err
	}

	deliveries := make([]webhook.Delivery, 0, len(rows))
	for _, row := range rows {
		deliveries = append(deliveries, row.delivery())
	}

	return deliveries, nil
}

// RecordAttempt implements webhook.Store.
func (d *DB) RecordAttempt(
	ctx context.Context, holder string, delivery webhook.Delivery,
) (recorded bool, err error) {
	changed, err := d.execStatement(
		ctx, recordAttempt, string(delivery.State), delivery.Attempts, millis(delivery.NextAttempt),
		delivery.LastStatus, delivery.LastError, optionalMillis(delivery.DeliveredAt), delivery.ID, holder,
	)

	return changed == 1, err
}

// Endpoints implements webhook.Store.
func (d *DB) Endpoints(ctx context.Context) (endpoints []webhook.Endpoint, err error) {
	err = d.runRead(ctx, func(read *gorm.DB) error {
		endpoints, err = readEndpoints(read, "")
		return err
	})

	return endpoints, err
}

// readEndpoints reads the endpoint of a service, or of all if serviceID is empty.
func readEndpoints(tx *gorm.DB, serviceID string) ([]webhook.Endpoint, error) {
	var (
		rows    []webhookEndpointRow
		secrets []webhookSecretRow
	)
	ofService := func(query *gorm.DB) *gorm.DB {
		if serviceID == "" {
			return query
		}

		return query.Where("service_id = ?", serviceID)
	}

	err := errors.Join(
		ofService(tx.Order("service_id")).Find(&rows).Error,
		ofService(tx.Order("created_at DESC, id DESC")).Find(&secrets).Error,
	)

	endpoints := make([]webhook.Endpoint, 0, len(rows))
	for _, row := range rows {
		endpoints = append(endpoints, row.endpoint(secrets))
	}

	return endpoints, err
}

// PutEndpoint implements webhook.Store. The lease of an existing endpoint stays: its holder has read the old one.
func (d *DB) PutEndpoint(ctx context.Context, endpoint webhook.Endpoint) error {
	err := d.inTransaction(ctx, func(tx *gorm.DB) error { return putEndpoint(tx, endpoint) })
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return partner.ErrServiceNotFound
	}

	return err
}

// ChangeEndpoint implements webhook.Store. A lock on the service serializes changes.
func (d *DB) ChangeEndpoint(
	ctx context.Context, serviceID string, change func(webhook.Endpoint, bool) (webhook.Endpoint, error),
) error {
	return d.inTransaction(ctx, func(tx *gorm.DB) error {
		var service serviceRow

		err := tx.Select("id").Where("id = ?", serviceID).
			Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Take(&service).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return partner.ErrServiceNotFound
		}

		if err != nil {
			return err
		}

		endpoints, err := readEndpoints(tx, serviceID)
		if err != nil {
			return err
		}
		present := webhook.Endpoint{ServiceID: serviceID}

		if len(endpoints) > 0 {
			present = endpoints[0]
		}

		changed, err := change(present, len(endpoints) > 0)
		if err != nil {
			return err
		}

		return putEndpoint(tx, changed)
	})
}

func putEndpoint(tx *gorm.DB, endpoint webhook.Endpoint) error {
	err := tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "service_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"url", "failures", "retry_at"}),
	}).Create(&webhookEndpointRow{ServiceID: endpoint.ServiceID, URL: endpoint.URL}).Error
	if err != nil {
		return err
	}

	var ids []string
	for _, secret := range endpoint.Secrets {
		ids = append(ids, secret.ID)
	}

	outdated := tx.Where("service_id = ?", endpoint.ServiceID)
	if len(ids) > 0 {
		outdated = outdated.Where("id NOT IN ?", ids)
	}

	if err := outdated.Delete(&webhookSecretRow{}).Error; err != nil {
		return err
	}

	return putSecrets(tx, endpoint)
}

// putSecrets inserts the endpoint's secrets. An existing one keeps its sealed value, which may have been sealed again
// since the caller read it; only its expiry changes.
func putSecrets(tx *gorm.DB, endpoint webhook.Endpoint) error {
	created := time.Now()

	for n, secret := range slices.Backward(endpoint.Secrets) {
		err := tx.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"expires_at"}),
		}).Create(&webhookSecretRow{
			ID: secret.ID, ServiceID: endpoint.ServiceID, SealedSecret: secret.Sealed,
			CreatedAt: millis(created.Add(-time.Duration(n) * time.Millisecond)),
			ExpiresAt: optionalMillis(secret.ExpiresAt),
		}).Error
		if err != nil {
			return err
		}
	}

	return nil
}

// DeleteEndpoint implements webhook.Store. The deletion is a transaction of its own, because every writer of an event
// of the service waits for it, and a receiver that was down for days has many pending events.
func (d *DB) DeleteEndpoint(ctx context.Context, serviceID string) error {
	err := d.inTransaction(ctx, func(tx *gorm.DB) error {
		result := tx.Where("service_id = ?", serviceID).Delete(&webhookEndpointRow{})
		if result.Error == nil && result.RowsAffected == 0 {
			return webhook.ErrNoEndpoint
		}

		return result.Error
	})
	if err != nil {
		return err
	}

	return d.endPendingWithoutEndpoint(ctx)
}

// endPendingWithoutEndpoint ends the deliveries to endpoints that were deleted.
func (d *DB) endPendingWithoutEndpoint(ctx context.Context) error {
	_, err := d.updateInBatches(ctx, map[string]any{"state": webhook.Unsent},
		"state = 'pending' AND service_id IN (SELECT id FROM services WHERE NOT EXISTS "+
			"(SELECT 1 FROM webhook_endpoints WHERE webhook_endpoints.service_id = services.id))")

	return err
}

// updateInBatches updates the events that match a condition, which an updated event must not match any more. On
// Postgres it skips locked rows; Maintain repeats it.
func (d *DB) updateInBatches(
	ctx context.Context, changes map[string]any, where string, values ...any,
) (updated int, err error) {
	batchOf := "SELECT cursor FROM outbox WHERE " + where + " LIMIT " + strconv.Itoa(deleteBatch)

	picked := "cursor IN (" + batchOf + ")"
	if !d.file {
		picked = "cursor = ANY(ARRAY(" + batchOf + " FOR UPDATE SKIP LOCKED))"
	}

	for {
		var batch int64

		err := d.runWriteAlone(ctx, func(write *gorm.DB) error {
			result := write.Model(&outboxRow{}).Where(picked, values...).Updates(changes)
			batch = result.RowsAffected

			return result.Error
		})
		updated += int(batch)

		if err != nil || batch < deleteBatch {
			return updated, err
		}
	}
}

type condition struct {
	sql   string
	value any
}

// conditionsOf returns what a delivery in the filter fulfils.
func conditionsOf(filter webhook.Filter) (conditions []condition) {
	if filter.ServiceID != "" {
		conditions = append(conditions, condition{"service_id = ?", filter.ServiceID})
	}

	if filter.EventID != "" {
		conditions = append(conditions, condition{"id = ?", filter.EventID})
	}

	if len(filter.States) > 0 {
		conditions = append(conditions, condition{"state IN ?", filter.States})
	}

	return conditions
}

// Deliveries implements webhook.Store.
func (d *DB) Deliveries(ctx context.Context, filter webhook.Filter) ([]webhook.Delivery, error) {
	return d.deliveries(ctx, func(read *gorm.DB) *gorm.DB {
		query := read.Order("cursor DESC")
		for _, condition := range conditionsOf(filter) {
			query = query.Where(condition.sql, condition.value)
		}

		if filter.Most > 0 {
			query = query.Limit(filter.Most)
		}

		return query
	})
}

// Resend implements webhook.Store. It skips events of services without an endpoint.
func (d *DB) Resend(ctx context.Context, filter webhook.Filter, at time.Time) (resent int, err error) {
	where := "service_id IN (SELECT service_id FROM webhook_endpoints) AND NOT (state = 'pending' AND give_up_at = ?)"
	giveUpAt := millis(at.Add(webhook.Retention))
	values := []any{giveUpAt}

	for _, condition := range conditionsOf(filter) {
		where, values = where+" AND "+condition.sql, append(values, condition.value)
	}

	return d.updateInBatches(ctx, map[string]any{
		"state": webhook.Pending, "attempts": 0, "next_attempt_at": millis(at), "give_up_at": giveUpAt,
		"delivered_at": nil,
	}, where, values...)
}

// feedHorizon finds the highest cursor below which no event can appear any more. The trigger outbox_announce explains
// the locks. The snapshot of the statement, in which it finds the highest cursor, is older than its view of the locks:
// a transaction with a lower cursor either still has its lock, or is visible to the next statement.
var feedHorizon = &statement{
	sqlite: "SELECT 9223372036854775807", // one transaction writes at a time
	postgres: "SELECT least(coalesce((SELECT max(cursor) FROM outbox), 0), " +
		"(SELECT min(((classid::bigint - 1131375980) << 31) | objid::bigint) FROM pg_locks " +
		"WHERE locktype = 'advisory' AND objsubid = 2 AND classid::bigint BETWEEN 1131375980 AND 1131376979 " +
		"AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))",
}

// readFeed lists a service's events that a reader may have seen, not older than the retention.
func (d *DB) readFeed(
	ctx context.Context, serviceID string, query func(read *gorm.DB) *gorm.DB,
) (events []webhook.Event, err error) {
	var horizon int64

	_, err = d.findOne(ctx, feedHorizon, func(row *sql.Rows) error { return row.Scan(&horizon) })
	if err != nil {
		return nil, err
	}

	var rows []outboxRow

	err = d.runRead(ctx, func(read *gorm.DB) error {
		visible := read.Model(&outboxRow{}).
			Where("service_id = ? AND cursor <= ?", serviceID, horizon).
			Where("at >= ?", millis(time.Now().Add(-webhook.Retention)))

		return query(visible).Find(&rows).Error
	})

	for _, row := range rows {
		events = append(events, row.event())
	}

	return events, err
}

// EventsAfter implements webhook.Store.
func (d *DB) EventsAfter(
	ctx context.Context, serviceID string, cursor int64, most int,
) ([]webhook.Event, error) {
	return d.readFeed(ctx, serviceID, func(read *gorm.DB) *gorm.DB {
		return read.Where("cursor > ?", cursor).Order("cursor").Limit(most)
	})
}

// FeedPosition implements webhook.Store.
func (d *DB) FeedPosition(
	ctx context.Context, serviceID, eventID string,
) (event webhook.Event, found bool, err error) {
	events, err := d.readFeed(ctx, serviceID, func(read *gorm.DB) *gorm.DB {
		if eventID != "" {
			read = read.Where("cursor <= (SELECT cursor FROM outbox WHERE id = ? AND service_id = ?)", eventID, serviceID)
		}

		return read.Order("cursor DESC").Limit(1)
	})
	if err != nil || len(events) == 0 {
		return webhook.Event{}, false, err
	}

	return events[0], true, nil
}

// Counts implements webhook.Store.
func (d *DB) Counts(ctx context.Context) (map[webhook.State]int64, time.Time, error) {
	var (
		found []struct {
			State webhook.State
			Count int64
			First int64
		}
		oldest time.Time
	)

	err := d.runRead(ctx, func(read *gorm.DB) error {
		return read.Model(&outboxRow{}).Select("state, count(*) AS count, min(at) AS first").Group("state").
			Find(&found).Error
	})

	counts := map[webhook.State]int64{}
	for _, row := range found {
		counts[row.State] = row.Count
		if row.State == webhook.Pending {
			oldest = fromMillis(&row.First)
		}
	}

	return counts, oldest, err
}
