package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

type connectionRow struct {
	ID             string `gorm:"primaryKey"`
	Issuer         string
	Subject        string
	Email          string
	State          string
	KeyName        string
	SealedKey      []byte
	ConnectedAt    *int64
	DisconnectedAt *int64
	LeaseFence     int64
	LeaseUntil     int64
	CreatedAt      int64 `gorm:"autoCreateTime:false"`
	Epoch          int64
}

func (connectionRow) TableName() string { return "connections" }

type intentRow struct {
	ID           string `gorm:"primaryKey"`
	ConnectionID string
	Name         string
	State        string
	Fence        int64
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
}

func (intentRow) TableName() string { return "mint_intents" }

func (r intentRow) intent() keys.Intent {
	return keys.Intent{
		ID: r.ID, ConnectionID: r.ConnectionID, Name: r.Name, State: keys.IntentState(r.State),
		Fence: r.Fence, CreatedAt: fromMillis(&r.CreatedAt),
	}
}

func (r connectionRow) connection(intents []intentRow, leaseHeld bool) keys.Connection {
	connection := keys.Connection{
		ID:             r.ID,
		Account:        keys.Account{Issuer: r.Issuer, Subject: r.Subject},
		Email:          r.Email,
		State:          keys.State(r.State),
		KeyName:        r.KeyName,
		SealedKey:      r.SealedKey,
		ConnectedAt:    fromMillis(r.ConnectedAt),
		DisconnectedAt: fromMillis(r.DisconnectedAt),
		LeaseHeld:      leaseHeld,
		Epoch:          r.Epoch,
	}
	for _, row := range intents {
		connection.Intents = append(connection.Intents, row.intent())
	}

	return connection
}

func byAccount(account keys.Account) map[string]any {
	return map[string]any{"issuer": account.Issuer, "subject": account.Subject}
}

// FindConnection implements keys.Store.
func (d *DB) FindConnection(ctx context.Context, account keys.Account) (found keys.Connection, err error) {
	err = d.find(ctx, findByAccount, func(rows *sql.Rows) (err error) {
		found, _, err = readConnection(rows)
		return err
	}, account.Issuer, account.Subject)
	if err != nil {
		return keys.Connection{}, err
	}

	return found, nil
}

// findConnections reads a connection and its intents with one statement, so that they are consistent.
const findConnections = "SELECT connections.id, issuer, subject, email, connections.state, key_name, sealed_key, " +
	"connected_at, disconnected_at, epoch, lease_fence, lease_until > NOW(), " +
	"mint_intents.id, mint_intents.name, mint_intents.state, mint_intents.fence, mint_intents.created_at " +
	"FROM connections LEFT JOIN mint_intents " +
	"ON mint_intents.connection_id = connections.id AND mint_intents.state <> '" + string(keys.IntentRefused) + "' WHERE "

var (
	findByAccount = newStatement(findConnections + "issuer = ? AND subject = ?")
	findByID      = newStatement(findConnections + "connections.id = ?")
)

// findConnection is FindConnection in the caller's transaction. It also returns the fence of the connection's last
// lease.
func findConnection(tx *gorm.DB, s *statement, values ...any) (found keys.Connection, fence int64, err error) {
	rows, err := tx.Raw(s.textFor(tx), values...).Rows()
	if err != nil {
		return keys.Connection{}, 0, err
	}

	err = readAll(rows, func(rows *sql.Rows) (err error) {
		found, fence, err = readConnection(rows)
		return err
	})

	return found, fence, err
}

// readConnection reads the result of findConnections: one row for each intent, or one row without an intent. It returns
// keys.ErrNotFound when there is no row.
func readConnection(rows *sql.Rows) (found keys.Connection, fence int64, err error) {
	var (
		state                   string
		connected, disconnected sql.NullInt64
		id, name, intentState   sql.NullString
		intentFence, created    sql.NullInt64
	)

	for rows.Next() {
		if err := rows.Scan(
			&found.ID, &found.Account.Issuer, &found.Account.Subject, &found.Email, &state, &found.KeyName,
			&found.SealedKey, &connected, &disconnected, &found.Epoch, &fence, &found.LeaseHeld,
			&id, &name, &intentState, &intentFence, &created,
		); err != nil {
			return keys.Connection{}, 0, err
		}

		if id.Valid {
			found.Intents = append(found.Intents, keys.Intent{
				ID: id.String, ConnectionID: found.ID, Name: name.String, State: keys.IntentState(intentState.String),
				Fence: intentFence.Int64, CreatedAt: fromMillis(&created.Int64),
			})
		}
	}

	if found.ID == "" && rows.Err() == nil {
		return keys.Connection{}, 0, keys.ErrNotFound
	}
	found.State = keys.State(state)
	found.ConnectedAt, found.DisconnectedAt = fromMillis(&connected.Int64), fromMillis(&disconnected.Int64)

	// Sort here, not in the statement: SQLite builds a temporary B-tree to sort even one row.
	slices.SortFunc(found.Intents, func(a, b keys.Intent) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})

	return found, fence, nil
}

// EnsureConnection implements keys.Store. The unique constraint decides races.
func (d *DB) EnsureConnection(
	ctx context.Context, account keys.Account, id string, at time.Time,
) (found keys.Connection, err error) {
	err = d.inTransaction(ctx, func(tx *gorm.DB) error {
		row := connectionRow{
			ID:        id,
			Issuer:    account.Issuer,
			Subject:   account.Subject,
			State:     string(keys.Pending),
			CreatedAt: millis(at),
		}

		result := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if result.Error != nil {
			return result.Error
		}

		if result.RowsAffected == 1 {
			found = row.connection(nil, false) // unchanged since the insert: no other transaction has seen it yet
			return nil
		}
		var err error
		found, _, err = findConnection(tx, findByAccount, account.Issuer, account.Subject)

		return err
	})

	return found, err
}

// MoveConnection implements keys.Store.
func (d *DB) MoveConnection(
	ctx context.Context, id, keyName string, from, to keys.State, events ...keys.Event,
) (moved bool, err error) {
	err = d.transact(ctx, func(u *unitOfWork) error {
		changed, err := u.exec(moveConnection, string(to), id, keyName, string(from))
		moved = changed == 1

		if err != nil || !moved {
			return err
		}

		if err := writePauseEvents(u.gorm(), id, to, time.Now()); err != nil {
			return err
		}

		return u.recordAll(events)
	})

	return moved, err
}

var moveConnection = newStatement("UPDATE connections SET state = ? WHERE id = ? AND key_name = ? AND state = ?")

// ReuseConnection implements keys.Store.
func (d *DB) ReuseConnection(
	ctx context.Context, id, keyName string, from keys.State, email string, events ...keys.Event,
) (reused bool, err error) {
	err = d.transact(ctx, func(u *unitOfWork) error {
		changed, err := u.exec(reuseConnection, string(keys.Active), email, id, keyName, string(from))
		reused = changed == 1

		if err != nil || !reused {
			return err
		}

		if err := writePauseEvents(u.gorm(), id, keys.Active, time.Now()); err != nil {
			return err
		}

		return u.recordAll(events)
	})

	return reused, err
}

var reuseConnection = newStatement("UPDATE connections SET state = ?, email = ? " +
	"WHERE id = ? AND key_name = ? AND state = ? AND sealed_key IS NOT NULL")

// DisconnectConnection implements keys.Store. It also disconnects a disconnected connection, because a mint may be in
// progress for it.
func (d *DB) DisconnectConnection(
	ctx context.Context, account keys.Account, at time.Time,
) (endedGrants int, err error) {
	err = d.inOwnTransaction(ctx, func(tx *gorm.DB) error {
		before, err := lockForDisconnect(tx, account)
		if err != nil {
			return err
		}

		if err := disconnect(tx, before.ID, at); err != nil {
			return err
		}

		if err := d.appendEvents(tx, keys.DisconnectEvents(before, at)); err != nil {
			return err
		}
		all := partner.GrantFilter{ConnectionID: before.ID}

		endedGrants, err = d.revoke(tx, all, 0, revokedByDisconnect, keys.Event{
			At: at, Action: keys.ActionGrantRevoked, Detail: revokedByDisconnect,
		})

		return err
	})
	if err != nil {
		return 0, err
	}
	d.requestTruncate()

	return endedGrants, nil
}

// lockForDisconnect reads a connection and locks it until the caller's transaction ends.
func lockForDisconnect(tx *gorm.DB, account keys.Account) (keys.Connection, error) {
	var row struct {
		Row  connectionRow `gorm:"embedded"`
		Held bool
	}

	err := tx.Model(&connectionRow{}).Select("connections.*, lease_until > " + now(tx) + " AS held").
		Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where(byAccount(account)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return keys.Connection{}, keys.ErrNotFound
	}

	return row.Row.connection(nil, row.Held), err
}

func disconnect(tx *gorm.DB, id string, at time.Time) error {
	// The new fence prevents a mint in progress from storing its key in a disconnected row. The new epoch prevents
	// every earlier grant from becoming valid again.
	err := tx.Model(&connectionRow{}).Where("id = ?", id).Updates(map[string]any{
		"state": keys.Disconnected, "sealed_key": nil, "key_name": "", "disconnected_at": millis(at),
		"lease_fence": gorm.Expr("lease_fence + 1"), "lease_until": 0, "epoch": gorm.Expr("epoch + 1"),
	}).Error
	if err != nil {
		return err
	}

	err = tx.Model(&intentRow{}).Where("connection_id = ? AND state = ?", id, keys.IntentLive).
		Updates(map[string]any{"state": keys.IntentLeftBehind}).Error
	if err != nil {
		return err
	}

	err = tx.Model(&usedTokenRow{}).Where("connection_id = ?", id).Updates(map[string]any{"spent": true}).Error
	if err != nil {
		return err
	}

	return tx.Where("connection_id = ?", id).Delete(&sessionRow{}).Error
}
