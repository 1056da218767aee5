package db

import (
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/proxy"
)

// requireValidGrant fails unless the grant is valid. The grant stays valid until the commit, because a revocation waits
// for its lock.
func requireValidGrant(tx *gorm.DB, grant proxy.Grant, connectionID string) error {
	err := tx.Model(&grantRow{}).Select("grants.id").Joins(grantsOfConnection).
		Where("grants.id = ? AND grants.connection_id = ?", grant.ID, connectionID).Where(grantIsValid).
		Clauses(clause.Locking{Strength: clause.LockingStrengthShare, Table: clause.Table{Name: "grants"}}).
		Take(&grantRow{}).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return proxy.ErrGrantRequired
	}

	return err
}

// usage is how much of a grant's bounds its databases and its other creates use.
type usage struct {
	Databases, Budget       int64 // created under the grant
	OpenCreates, OpenBudget int64 // reserved by unsettled creates
}

const countUsage = `SELECT made.count AS databases, made.budget, open.count AS open_creates, open.budget AS open_budget
FROM (SELECT count(*) AS count, CAST(coalesce(sum(budget), 0) AS BIGINT) AS budget
    FROM grant_databases WHERE grant_id = @grant AND created) AS made,
(SELECT count(*) AS count, CAST(coalesce(sum(budget), 0) AS BIGINT) AS budget
    FROM creates WHERE grant_id = @grant AND reserves AND state <> 'done' AND id <> @own) AS open`

// checkGrantQuota checks whether the grant allows one more create; ownID is the id of the resumed record, if any. It
// returns an error when the existing databases alone exceed a bound. When unsettled creates use the rest, blocked is
// true, and blocking is the oldest of them that nobody holds; if all are held, it returns *proxy.CreateBusyError.
//
// lockForClaim serializes the claims of a connection, but a create may finish meanwhile. Therefore one statement counts
// both sides: a create that is no longer open counts as a database.
func (u *unitOfWork) checkGrantQuota(
	grant proxy.Grant, wanted proxy.CreateRecord, ownID string,
) (blocking proxy.CreateRecord, blocked bool, err error) {
	if grant.MaxDatabases == 0 && grant.MaxBudget == 0 {
		return proxy.CreateRecord{}, false, nil
	}
	var used usage

	err = u.gorm().Raw(countUsage, map[string]any{"grant": grant.ID, "own": ownID}).Scan(&used).Error
	if err != nil {
		return proxy.CreateRecord{}, false, err
	}
	above := func(value, bound int64) bool { return bound > 0 && value > bound }
	most, budget := int64(grant.MaxDatabases), used.Budget+wanted.Budget

	switch {
	case above(used.Databases+1, most):
		return proxy.CreateRecord{}, false, proxy.ErrGrantDatabases
	case above(budget, grant.MaxBudget):
		return proxy.CreateRecord{}, false, proxy.ErrGrantBudget
	case above(used.Databases+used.OpenCreates+1, most):
		blocking, err = u.oldestUnheldCreate(grant.ID, ownID, 0)
	case above(budget+used.OpenBudget, grant.MaxBudget):
		blocking, err = u.oldestUnheldCreate(grant.ID, ownID, 1)
	default:
		return proxy.CreateRecord{}, false, nil
	}

	return blocking, true, err
}

// oldestUnheldCreate finds the grant's oldest unsettled create that nobody holds, with at least this budget.
func (u *unitOfWork) oldestUnheldCreate(grantID, ownID string, budget int64) (proxy.CreateRecord, error) {
	var row createRow
	tx := u.gorm()
	free := replaceClock("(lease_until <= NOW() OR NOT "+holderIsAlive+")", now(tx))

	err := tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).
		Where("grant_id = ? AND reserves AND state <> 'done' AND id <> ? AND budget >= ?", grantID, ownID, budget).
		Where(free, u.d.leaseHolder()).Order("created_at, id").Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return proxy.CreateRecord{}, u.findBusyError(findGrantLease, grantID)
	}

	if err != nil {
		return proxy.CreateRecord{}, err
	}

	lease, _, err := u.readLease(findLeaseByID, row.ID)
	row.LeaseLeft = lease.left.Milliseconds()
	record, unread := row.record()

	return record, errors.Join(err, unread)
}

// addToGrant adds the database to the create's grant, if it has one. The user may have selected the database while the
// create was unsettled: then it is both selected and created, so that it counts against the grant's limits.
var addToGrant = newStatement("INSERT INTO grant_databases (grant_id, database_id, selected, budget, created_at) " +
	"SELECT grant_id, ?, FALSE, budget, NOW() FROM creates WHERE id = ? AND grant_id IS NOT NULL " + alsoCreated)

const alsoCreated = "ON CONFLICT (grant_id, database_id) DO UPDATE SET created = TRUE, budget = excluded.budget " +
	"WHERE NOT grant_databases.created"
