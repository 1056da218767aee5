// Package session manages the cookie sessions of browsers. The cookie contains a random token; the store contains only
// its hash. Every login creates a new token. A session ends when it is idle too long, at its absolute end (never after
// the expiry of the access token that started it), at logout, or when its account disconnects.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/cache"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
)

// ErrNotFound means that the session does not exist or has ended.
var ErrNotFound = problem.Sentinel(problem.SessionExpired, "no such session", "The session expired, was logged "+
	"out, or was replaced because the account logged in from too many browsers. Connect again.")

const (
	tokenBytes = 32
	maxRecent  = 20_000 // sessions in memory, about 10 MB

	// MaxActive limits the sessions of one connection: the next login ends the oldest. It exceeds the number of
	// browsers that a person uses, and bounds the storage that one account can occupy.
	MaxActive = 32
)

// Session is one browser's login to one connection.
type Session struct {
	TokenHash    [sha256.Size]byte
	ConnectionID string
	Issuer       string // with Subject, identifies the account
	Subject      string
	CreatedAt    time.Time
	// AuthenticatedAt is when the user logged in at the issuer; zero if unknown. It never changes: a newer login starts
	// another session.
	AuthenticatedAt time.Time
	IdleUntil       time.Time
	ExpiresAt       time.Time
}

// Login is the login that starts a session, as its access token describes it.
type Login struct {
	AuthenticatedAt time.Time
	TokenExpiresAt  time.Time
}

// Store stores sessions by hash.
type Store interface {
	// InsertSession stores a session. If its connection then has more than most sessions, it deletes the oldest ones
	// and returns their hashes.
	InsertSession(ctx context.Context, session Session, most int) (ended [][sha256.Size]byte, err error)
	// FindSession returns ErrNotFound if there is no such session.
	FindSession(ctx context.Context, tokenHash [sha256.Size]byte) (Session, error)
	// ExtendSession extends the idle end.
	ExtendSession(ctx context.Context, tokenHash [sha256.Size]byte, idleUntil time.Time) error
	DeleteSessions(ctx context.Context, tokenHashes ...[sha256.Size]byte) error
	DeleteSessionsOf(ctx context.Context, connectionID string) error
}

// Options configure a Manager. Store, Idle and Max are required.
type Options struct {
	Store Store
	Idle  time.Duration // lifetime without a request
	Max   time.Duration // absolute lifetime
	Now   func() time.Time
}

// Manager manages sessions. It is safe for concurrent use. It caches sessions for at most cache.MaxLife. Therefore it
// rejects a session that another server ended after at most this time, and a session that this server ended
// immediately.
type Manager struct {
	options Options
	recent  *cache.Cache[[sha256.Size]byte, Session]
}

// NewManager creates a Manager. It returns an error if a required option is missing.
func NewManager(options Options) (*Manager, error) {
	if options.Store == nil || options.Idle <= 0 || options.Max <= 0 {
		return nil, errors.New("session: Store, Idle and Max are required")
	}

	if options.Now == nil {
		options.Now = time.Now
	}

	return &Manager{
		options: options, recent: cache.New[[sha256.Size]byte, Session](maxRecent, cache.MaxLife, options.Now),
	}, nil
}

// Start creates a session that ends no later than the login's token, and returns the value of the cookie.
func (m *Manager) Start(ctx context.Context, connectionID string, login Login) (secret.Text, Session, error) {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // never fails: crypto/rand crashes the program instead
	token := base64.RawURLEncoding.EncodeToString(raw)
	now := m.options.Now()

	end := now.Add(m.options.Max)
	if login.TokenExpiresAt.Before(end) {
		end = login.TokenExpiresAt
	}

	session := Session{
		TokenHash: sha256.Sum256([]byte(token)), ConnectionID: connectionID,
		CreatedAt: now, AuthenticatedAt: login.AuthenticatedAt,
		IdleUntil: earlier(now.Add(m.options.Idle), end), ExpiresAt: end,
	}

	ended, err := m.options.Store.InsertSession(ctx, session, MaxActive)
	if err != nil {
		return secret.Text{}, Session{}, err
	}

	for _, hash := range ended {
		m.recent.Drop(hash)
	}

	return secret.New(token), session, nil
}

// Find returns the live session of a cookie and extends its idle end. It returns ErrNotFound if there is none.
func (m *Manager) Find(ctx context.Context, token string) (Session, error) {
	if base64.RawURLEncoding.DecodedLen(len(token)) != tokenBytes {
		return Session{}, ErrNotFound
	}

	hash := sha256.Sum256([]byte(token))
	if session, ok := m.recent.Find(hash); ok && !m.touchIsDue(session) {
		return session, m.live(session)
	}

	return m.recent.Load(hash, func() (Session, error) { return m.find(ctx, hash) })
}

// find reads the session from the store.
func (m *Manager) find(ctx context.Context, hash [sha256.Size]byte) (Session, error) {
	session, err := m.options.Store.FindSession(ctx, hash)
	if err == nil {
		err = m.live(session)
	}

	if err != nil {
		return Session{}, err
	}

	if m.touchIsDue(session) {
		session.IdleUntil = m.idleEnd(session)
		if err := m.options.Store.ExtendSession(ctx, hash, session.IdleUntil); err != nil {
			return Session{}, err
		}
	}

	return session, nil
}

// live returns ErrNotFound for a session that has ended.
func (m *Manager) live(session Session) error {
	if now := m.options.Now(); !now.Before(session.IdleUntil) || !now.Before(session.ExpiresAt) {
		return ErrNotFound
	}

	return nil
}

// idleEnd returns the time at which the session ends without further requests.
func (m *Manager) idleEnd(session Session) time.Time {
	return earlier(m.options.Now().Add(m.options.Idle), session.ExpiresAt)
}

// touchIsDue reports whether to store the new idle end. A precision of a tenth of the idle time is enough, and avoids
// a write for most requests.
func (m *Manager) touchIsDue(session Session) bool {
	return m.idleEnd(session).Sub(session.IdleUntil) > m.options.Idle/10
}

// End ends the session of a cookie, if there is one.
func (m *Manager) End(ctx context.Context, tokens ...string) error {
	hashes := make([][sha256.Size]byte, len(tokens))
	for n, token := range tokens {
		hashes[n] = sha256.Sum256([]byte(token))
		defer m.recent.Drop(hashes[n])
	}

	return m.options.Store.DeleteSessions(ctx, hashes...)
}

// EndAll ends every session of a connection.
func (m *Manager) EndAll(ctx context.Context, connectionID string) error {
	defer m.recent.DropWhere(func(session Session) bool { return session.ConnectionID == connectionID })
	return m.options.Store.DeleteSessionsOf(ctx, connectionID)
}

// Forget drops the cached sessions of an account, after a disconnect has ended them in the store.
func (m *Manager) Forget(issuer, subject string) {
	m.recent.DropWhere(func(session Session) bool { return session.Issuer == issuer && session.Subject == subject })
}

// Recent returns the statistics of the session cache.
func (m *Manager) Recent() cache.Stats { return m.recent.Stats() }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}

	return b
}
