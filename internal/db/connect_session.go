package db

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

type connectSessionRow struct {
	ID              string `gorm:"primaryKey"`
	ServiceID       string
	ExternalID      string
	DisplayName     string
	LoginHint       string
	ReturnURL       string `gorm:"column:return_url"`
	ReconnectID     string
	Asked           string
	State           string
	InvitationHash  []byte
	StatusHash      []byte
	TransactionHash []byte
	ConnectionID    *string
	Epoch           int64
	Consent         string
	CodeHash        []byte
	CodeUntil       *int64
	GrantID         string
	Selects         string
	DatabaseID      string
	LeftAt          *int64
	CreatedAt       int64 `gorm:"autoCreateTime:false"`
	ExpiresAt       int64
}

func (connectSessionRow) TableName() string { return "connect_sessions" }

func (r connectSessionRow) session() (partner.ConnectSession, error) {
	session := partner.ConnectSession{
		ID: r.ID, ServiceID: r.ServiceID, ExternalID: r.ExternalID, DisplayName: r.DisplayName, LoginHint: r.LoginHint,
		ReturnURL: r.ReturnURL, ReconnectID: r.ReconnectID,
		CreatedAt: fromMillis(&r.CreatedAt), ExpiresAt: fromMillis(&r.ExpiresAt),
		InvitationHash: r.InvitationHash, StatusHash: r.StatusHash,
		State: partner.SessionState(r.State), TransactionHash: r.TransactionHash, Epoch: r.Epoch,
		CodeHash: r.CodeHash, CodeUntil: fromMillis(r.CodeUntil), GrantID: r.GrantID,
		Select: r.Selects, DatabaseID: r.DatabaseID, LeftAt: fromMillis(r.LeftAt),
	}
	if r.ConnectionID != nil {
		session.ConnectionID = *r.ConnectionID
	}

	return session, errors.Join(fromJSON(r.Asked, &session.Asked), fromJSON(r.Consent, &session.Consent))
}

// mutableColumns are the columns of a connect session that change with its state. Empty values become NULL, because a
// unique constraint would compare empty values.
func mutableColumns(session partner.ConnectSession) map[string]any {
	changed := map[string]any{
		"state": session.State, "transaction_hash": nil, "connection_id": nil, "epoch": session.Epoch,
		"consent": toJSON(session.Consent), "code_hash": nil, "code_until": optionalMillis(session.CodeUntil),
		"grant_id": session.GrantID, "database_id": session.DatabaseID, "left_at": optionalMillis(session.LeftAt),
	}
	if len(session.TransactionHash) > 0 {
		changed["transaction_hash"] = session.TransactionHash
	}

	if session.ConnectionID != "" {
		changed["connection_id"] = session.ConnectionID
	}

	if len(session.CodeHash) > 0 {
		changed["code_hash"] = session.CodeHash
	}

	return changed
}

// maxEvicted bounds how many old sessions one new session evicts. Each insert adds one, so this catches up with
// concurrent inserts.
const maxEvicted = 8

// InsertConnectSession implements partner.Store. It returns partner.ErrServiceNotFound for an unknown service. It
// evicts the end user's oldest sessions beyond partner.MaxOpenSessions, except those in which the user has approved
// something. When partner.MaxAllowedSessions of those exist, it returns *partner.SessionLimitError.
func (d *DB) InsertConnectSession(ctx context.Context, session partner.ConnectSession) error {
	values := mutableColumns(session)
	values["id"] = session.ID
	values["service_id"] = session.ServiceID
	values["external_id"] = session.ExternalID
	values["display_name"] = session.DisplayName
	values["login_hint"] = session.LoginHint
	values["return_url"] = session.ReturnURL
	values["reconnect_id"] = session.ReconnectID
	values["selects"] = session.Select
	values["asked"] = toJSON(session.Asked)
	values["invitation_hash"] = session.InvitationHash
	values["status_hash"] = session.StatusHash
	values["created_at"] = millis(session.CreatedAt)
	values["expires_at"] = millis(session.ExpiresAt)

	err := d.inTransaction(ctx, func(tx *gorm.DB) error {
		if err := checkSessionQuota(tx, session); err != nil {
			return err
		}

		if err := tx.Model(&connectSessionRow{}).Create(values).Error; err != nil {
			return err
		}

		crowded := tx.Model(&connectSessionRow{}).Select("id").
			Where("service_id = ? AND external_id = ?", session.ServiceID, session.ExternalID).
			Order("created_at DESC, id DESC").Offset(partner.MaxOpenSessions).Limit(maxEvicted)

		return tx.Where("id IN (?)", crowded).
			Where("state NOT IN ?", approvedStates()).
			Delete(&connectSessionRow{}).Error
	})
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return partner.ErrServiceNotFound
	}

	return err
}

// approvedStates are the states of sessions in which the user has approved something.
func approvedStates() []partner.SessionState {
	return []partner.SessionState{partner.SessionAwaitingCompletion, partner.SessionCompleted}
}

// checkSessionQuota fails while the end user has the maximum number of approved sessions. Only DeleteExpired deletes
// those, by the same expiry time. The query follows the index order, which differs from expiry order by at most half an
// hour.
func checkSessionQuota(tx *gorm.DB, session partner.ConnectSession) error {
	var ends []int64

	err := tx.Model(&connectSessionRow{}).
		Where("service_id = ? AND external_id = ?", session.ServiceID, session.ExternalID).
		Where("state IN ?", approvedStates()).
		Where("expires_at >= ?", millis(session.CreatedAt.Add(-connectSessionRetention))).
		Order("created_at DESC").Offset(partner.MaxAllowedSessions-1).Limit(1).Pluck("expires_at", &ends).Error
	if err != nil || len(ends) == 0 {
		return err
	}

	return &partner.SessionLimitError{
		RetryAfter: fromMillis(&ends[0]).Add(connectSessionRetention + maintenanceInterval).Sub(session.CreatedAt),
	}
}

// FindConnectSession implements partner.Store.
func (d *DB) FindConnectSession(
	ctx context.Context, key partner.SessionKey,
) (partner.ConnectSession, partner.Service, error) {
	if key.ID == "" && len(key.InvitationHash) == 0 && len(key.Transaction) == 0 {
		return partner.ConnectSession{}, partner.Service{}, partner.ErrSessionNotFound
	}
	var found struct {
		Row     connectSessionRow `gorm:"embedded"`
		Service foundService      `gorm:"embedded;embeddedPrefix:partner_"`
	}

	err := d.runRead(ctx, func(read *gorm.DB) error {
		query := read.Model(&connectSessionRow{}).Select("connect_sessions.*, " + serviceColumns(read)).
			Joins("JOIN services ON services.id = connect_sessions.service_id")
		if key.ID != "" {
			query = query.Where("connect_sessions.id = ?", key.ID)
		}

		if key.ServiceID != "" {
			query = query.Where("connect_sessions.service_id = ?", key.ServiceID)
		}

		if len(key.InvitationHash) > 0 {
			query = query.Where("connect_sessions.invitation_hash = ?", key.InvitationHash)
		}

		if len(key.Transaction) > 0 {
			query = query.Where("connect_sessions.transaction_hash = ?", key.Transaction)
		}

		return query.Take(&found).Error
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = partner.ErrSessionNotFound
	}

	if err != nil {
		return partner.ConnectSession{}, partner.Service{}, err
	}
	session, sessionErr := found.Row.session()
	service, serviceErr := found.Service.service()

	return session, service, errors.Join(sessionErr, serviceErr)
}

// MoveConnectSession implements partner.Store. It returns keys.ErrNotFound when the session's connection was erased.
func (d *DB) MoveConnectSession(
	ctx context.Context, session partner.ConnectSession, event keys.Event, from ...partner.SessionState,
) (moved bool, err error) {
	err = d.inTransaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(&connectSessionRow{}).Where("id = ? AND state IN ?", session.ID, from).
			Updates(mutableColumns(session))
		moved = result.RowsAffected == 1

		if result.Error != nil || !moved || event.Action == "" {
			return result.Error
		}

		return d.appendEvents(tx, []keys.Event{event})
	})
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return false, keys.ErrNotFound
	}

	return moved && err == nil, err
}

// RecordDeparture implements partner.Store.
func (d *DB) RecordDeparture(ctx context.Context, id string, at time.Time) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Model(&connectSessionRow{}).
			Where("id = ? AND state IN ?", id, []partner.SessionState{
				partner.SessionAuthenticating, partner.SessionConsenting,
			}).
			Updates(map[string]any{"left_at": optionalMillis(at)}).Error
	})
}
