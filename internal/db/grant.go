package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

type grantRow struct {
	ID           string `gorm:"primaryKey"`
	ServiceID    string
	ExternalID   string
	DisplayName  string
	ConnectionID string
	Epoch        int64
	Asked        string
	Consent      string
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	RevokedAt    *int64
	RevokedBy    string
	LastUsedAt   *int64
	LastUsedFor  string
	Sequence     int64
	Paused       bool
}

func (grantRow) TableName() string { return "grants" }

type grantDatabaseRow struct {
	GrantID    string `gorm:"primaryKey"`
	DatabaseID string `gorm:"primaryKey"`
	Selected   bool
	Created    bool
	Budget     int64
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
}

func (grantDatabaseRow) TableName() string { return "grant_databases" }

// The reasons for which the storage itself revokes a grant.
const (
	revokedByDisconnect = "disconnect"
	revokedByReplaced   = "replaced"
)

// grantIsValid is true, in a join with connections, for a grant that a service may use.
const grantIsValid = "grants.revoked_at IS NULL AND grants.epoch = connections.epoch AND connections.state <> 'disconnected'"

const grantsOfConnection = "JOIN connections ON connections.id = grants.connection_id"

type foundGrant struct {
	Row          grantRow     `gorm:"embedded"`
	Service      foundService `gorm:"embedded;embeddedPrefix:partner_"`
	Issuer       string       `gorm:"column:account_issuer"`
	Subject      string       `gorm:"column:account_subject"`
	Email        string       `gorm:"column:account_email"`
	State        string       `gorm:"column:account_state"`
	CurrentEpoch int64        `gorm:"column:account_epoch"`
	DatabaseIDs  string       `gorm:"column:database_ids"` // JSON; empty: not read
}

func (f foundGrant) grant() (partner.Grant, error) {
	row := f.Row

	grant := partner.Grant{
		ID: row.ID, ServiceID: row.ServiceID, ExternalID: row.ExternalID, DisplayName: row.DisplayName,
		ConnectionID: row.ConnectionID, Epoch: row.Epoch, CreatedAt: fromMillis(&row.CreatedAt),
		RevokedAt: fromMillis(row.RevokedAt), RevokedBy: row.RevokedBy,
		LastUsedAt: fromMillis(row.LastUsedAt), LastUsedFor: row.LastUsedFor,
		Account: keys.Account{Issuer: f.Issuer, Subject: f.Subject}, Email: f.Email,
		ConnectionState: keys.State(f.State), CurrentEpoch: f.CurrentEpoch,
	}
	service, err := f.Service.service()
	grant.Service = service
	err = errors.Join(err, fromJSON(row.Asked, &grant.Asked), fromJSON(row.Consent, &grant.Consent))

	if f.DatabaseIDs != "" {
		err = errors.Join(err, fromJSON(f.DatabaseIDs, &grant.DatabaseIDs))
	}

	return grant, err
}

// selectGrants reads grants with the fields of their services and connections that partner.Grant has.
func selectGrants(tx *gorm.DB) *gorm.DB {
	return tx.Model(&grantRow{}).
		Select("grants.*, " + serviceColumns(tx) + ", connections.issuer AS account_issuer, " +
			"connections.subject AS account_subject, connections.email AS account_email, " +
			"connections.state AS account_state, connections.epoch AS account_epoch").
		Joins("JOIN services ON services.id = grants.service_id").Joins(grantsOfConnection)
}

func selectGrantsAndDatabases(tx *gorm.DB) *gorm.DB {
	query := selectGrants(tx)
	databases := jsonListSubquery(tx, "database_id", "grant_databases.created_at, database_id", "grant_databases",
		"grant_databases.grant_id = grants.id")
	query.Statement.Selects = append(query.Statement.Selects, databases+" AS database_ids")

	return query
}

// applyFilter restricts a query of grants joined with connections to what the filter matches.
func applyFilter(query *gorm.DB, filter partner.GrantFilter) *gorm.DB {
	for _, picked := range []struct{ column, value string }{
		{"grants.id", filter.ID},
		{"grants.service_id", filter.ServiceID},
		{"grants.external_id", filter.ExternalID},
		{"grants.connection_id", filter.ConnectionID},
		{"connections.email", filter.Email},
	} {
		if picked.value != "" {
			query = query.Where(picked.column+" = ?", picked.value)
		}
	}

	if filter.Active {
		query = query.Where(grantIsValid)
	}

	return query
}

// lockGrants locks the grants that a query reads, but not the joined rows.
func lockGrants() clause.Locking {
	return clause.Locking{Strength: clause.LockingStrengthUpdate, Table: clause.Table{Name: "grants"}}
}

// ActiveGrant implements partner.Store.
func (d *DB) ActiveGrant(ctx context.Context, serviceID, id, externalID string) (partner.Grant, error) {
	if serviceID == "" || (id == "" && externalID == "") {
		return partner.Grant{}, partner.ErrGrantRequired
	}
	statement, values := validGrantByID, []any{serviceID, id}

	switch {
	case id == "":
		statement, values = validGrantByUser, []any{serviceID, externalID}
	case externalID != "":
		statement, values = validGrantByBoth, []any{serviceID, id, externalID}
	}
	var found foundGrant

	known, err := d.findOne(ctx, statement, func(grant *sql.Rows) error { return found.scan(grant) }, values...)
	if err == nil && !known {
		err = partner.ErrGrantRequired
	}

	if err != nil {
		return partner.Grant{}, err
	}

	return found.grant()
}

const findValidGrant = "SELECT " + serviceColumnList + ", grants.id, grants.service_id, grants.external_id, " +
	"grants.display_name, grants.connection_id, grants.epoch, grants.asked, grants.consent, grants.created_at, " +
	"grants.revoked_at, grants.revoked_by, grants.last_used_at, grants.last_used_for, " +
	"connections.issuer, connections.subject, connections.email, connections.state, connections.epoch " +
	"FROM grants JOIN services ON services.id = grants.service_id " + grantsOfConnection +
	" WHERE " + grantIsValid + " AND grants.service_id = ? AND "

var (
	validGrantByID   = newStatement(findValidGrant + "grants.id = ?")
	validGrantByUser = newStatement(findValidGrant + "grants.external_id = ?")
	validGrantByBoth = newStatement(findValidGrant + "grants.id = ? AND grants.external_id = ?")
)

// scan reads a row of findValidGrant.
func (f *foundGrant) scan(grant *sql.Rows) error {
	row := &f.Row

	return grant.Scan(append(f.Service.scanTargets(), &row.ID, &row.ServiceID, &row.ExternalID, &row.DisplayName,
		&row.ConnectionID, &row.Epoch, &row.Asked, &row.Consent, &row.CreatedAt, &row.RevokedAt, &row.RevokedBy,
		&row.LastUsedAt, &row.LastUsedFor, &f.Issuer, &f.Subject, &f.Email, &f.State, &f.CurrentEpoch)...)
}

// Grants implements partner.Store.
func (d *DB) Grants(ctx context.Context, filter partner.GrantFilter) ([]partner.Grant, error) {
	var found []foundGrant

	err := d.runRead(ctx, func(read *gorm.DB) error {
		return applyFilter(selectGrantsAndDatabases(read), filter).
			Order("grants.created_at DESC, grants.id DESC").Find(&found).Error
	})
	if err != nil {
		return nil, err
	}

	grants := make([]partner.Grant, 0, len(found))
	for _, row := range found {
		grant, err := row.grant()
		if err != nil {
			return nil, err
		}
		grants = append(grants, grant)
	}

	return grants, nil
}

// NarrowGrant implements partner.Store. It locks the grant while narrow runs.
func (d *DB) NarrowGrant(
	ctx context.Context, filter partner.GrantFilter, event keys.Event, narrow func(*partner.Grant) error,
) (narrowed partner.Grant, err error) {
	filter.Active = true

	err = d.inTransaction(ctx, func(tx *gorm.DB) error {
		var found foundGrant

		if event.Actor.Kind != keys.ActorService {
			if err := expireAwaitingSessions(tx, filter); err != nil {
				return err
			}
		}

		err := applyFilter(selectGrantsAndDatabases(tx), filter).Clauses(lockGrants()).Take(&found).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return partner.ErrGrantNotFound
		}

		if err != nil {
			return err
		}

		if narrowed, err = found.grant(); err != nil {
			return err
		}

		before := narrowed
		if err := narrow(&narrowed); err != nil {
			return err
		}

		event := event
		if event.Detail = before.Changes(narrowed); event.Detail == "" {
			return nil
		}

		err = tx.Model(&grantRow{}).Where("id = ?", narrowed.ID).Updates(map[string]any{
			"asked": toJSON(narrowed.Asked), "consent": toJSON(narrowed.Consent),
		}).Error
		if err != nil {
			return err
		}

		return d.appendEvents(tx, []keys.Event{ofGrant(tx, event, narrowed.ID, narrowed.ConnectionID)})
	})
	if err != nil {
		return partner.Grant{}, err
	}

	return narrowed, nil
}

// revokeMost bounds how many grants one transaction revokes, so that any number of grants ends within its time limit.
const revokeMost = 1000

// RevokeGrants implements partner.Store. The event's time is the time of the revocation. An error may follow after some
// of more than revokeMost grants are revoked; the caller repeats it.
func (d *DB) RevokeGrants(
	ctx context.Context, filter partner.GrantFilter, by string, event keys.Event,
) (revoked int, err error) {
	filter.Active = true

	for {
		var ended int

		err = d.inOwnTransaction(ctx, func(tx *gorm.DB) (err error) {
			if by != partner.ByService {
				if err := expireAwaitingSessions(tx, filter); err != nil {
					return err
				}
			}

			ended, err = d.revoke(tx, filter, revokeMost, by, event)
			if err == nil {
				killpoint.Reach(killpoint.RevocationWritten)
			}

			return err
		})
		if err != nil {
			return revoked, err
		}
		killpoint.Reach(killpoint.RevocationCommitted)
		revoked += ended

		if ended < revokeMost {
			return revoked, nil
		}
	}
}

// expireAwaitingSessions ends the connect sessions in the filter's scope that the user approved and the service has not
// completed. Otherwise an unused code could restore what is being revoked. It runs before the grants are revoked: if a
// completion is in progress, this waits, and the revocation then finds its grant.
func expireAwaitingSessions(tx *gorm.DB, filter partner.GrantFilter) error {
	if filter.ID != "" {
		var row grantRow

		err := tx.Select("service_id", "external_id").Where("id = ?", filter.ID).Take(&row).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil
		}

		if err != nil {
			return err
		}
		filter.ServiceID, filter.ExternalID = row.ServiceID, row.ExternalID
	}

	if filter.ServiceID == "" && filter.ConnectionID == "" {
		return nil // without either, the filter matches no session
	}
	query := tx.Model(&connectSessionRow{}).Where("state = ?", partner.SessionAwaitingCompletion)

	for _, picked := range []struct{ column, value string }{
		{"service_id", filter.ServiceID}, {"external_id", filter.ExternalID}, {"connection_id", filter.ConnectionID},
	} {
		if picked.value != "" {
			query = query.Where(picked.column+" = ?", picked.value)
		}
	}

	return query.Updates(map[string]any{"state": partner.SessionExpired}).Error
}

// revokeBatch bounds how many ids one statement binds.
const revokeBatch = 500

// revoke revokes the grants that match the filter and are not revoked yet, at most this many (0: all), with one event
// for each.
func (d *DB) revoke(
	tx *gorm.DB, filter partner.GrantFilter, most int, by string, event keys.Event,
) (int, error) {
	var rows []grantRow

	// A fixed order, so that two concurrent revocations do not deadlock.
	query := tx.Model(&grantRow{}).Select("grants.id, grants.connection_id").Joins(grantsOfConnection)
	if most > 0 {
		query = query.Limit(most)
	}

	err := applyFilter(query, filter).
		Where("grants.revoked_at IS NULL").Order("grants.id").Clauses(lockGrants()).Find(&rows).Error
	if err != nil {
		return 0, err
	}
	events, revoked := make([]keys.Event, 0, len(rows)), make([]string, 0, len(rows))

	for batch := range slices.Chunk(rows, revokeBatch) {
		ids := make([]string, 0, len(batch))
		for _, row := range batch {
			ids = append(ids, row.ID)
			events = append(events, ofGrant(tx, event, row.ID, row.ConnectionID))
		}

		revoked = append(revoked, ids...)

		err := tx.Model(&grantRow{}).Where("id IN ?", ids).
			Updates(map[string]any{"revoked_at": millis(event.At), "revoked_by": by}).Error
		if err != nil {
			return 0, err
		}
	}

	err = writeGrantEvents(tx, grantEvent{kind: webhook.GrantRevoked, at: event.At}, revoked...)
	if err != nil {
		return 0, err
	}

	return len(rows), d.appendEvents(tx, events)
}

// RecordGrantUse implements partner.Store.
func (d *DB) RecordGrantUse(ctx context.Context, id, scope string, at time.Time) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Model(&grantRow{}).Where("id = ? AND revoked_at IS NULL", id).
			Updates(map[string]any{"last_used_at": millis(at), "last_used_for": scope}).Error
	})
}

// GrantDatabases implements partner.Store. It returns the oldest first.
func (d *DB) GrantDatabases(ctx context.Context, grantID string) ([]partner.GrantDatabase, error) {
	var databases []partner.GrantDatabase

	err := d.find(ctx, findGrantDatabases, func(rows *sql.Rows) error {
		databases = []partner.GrantDatabase{}
		for rows.Next() {
			var database partner.GrantDatabase
			if err := rows.Scan(&database.ID, &database.Selected, &database.Created, &database.Budget); err != nil {
				return err
			}
			databases = append(databases, database)
		}

		return nil
	}, grantID)
	if err != nil {
		return nil, err
	}

	return databases, nil
}

var findGrantDatabases = newStatement("SELECT database_id, selected, created, budget FROM grant_databases " +
	"WHERE grant_id = ? ORDER BY created_at, database_id")
