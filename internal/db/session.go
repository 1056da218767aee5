package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/session"
)

type sessionRow struct {
	TokenHash    []byte `gorm:"primaryKey"`
	ConnectionID string
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	IdleUntil    int64
	ExpiresAt    int64

	AuthenticatedAt int64
}

func (sessionRow) TableName() string { return "sessions" }

// deleteOldestSessions deletes all but the newest sessions of a connection. The large LIMIT means "no limit" in both
// databases.
const deleteOldestSessions = "DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions WHERE connection_id = ? " +
	"ORDER BY created_at DESC, token_hash LIMIT 1000000 OFFSET ?) RETURNING token_hash"

// InsertSession implements session.Store. It returns keys.ErrConnectRequired when the account was disconnected after
// its connect.
func (d *DB) InsertSession(ctx context.Context, s session.Session, most int) (ended [][sha256.Size]byte, err error) {
	err = d.transactForConnection(ctx, s.ConnectionID, func(u *unitOfWork) error {
		tx := u.gorm()
		// The lock is held until the commit: a disconnect waits, and then finds the session. Another login of the
		// account waits too, so that both together keep to the bound.
		row, err := lockConnection(tx, s.ConnectionID)
		if err != nil {
			return err
		}

		if row.ID == "" || row.State == string(keys.Disconnected) {
			return keys.ErrConnectRequired
		}

		rows, err := tx.Raw(deleteOldestSessions, s.ConnectionID, most-1).Rows()
		if err != nil {
			return err
		}

		if ended, err = readHashes(rows); err != nil {
			return err
		}

		return tx.Create(&sessionRow{
			TokenHash: s.TokenHash[:], ConnectionID: s.ConnectionID, CreatedAt: millis(s.CreatedAt),
			IdleUntil: millis(s.IdleUntil), ExpiresAt: millis(s.ExpiresAt),
			AuthenticatedAt: millis(s.AuthenticatedAt),
		}).Error
	})

	return ended, err
}

func readHashes(rows *sql.Rows) (hashes [][sha256.Size]byte, err error) {
	err = readAll(rows, func(rows *sql.Rows) error {
		for rows.Next() {
			var hash []byte
			if err := rows.Scan(&hash); err != nil {
				return err
			}
			hashes = append(hashes, [sha256.Size]byte(hash))
		}

		return nil
	})

	return hashes, err
}

// FindSession implements session.Store.
func (d *DB) FindSession(ctx context.Context, tokenHash [sha256.Size]byte) (session.Session, error) {
	found := session.Session{TokenHash: tokenHash}

	known, err := d.findOne(ctx, findSession, func(row *sql.Rows) error {
		var created, authenticated, idle, expires int64
		if err := row.Scan(
			&found.ConnectionID, &found.Issuer, &found.Subject, &created, &authenticated, &idle, &expires,
		); err != nil {
			return err
		}
		found.CreatedAt, found.AuthenticatedAt = fromMillis(&created), fromMillis(&authenticated)
		found.IdleUntil, found.ExpiresAt = fromMillis(&idle), fromMillis(&expires)

		return nil
	}, tokenHash[:])
	if err == nil && !known {
		err = session.ErrNotFound
	}

	if err != nil {
		return session.Session{}, err
	}

	return found, nil
}

var findSession = newStatement("SELECT sessions.connection_id, connections.issuer, connections.subject, " +
	"sessions.created_at, sessions.authenticated_at, sessions.idle_until, sessions.expires_at " +
	"FROM sessions JOIN connections ON connections.id = sessions.connection_id WHERE sessions.token_hash = ?")

// ExtendSession implements session.Store.
func (d *DB) ExtendSession(ctx context.Context, tokenHash [sha256.Size]byte, idleUntil time.Time) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Model(
			&sessionRow{},
		).Where(
			"token_hash = ?", tokenHash[:],
		).Updates(
			map[string]any{"idle_until": millis(idleUntil)},
		).Error
	})
}

// DeleteSessions implements session.Store.
func (d *DB) DeleteSessions(ctx context.Context, tokenHashes ...[sha256.Size]byte) error {
	hashes := make([][]byte, len(tokenHashes))
	for n := range tokenHashes {
		hashes[n] = tokenHashes[n][:]
	}

	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Where("token_hash IN ?", hashes).Delete(&sessionRow{}).Error
	})
}

// DeleteSessionsOf implements session.Store.
func (d *DB) DeleteSessionsOf(ctx context.Context, connectionID string) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Where("connection_id = ?", connectionID).Delete(&sessionRow{}).Error
	})
}
