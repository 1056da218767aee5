package db

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/proxy"
)

type createRow struct {
	ID            string `gorm:"primaryKey"`
	ConnectionID  string
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
	CreatedAt     int64 `gorm:"autoCreateTime:false"`
	ExpiresAt     int64
}

func (createRow) TableName() string { return "creates" }

func (r createRow) record() (proxy.CreateRecord, error) {
	record := proxy.CreateRecord{
		ID:            r.ID,
		ConnectionID:  r.ConnectionID,
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

// createPause is what a caller is told to wait while another holds the key or the name.
const createPause = 2 * time.Second

// ClaimCreate implements proxy.CreateStore. Unique indexes decide races.
func (d *DB) ClaimCreate(
	ctx context.Context, wanted proxy.CreateRecord, terms proxy.ClaimTerms,
) (record proxy.CreateRecord, claim proxy.Claim, err error) {
	err = d.change(ctx, func(tx *gorm.DB) error {
		if _, err := takeTurn(tx, wanted.ConnectionID); err != nil {
			return err
		}

		expired := tx.Where("connection_id = ? AND expires_at <= "+now(tx), wanted.ConnectionID).
			Where(mayExpire).Delete(&createRow{})
		if expired.Error != nil {
			return expired.Error
		}
		var txErr error
		record, claim, txErr = claimCreate(tx, wanted, terms)

		return txErr
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return proxy.CreateRecord{}, 0, &proxy.CreateBusyError{RetryAfter: createPause}
	}

	return record, claim, err
}

// mayExpire holds for creates that can be forgotten. One under a grant that was sent keeps its place until its outcome
// is known: the database may exist.
const mayExpire = "(grant_id IS NULL OR state NOT IN ('sent', 'uncertain'))"

// takeTurn lets one claim of a connection be judged at a time: what it counts and finds stays so until its commit. It
// returns id, state and epoch of the connection, and a zero row where there is none.
func takeTurn(tx *gorm.DB, connectionID string) (row connectionRow, err error) {
	// The lock does not keep rows that refer to the connection from being added, as a plain FOR UPDATE would.
	err = tx.Select("id", "state", "epoch").Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).
		Where("id = ?", connectionID).Find(&row).Error

	return row, err
}

func claimCreate(
	tx *gorm.DB, wanted proxy.CreateRecord, terms proxy.ClaimTerms,
) (proxy.CreateRecord, proxy.Claim, error) {
	if terms.Grant != nil { // before a stored answer is replayed, too
		if err := grantHolds(tx, *terms.Grant, wanted.ConnectionID); err != nil {
			return proxy.CreateRecord{}, 0, err
		}
	}

	own, err := findCreate(tx, "connection_id = ? AND key_hash = ?", wanted.ConnectionID, wanted.KeyHash)
	switch {
	case err == nil && own.Fingerprint != wanted.Fingerprint:
		return proxy.CreateRecord{}, 0, proxy.ErrKeyReused
	case err == nil && own.State == proxy.CreateDone:
		return own, proxy.ClaimReplay, nil
	case err != nil && !errors.Is(err, gorm.ErrRecordNotFound):
		return proxy.CreateRecord{}, 0, err
	}

	resumes := err == nil

	if terms.Alone {
		if err := nobodyCreates(tx, wanted.ConnectionID); err != nil {
			return proxy.CreateRecord{}, 0, err
		}
	}

	if terms.Grant != nil {
		blocking, blocked, err := placeUnder(tx, *terms.Grant, wanted, own.ID)
		if resumes && (errors.Is(err, proxy.ErrGrantDatabases) || errors.Is(err, proxy.ErrGrantBudget)) {
			// The grant was narrowed since it began. What became of it is found out, and it is not sent again.
			return takeCreate(tx, own, proxy.ClaimBlocking, terms.Lease)
		}

		if err != nil {
			return proxy.CreateRecord{}, 0, err
		}

		if blocked {
			return takeCreate(tx, blocking, proxy.ClaimBlocking, terms.Lease)
		}
	}

	if resumes {
		return takeCreate(tx, own, proxy.ClaimResumed, terms.Lease)
	}

	open, err := findCreate(tx, "connection_id = ? AND name = ? AND state <> 'done'", wanted.ConnectionID, wanted.Name)
	switch {
	case err == nil:
		return takeCreate(tx, open, proxy.ClaimBlocking, terms.Lease)
	case !errors.Is(err, gorm.ErrRecordNotFound):
		return proxy.CreateRecord{}, 0, err
	}

	return insertCreate(tx, wanted, terms.Lease)
}

func insertCreate(
	tx *gorm.DB, wanted proxy.CreateRecord, lease time.Duration,
) (proxy.CreateRecord, proxy.Claim, error) {
	wanted.Fence = 1

	values := map[string]any{
		"id":             wanted.ID,
		"connection_id":  wanted.ConnectionID,
		"budget":         wanted.Budget,
		"key_hash":       wanted.KeyHash,
		"fingerprint":    wanted.Fingerprint[:],
		"name":           wanted.Name,
		"primary_region": wanted.PrimaryRegion,
		"state":          wanted.State,
		"known_ids":      "[]",
		"lease_fence":    wanted.Fence,
		"lease_until":    gorm.Expr(now(tx)+" + ?", lease.Milliseconds()),
		"created_at":     millis(wanted.CreatedAt),
		"expires_at":     millis(wanted.ExpiresAt),
	}
	if wanted.GrantID != "" {
		values["grant_id"] = wanted.GrantID
	}

	return wanted, proxy.ClaimFresh, tx.Model(&createRow{}).Create(values).Error
}

// nobodyCreates fails while any create of the connection is under way.
func nobodyCreates(tx *gorm.DB, connectionID string) error {
	var held int64

	err := tx.Model(&createRow{}).Where("connection_id = ? AND lease_until > "+now(tx), connectionID).Count(&held).Error
	if err == nil && held > 0 {
		err = &proxy.CreateBusyError{RetryAfter: createPause}
	}

	return err
}

// OpenCreates implements proxy.CreateStore.
func (d *DB) OpenCreates(ctx context.Context, connectionID string) ([]proxy.CreateRecord, error) {
	var rows []createRow
	open := []proxy.CreateState{proxy.CreateSent, proxy.CreateUncertain}

	err := d.look(ctx, func(read *gorm.DB) error {
		return read.Where("connection_id = ? AND state IN ?", connectionID, open).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}

	records := make([]proxy.CreateRecord, 0, len(rows))
	for _, row := range rows {
		record, err := row.record()
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}

	return records, nil
}

// findCreate locks what it finds: its holder must not finish it between here and the commit.
func findCreate(tx *gorm.DB, where string, values ...any) (proxy.CreateRecord, error) {
	var row createRow

	err := tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Where(where, values...).Take(&row).Error
	if err != nil {
		return proxy.CreateRecord{}, err
	}

	return row.record()
}

// takeCreate takes over a record that nobody holds.
func takeCreate(
	tx *gorm.DB, record proxy.CreateRecord, claim proxy.Claim, lease time.Duration,
) (proxy.CreateRecord, proxy.Claim, error) {
	result := tx.Model(&createRow{}).Where("id = ? AND lease_until <= "+now(tx), record.ID).Updates(map[string]any{
		"lease_fence": gorm.Expr("lease_fence + 1"), "lease_until": gorm.Expr(now(tx)+" + ?", lease.Milliseconds()),
	})
	if result.Error != nil {
		return proxy.CreateRecord{}, 0, result.Error
	}

	if result.RowsAffected == 0 {
		return proxy.CreateRecord{}, 0, &proxy.CreateBusyError{RetryAfter: createPause}
	}
	record.Fence++ // the record is locked: nobody bumped it between

	return record, claim, nil
}

func (d *DB) changeCreate(ctx context.Context, id string, fence int64, change func(row *gorm.DB) *gorm.DB) error {
	return d.set(ctx, func(write *gorm.DB) error {
		result := change(write.Model(&createRow{}).Where("id = ? AND lease_fence = ?", id, fence))
		if result.Error == nil && result.RowsAffected == 0 {
			return proxy.ErrCreateFenced
		}

		return result.Error
	})
}

// SendCreate implements proxy.CreateStore.
func (d *DB) SendCreate(ctx context.Context, sending proxy.Sending) (current bool, err error) {
	known, err := json.Marshal(sending.KnownIDs)
	if err != nil {
		return false, err
	}
	send := func(row *gorm.DB) *gorm.DB {
		return row.Updates(map[string]any{
			"state": proxy.CreateSent, "known_ids": string(known), "cut_at": nil,
			"lease_until": gorm.Expr(now(row)+" + ?", sending.Lease.Milliseconds()),
		})
	}

	// One statement where nothing came between. Where it finds no row, the second tells a changed key from a lost
	// fence.
	err = d.changeCreate(ctx, sending.ID, sending.Fence, func(row *gorm.DB) *gorm.DB {
		return send(row.Where(keyIsCurrent, sending.KeyName, sending.Email, keys.Active).Where(grantIsCurrent))
	})
	if !errors.Is(err, proxy.ErrCreateFenced) {
		return err == nil, err
	}

	err = d.changeCreate(ctx, sending.ID, sending.Fence, func(row *gorm.DB) *gorm.DB {
		return send(row.Where(grantIsCurrent))
	})
	if errors.Is(err, proxy.ErrCreateFenced) {
		return false, d.whyNotSent(ctx, sending)
	}

	return false, err
}

// whyNotSent tells a grant that was taken back since the claim from a lost fence.
func (d *DB) whyNotSent(ctx context.Context, sending proxy.Sending) error {
	var held int64

	err := d.look(ctx, func(read *gorm.DB) error {
		return read.Model(&createRow{}).Where("id = ? AND lease_fence = ?", sending.ID, sending.Fence).
			Count(&held).Error
	})
	if err == nil && held > 0 {
		return proxy.ErrGrantRequired
	}

	return errors.Join(err, proxy.ErrCreateFenced)
}

// grantIsCurrent holds for the creates of no grant, and for those whose grant nobody has taken back.
const grantIsCurrent = "(creates.grant_id IS NULL OR EXISTS (SELECT 1 FROM grants " +
	"WHERE grants.id = creates.grant_id AND grants.revoked_at IS NULL))"

// keyIsCurrent holds for the creates of a connection that has this key under this e-mail and is in this state.
const keyIsCurrent = "EXISTS (SELECT 1 FROM connections WHERE connections.id = creates.connection_id " +
	"AND connections.key_name = ? AND connections.email = ? AND connections.state = ?)"

// SuspendCreate implements proxy.CreateStore. An outcome that was committed stays, also when its commit's answer was
// lost.
func (d *DB) SuspendCreate(ctx context.Context, id string, fence int64, cutAt time.Time) error {
	return d.changeCreate(ctx, id, fence, func(row *gorm.DB) *gorm.DB {
		return row.Where("state <> ?", proxy.CreateDone).
			Updates(map[string]any{"state": proxy.CreateUncertain, "cut_at": millis(cutAt), "lease_until": 0})
	})
}

// FinishCreate implements proxy.CreateStore.
func (d *DB) FinishCreate(ctx context.Context, id string, fence int64, databaseID string, sealedAnswer []byte) error {
	finish := func(row *gorm.DB) *gorm.DB {
		return row.Updates(map[string]any{
			"state": proxy.CreateDone, "database_id": databaseID, "sealed_answer": sealedAnswer, "lease_until": 0,
		})
	}

	// One statement where no grant is to cover the database. Where it finds no row, the transaction tells a grant from
	// a lost fence.
	err := d.changeCreate(ctx, id, fence, func(row *gorm.DB) *gorm.DB { return finish(row.Where("grant_id IS NULL")) })
	if errors.Is(err, proxy.ErrCreateFenced) {
		err = d.change(ctx, func(tx *gorm.DB) error {
			result := finish(tx.Model(&createRow{}).Where("id = ? AND lease_fence = ?", id, fence))
			if result.Error == nil && result.RowsAffected == 0 {
				return proxy.ErrCreateFenced
			}

			if result.Error != nil {
				return result.Error
			}

			return coverCreated(tx, id, databaseID)
		})
	}

	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return proxy.ErrDatabaseClaimed
	}

	return err
}

// DropCreate implements proxy.CreateStore.
func (d *DB) DropCreate(ctx context.Context, id string, fence int64) error {
	return d.set(ctx, func(write *gorm.DB) error {
		return write.Where(
			"id = ? AND lease_fence = ? AND state <> ?", id, fence, proxy.CreateDone,
		).Delete(
			&createRow{},
		).Error
	})
}

// freeCreates ends the leases of a server that is gone: this one holds the lock, so no other runs.
func (d *DB) freeCreates(ctx context.Context) error {
	return d.set(ctx, func(write *gorm.DB) error {
		return write.Model(&createRow{}).Where("lease_until > 0").Updates(map[string]any{"lease_until": 0}).Error
	})
}
