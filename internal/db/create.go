package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/proxy"
)

type createRow struct {
	ID            string `gorm:"primaryKey"`
	ConnectionID  string
	Operation     string
	ResourceID    string
	Reserves      bool
	GrantID       *string
	Budget        int64
	KeyHash       []byte
	Fingerprint   []byte
	Name          string
	PrimaryRegion string
	State         string
	KnownIDs      string  `gorm:"column:known_ids"`
	DatabaseID    *string `gorm:"column:database_id"`
	SealedAnswer  []byte
	CutAt         *int64
	LeaseFence    int64
	LeaseUntil    int64
	LeaseHolder   string
	LeaseLeft     int64 `gorm:"-"` // ms; negative after its end
	CreatedAt     int64 `gorm:"autoCreateTime:false"`
	ExpiresAt     int64
}

func (createRow) TableName() string { return "creates" }

func (r createRow) record() (proxy.CreateRecord, error) {
	record := proxy.CreateRecord{
		ID:            r.ID,
		ConnectionID:  r.ConnectionID,
		Operation:     r.Operation,
		ResourceID:    r.ResourceID,
		Reserves:      r.Reserves,
		Budget:        r.Budget,
		KeyHash:       r.KeyHash,
		Name:          r.Name,
		PrimaryRegion: r.PrimaryRegion,
		State: proxy.CreateState(
			r.State,
		),
		SealedAnswer: r.SealedAnswer,
		CutAt:        fromMillis(r.CutAt),
		Fence:        r.LeaseFence,
		LeaseLeft:    max(0, time.Duration(r.LeaseLeft)*time.Millisecond),
		CreatedAt:    fromMillis(&r.CreatedAt),
		ExpiresAt:    fromMillis(&r.ExpiresAt),
	}
	copy(record.Fingerprint[:], r.Fingerprint)

	if r.GrantID != nil {
		record.GrantID = *r.GrantID
	}

	if r.DatabaseID != nil {
		record.DatabaseID = *r.DatabaseID
	}

	return record, json.Unmarshal([]byte(r.KnownIDs), &record.KnownIDs)
}

// ClaimCreate implements proxy.CreateStore. Unique indexes decide races.
func (d *DB) ClaimCreate(
	ctx context.Context, wanted proxy.CreateRecord, terms proxy.ClaimTerms,
) (record proxy.CreateRecord, claim proxy.Claim, err error) {
	err = d.transactForConnection(ctx, wanted.ConnectionID, func(u *unitOfWork) (err error) {
		full, err := u.lockForClaim(wanted)
		if err != nil {
			return err
		}

		if _, err := u.exec(expireCreates, wanted.ConnectionID); err != nil {
			return err
		}

		record, claim, err = u.claimCreate(wanted, terms)
		if err != nil || claim != proxy.ClaimFresh {
			return err
		}

		if full.RetryAfter > 0 {
			return &full
		}
		record, err = u.insertCreate(wanted, terms.Lease)

		return err
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return proxy.CreateRecord{}, 0, &proxy.CreateBusyError{RetryAfter: busyRetryAfter}
	}

	return record, claim, err
}

// The statements of a create. Those that find a record in a transaction also lock it, so that its holder cannot finish
// it before the commit.
var (
	lockToClaim = newLockingStatement("SELECT " +
		"(SELECT expires_at - NOW() FROM creates WHERE connection_id = ? " + nthToExpire(proxy.MaxCreateRecords) + "), " +
		"(SELECT expires_at - NOW() FROM creates WHERE grant_id = ? " + nthToExpire(proxy.MaxCreateRecordsPerGrant) + ") " +
		"FROM connections WHERE id = ?")
	// The clock is read once. On Postgres it may differ from row to row, which would prevent the use of the index.
	expireCreates = newStatement("DELETE FROM creates WHERE connection_id = ? AND expires_at <= (SELECT NOW()) AND " + mayExpire)
	findByKey     = newStatement(findCreates + "connection_id = ? AND key_hash = ? LOCK()")
	findByTarget  = newStatement(findCreates + "connection_id = ? AND operation = ? AND resource_id = ? AND name = ? " +
		"AND state <> 'done' LOCK()")
	insertCreate = newStatement("INSERT INTO creates (id, connection_id, operation, resource_id, reserves, grant_id, budget, " +
		"key_hash, fingerprint, name, primary_region, state, known_ids, lease_fence, lease_until, lease_holder, created_at, " +
		"expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?, NOW() + ?, ?, ?, ?)")
	leaseCreate = newStatement("UPDATE creates SET lease_fence = lease_fence + 1, lease_until = NOW() + ?, lease_holder = ? " +
		"WHERE id = ? AND (lease_until <= NOW() OR NOT " + holderIsAlive + ")")
	sendCreate    = newStatement(sendSQL + grantIsCurrent)
	sendWithKey   = newStatement(sendSQL + grantIsCurrent + " AND " + keyIsCurrent)
	suspendCreate = newStatement("UPDATE creates SET state = 'uncertain', cut_at = ?, lease_until = 0 " +
		"WHERE id = ? AND lease_fence = ? AND state <> 'done'")
	finishCreate = newStatement(finishSQL + " AND state <> 'done'")
	repeatFinish = newStatement(finishSQL)
	// On Postgres this does what finishCreate, addToGrant and insertEvent do, in one round trip and so in one commit.
	finishInOneStatement = newStatement("WITH done AS (" + finishSQL + " AND state <> 'done' RETURNING grant_id, budget, database_id), covered AS (" +
		"INSERT INTO grant_databases (grant_id, database_id, selected, budget, created_at) " +
		"SELECT grant_id, database_id, FALSE, budget, NOW() FROM done WHERE grant_id IS NOT NULL " +
		"AND database_id IS NOT NULL " + alsoCreated + ") " +
		"INSERT INTO audit_events (" + eventColumns + ") SELECT CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), " +
		"CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT) FROM done")
	dropCreate = newStatement("DELETE FROM creates WHERE id = ? AND lease_fence = ? AND state <> 'done'")
	findFenced = newStatement("SELECT 1 FROM creates WHERE id = ? AND lease_fence = ?")
	findSent   = newStatement(findCreates + "connection_id = ? AND operation = 'redis.create' " +
		"AND state IN ('sent', 'uncertain')")
)

const (
	findCreates = "SELECT id, connection_id, operation, resource_id, reserves, grant_id, budget, key_hash, fingerprint, name, primary_region, state, " +
		"known_ids, database_id, sealed_answer, cut_at, lease_fence, lease_until - NOW(), created_at, expires_at " +
		"FROM creates WHERE "
	sendSQL = "UPDATE creates SET state = 'sent', known_ids = ?, cut_at = NULL, lease_until = NOW() + ? " +
		"WHERE id = ? AND lease_fence = ? AND "
	finishSQL = "UPDATE creates SET state = 'done', database_id = ?, sealed_answer = ?, lease_until = 0 " +
		"WHERE id = ? AND lease_fence = ?"
)

// scan reads a row of findCreates.
func (r *createRow) scan(row *sql.Rows) error {
	return row.Scan(&r.ID, &r.ConnectionID, &r.Operation, &r.ResourceID, &r.Reserves, &r.GrantID, &r.Budget,
		&r.KeyHash, &r.Fingerprint, &r.Name,
		&r.PrimaryRegion, &r.State, &r.KnownIDs, &r.DatabaseID, &r.SealedAnswer, &r.CutAt, &r.LeaseFence, &r.LeaseLeft,
		&r.CreatedAt, &r.ExpiresAt)
}

// newLockingStatement is newStatement for a statement that locks the connection's row, as lockConnection does. SQLite
// runs one writer at a time, so it needs no lock.
func newLockingStatement(text string) *statement {
	statement := newStatement(text)
	statement.postgres += " FOR NO KEY UPDATE"

	return statement
}

// nthToExpire selects the create that must expire before fewer than most remain.
func nthToExpire(most int) string {
	return "ORDER BY expires_at DESC LIMIT 1 OFFSET " + strconv.Itoa(most-1)
}

// lockForClaim is lockConnection for a claim. It returns for how long the connection has as many creates as are stored
// for one connection, or the grant has its share of them. Zero or less means that there is room.
func (u *unitOfWork) lockForClaim(wanted proxy.CreateRecord) (full proxy.CreateRecordLimitError, err error) {
	var (
		ofConnection, ofGrant sql.NullInt64

		grant = sql.NullString{String: wanted.GrantID, Valid: wanted.GrantID != ""}
	)

	_, err = u.findOne(
		lockToClaim, func(row *sql.Rows) error { return row.Scan(&ofConnection, &ofGrant) },
		wanted.ConnectionID, grant, wanted.ConnectionID,
	)

	left := ofConnection.Int64
	if full.OfGrant = left <= 0; full.OfGrant {
		left = ofGrant.Int64
	}
	full.RetryAfter = time.Duration(left) * time.Millisecond

	return full, err
}

// mayExpire is true for creates that may be deleted. A sent create under a grant stays until its outcome is known,
// because the database may exist.
const mayExpire = "(grant_id IS NULL OR state NOT IN ('sent', 'uncertain'))"

// lockConnection serializes the claims of a connection: what a claim counts and finds stays true until its commit. It
// returns the connection's id, state and epoch, or a zero row if it does not exist.
func lockConnection(tx *gorm.DB, connectionID string) (row connectionRow, err error) {
	// Unlike a plain FOR UPDATE, this lock lets others insert rows that refer to the connection.
	err = tx.Select("id", "state", "epoch").Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).
		Where("id = ?", connectionID).Find(&row).Error

	return row, err
}

// claimCreate decides a claim, and leases the record that it resumes. The caller inserts a fresh record.
func (u *unitOfWork) claimCreate(
	wanted proxy.CreateRecord, terms proxy.ClaimTerms,
) (proxy.CreateRecord, proxy.Claim, error) {
	if terms.Grant != nil { // also before it replays a stored response
		if err := requireValidGrant(u.gorm(), *terms.Grant, wanted.ConnectionID); err != nil {
			return proxy.CreateRecord{}, 0, err
		}
	}

	own, resumes, err := u.findCreate(findByKey, wanted.ConnectionID, wanted.KeyHash)
	switch {
	case err != nil:
		return proxy.CreateRecord{}, 0, err
	case resumes && own.Fingerprint != wanted.Fingerprint:
		return proxy.CreateRecord{}, 0, proxy.ErrKeyReused
	case resumes && own.State == proxy.CreateDone:
		return own, proxy.ClaimReplay, nil
	}

	if terms.Exclusive {
		if err := u.requireNoCreateInProgress(wanted.ConnectionID); err != nil {
			return proxy.CreateRecord{}, 0, err
		}
	}

	if terms.Grant != nil && wanted.Reserves {
		blocking, blocked, err := u.checkGrantQuota(*terms.Grant, wanted, own.ID)
		if resumes && (errors.Is(err, proxy.ErrGrantDatabases) || errors.Is(err, proxy.ErrGrantBudget)) {
			// The grant was narrowed since the create began. Find its outcome; do not send it again.
			return u.leaseCreate(own, proxy.ClaimBlocking, terms.Lease)
		}

		if err != nil {
			return proxy.CreateRecord{}, 0, err
		}

		if blocked {
			return u.leaseCreate(blocking, proxy.ClaimBlocking, terms.Lease)
		}
	}

	if resumes {
		return u.leaseCreate(own, proxy.ClaimResumed, terms.Lease)
	}

	open, blocks, err := u.findCreate(
		findByTarget, wanted.ConnectionID, wanted.Operation, wanted.ResourceID, wanted.Name,
	)
	if err != nil {
		return proxy.CreateRecord{}, 0, err
	}

	if blocks {
		return u.leaseCreate(open, proxy.ClaimBlocking, terms.Lease)
	}

	return wanted, proxy.ClaimFresh, nil
}

func (u *unitOfWork) insertCreate(wanted proxy.CreateRecord, lease time.Duration) (proxy.CreateRecord, error) {
	wanted.Fence = 1
	grant := sql.NullString{String: wanted.GrantID, Valid: wanted.GrantID != ""}

	_, err := u.exec(
		insertCreate, wanted.ID, wanted.ConnectionID, wanted.Operation, wanted.ResourceID, wanted.Reserves, grant,
		wanted.Budget, wanted.KeyHash, wanted.Fingerprint[:],
		wanted.Name, wanted.PrimaryRegion, string(wanted.State), wanted.Fence, lease.Milliseconds(), u.d.leaseHolder(),
		millis(wanted.CreatedAt), millis(wanted.ExpiresAt),
	)

	return wanted, err
}

// requireNoCreateInProgress fails while any create of the connection is in progress.
func (u *unitOfWork) requireNoCreateInProgress(connectionID string) error {
	found, held, err := u.readLease(findActiveLease, connectionID, u.d.leaseHolder())
	if err == nil && held {
		err = u.busyError(found)
	}

	return err
}

// OpenCreates implements proxy.CreateStore.
func (d *DB) OpenCreates(ctx context.Context, connectionID string) ([]proxy.CreateRecord, error) {
	var records []proxy.CreateRecord

	err := d.find(ctx, findSent, func(rows *sql.Rows) error {
		records = []proxy.CreateRecord{}
		for rows.Next() {
			var row createRow
			if err := row.scan(rows); err != nil {
				return err
			}

			record, err := row.record()
			if err != nil {
				return err
			}
			records = append(records, record)
		}

		return nil
	}, connectionID)
	if err != nil {
		return nil, err
	}

	return records, nil
}

func (u *unitOfWork) findCreate(s *statement, values ...any) (record proxy.CreateRecord, found bool, err error) {
	var row createRow

	found, err = u.findOne(s, row.scan, values...)
	if err != nil || !found {
		return proxy.CreateRecord{}, false, err
	}
	record, err = row.record()

	return record, true, err
}

// leaseCreate takes the lease of a record that nobody holds.
func (u *unitOfWork) leaseCreate(
	record proxy.CreateRecord, claim proxy.Claim, lease time.Duration,
) (proxy.CreateRecord, proxy.Claim, error) {
	leased, err := u.exec(leaseCreate, lease.Milliseconds(), u.d.leaseHolder(), record.ID, u.d.leaseHolder())
	if err != nil {
		return proxy.CreateRecord{}, 0, err
	}

	if leased == 0 {
		return proxy.CreateRecord{}, 0, u.findBusyError(findLeaseByID, record.ID)
	}
	record.Fence++ // the record is locked, so nobody else changed the fence

	return record, claim, nil
}

// execFenced is execStatement for a statement that changes no row after the fence is lost.
func (d *DB) execFenced(ctx context.Context, s *statement, values ...any) error {
	changed, err := d.execStatement(ctx, s, values...)
	if err == nil && changed == 0 {
		err = proxy.ErrCreateFenced
	}

	return err
}

// SendCreate implements proxy.CreateStore.
func (d *DB) SendCreate(ctx context.Context, sending proxy.Sending) (current bool, err error) {
	known, err := json.Marshal(sending.KnownIDs)
	if err != nil {
		return false, err
	}
	values := []any{string(known), sending.Lease.Milliseconds(), sending.ID, sending.Fence}
	withKey := append(slices.Clone(values), sending.KeyName, sending.Email, string(keys.Active))

	// Usually one statement suffices. When it changes no row, the second one distinguishes a changed key from a lost
	// fence.
	err = d.execFenced(ctx, sendWithKey, withKey...)
	if !errors.Is(err, proxy.ErrCreateFenced) {
		return err == nil, err
	}

	err = d.execFenced(ctx, sendCreate, values...)
	if errors.Is(err, proxy.ErrCreateFenced) {
		return false, d.notSentError(ctx, sending)
	}

	return false, err
}

// notSentError distinguishes a revoked grant from a lost fence.
func (d *DB) notSentError(ctx context.Context, sending proxy.Sending) error {
	held, err := d.findOne(ctx, findFenced, func(*sql.Rows) error { return nil }, sending.ID, sending.Fence)
	if err == nil && held {
		return proxy.ErrGrantRequired
	}

	return errors.Join(err, proxy.ErrCreateFenced)
}

// grantIsCurrent is true for creates without a grant, and for those whose grant is not revoked.
const grantIsCurrent = "(creates.grant_id IS NULL OR EXISTS (SELECT 1 FROM grants " +
	"WHERE grants.id = creates.grant_id AND grants.revoked_at IS NULL))"

// keyIsCurrent is true for creates of a connection with this key name, e-mail and state.
const keyIsCurrent = "EXISTS (SELECT 1 FROM connections WHERE connections.id = creates.connection_id " +
	"AND connections.key_name = ? AND connections.email = ? AND connections.state = ?)"

// SuspendCreate implements proxy.CreateStore. It does not change a committed outcome, even when the caller never
// received the commit's result.
func (d *DB) SuspendCreate(ctx context.Context, id string, fence int64, cutAt time.Time) error {
	return d.execFenced(ctx, suspendCreate, millis(cutAt), id, fence)
}

// FinishCreate implements proxy.CreateStore.
func (d *DB) FinishCreate(ctx context.Context, finished proxy.Finished) error {
	err := d.finish(ctx, finished)
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return proxy.ErrDatabaseClaimed
	}

	return err
}

func (d *DB) finish(ctx context.Context, finished proxy.Finished) error {
	created := sql.NullString{String: finished.DatabaseID, Valid: finished.DatabaseID != ""}

	outcome := []any{created, finished.SealedAnswer, finished.ID, finished.Fence}
	if d.file || finished.Event.Action == "" || finished.GrantID != "" {
		return d.transact(ctx, func(u *unitOfWork) error { return u.finish(finished, outcome) })
	}
	values := append(slices.Clone(outcome), eventValues(ctx, finished.Event)...)

	err := d.execFenced(ctx, finishInOneStatement, values...)
	if errors.Is(err, proxy.ErrCreateFenced) {
		err = d.execFenced(ctx, repeatFinish, outcome...)
	}

	return err
}

// finish commits an outcome. A caller that lost the commit's result calls it again; the grant's database and the event
// exist by then.
func (u *unitOfWork) finish(finished proxy.Finished, outcome []any) error {
	// The grant before the create, as a claim locks them: the other order could deadlock with it.
	if finished.GrantID != "" {
		if err := lockGrant(u.gorm(), finished.GrantID); err != nil {
			return err
		}
	}

	changed, err := u.exec(finishCreate, outcome...)
	if err != nil {
		return err
	}

	if changed == 0 {
		changed, err = u.exec(repeatFinish, outcome...)
		if err == nil && changed == 0 {
			err = proxy.ErrCreateFenced
		}

		return err
	}

	if finished.DatabaseID != "" {
		added, err := u.exec(addToGrant, finished.DatabaseID, finished.ID)
		if err != nil {
			return err
		}

		if added > 0 && finished.GrantID != "" {
			if err := writeCreatedEvent(u.gorm(), finished); err != nil {
				return err
			}
		}
	}

	if finished.Event.Action == "" {
		return nil
	}
	_, err = u.exec(insertEvent, eventValues(u.ctx, finished.Event)...)

	return err
}

// DropCreate implements proxy.CreateStore.
func (d *DB) DropCreate(ctx context.Context, id string, fence int64) error {
	_, err := d.execStatement(ctx, dropCreate, id, fence)
	return err
}

// releaseCreateLeases ends the leases of a stopped server: this server holds the file lock, so no other server runs.
func (d *DB) releaseCreateLeases(ctx context.Context) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Model(&createRow{}).Where("lease_until > 0").Updates(map[string]any{"lease_until": 0}).Error
	})
}
