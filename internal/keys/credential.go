package keys

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/cache"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// Credential is the credential for one request, with the data needed to report later that upstream rejected it.
type Credential struct {
	upstash.Credential
	ConnectionID string
	// Binding changes whenever the key, its e-mail, its sealed form or the connection's state changes. Data read under
	// one binding is never shown under another.
	Binding [sha256.Size]byte
	KeyName string // the name in upstream's list of keys
	account Account
	state   State
}

func binding(connection Connection) [sha256.Size]byte {
	hash := sha256.New()
	for _, part := range []string{
		connection.ID, connection.KeyName, connection.Email, string(connection.State), string(connection.SealedKey),
	} {
		_, _ = fmt.Fprintf(hash, "%d:%s", len(part), part)
	}

	return [sha256.Size]byte(hash.Sum(nil))
}

func keyCell(connectionID string) seal.Cell {
	return seal.Cell{Table: "connections", Row: connectionID, Column: "sealed_key"}
}

// Credential decrypts the account's key for one request. It returns the errors of CredentialOf, and ErrConnectRequired
// for an unknown account.
func (c *Custodian) Credential(ctx context.Context, account Account) (Credential, error) {
	connection, err := c.known(ctx, account)
	if err != nil {
		return Credential{}, err
	}

	return c.CredentialOf(ctx, connection)
}

// Recent is Credential for read-only calls: the key may be up to cache.MaxLife out of date. A change to the connection
// by this server takes effect immediately, a change by another server within cache.MaxLife.
func (c *Custodian) Recent(ctx context.Context, account Account) (Credential, error) {
	if credential, ok := c.recent.Find(account); ok {
		return credential, nil
	}

	return c.recent.Load(account, func() (Credential, error) { return c.Credential(ctx, account) })
}

// RecentStats counts the decrypted keys in memory, and the hits and misses.
func (c *Custodian) RecentStats() cache.Stats { return c.recent.Stats() }

// Renew returns the credential for a further call. If the connection has not changed, that is the same credential,
// without decrypting the key again; otherwise it is what Credential returns now.
func (c *Custodian) Renew(ctx context.Context, credential Credential) (Credential, error) {
	connection, err := c.known(ctx, credential.account)
	if err != nil {
		return Credential{}, err
	}

	if binding(connection) == credential.Binding {
		return credential, nil
	}

	return c.CredentialOf(ctx, connection)
}

// known reads the connection of an account; ErrConnectRequired for an unknown account.
func (c *Custodian) known(ctx context.Context, account Account) (Connection, error) {
	connection, err := c.options.Store.FindConnection(ctx, account)
	if errors.Is(err, ErrNotFound) {
		return Connection{}, ErrConnectRequired
	}

	return connection, err
}

// CredentialOf decrypts the key of a connection that was just read. For a suspect connection it probes the key first,
// so that no call uses a doubtful key. It returns ErrConnectRequired or ErrReconnectRequired when there is no usable
// key, and the probe's error as ReportRejected does.
func (c *Custodian) CredentialOf(ctx context.Context, connection Connection) (Credential, error) {
	if err := connection.Usable(); err != nil {
		return Credential{}, err
	}

	credential, err := c.open(ctx, connection)
	if err != nil || connection.State != Suspect {
		return credential, err
	}

	if err := c.ReportRejected(ctx, credential); err != nil {
		return Credential{}, err
	}
	connection.State = Active
	credential.state, credential.Binding = Active, binding(connection)

	return credential, nil
}

// open decrypts the key. A key that cannot be decrypted was moved or damaged: its account must log in again, and no
// other account is affected. A probe could not help, so the connection does not stay suspect.
func (c *Custodian) open(ctx context.Context, connection Connection) (Credential, error) {
	credential := Credential{
		ConnectionID: connection.ID, Binding: binding(connection), KeyName: connection.KeyName,
		account: connection.Account, state: connection.State,
	}

	key, err := c.options.Box.Open(connection.SealedKey, keyCell(connection.ID))
	if err != nil && !errors.Is(err, seal.ErrCannotOpen) {
		// The keyset lacks the sealing key; the row may be intact. A server with the right keyset can decrypt it, so
		// the connection's state does not change.
		c.options.Logger.ErrorContext(
			ctx, "this keyset cannot decrypt a sealed key", "connection", connection.ID, "error", err,
		)

		return Credential{}, err
	}

	if err != nil {
		c.options.Logger.ErrorContext(ctx, "a sealed key cannot be decrypted", "connection", connection.ID)

		if moveErr := c.requireReconnect(ctx, credential); moveErr != nil {
			return Credential{}, moveErr
		}

		return Credential{}, fmt.Errorf("%w: %w", ErrReconnectRequired, err)
	}
	credential.Credential = upstash.Credential{
		Email: connection.Email, Key: secret.New(string(key)), Account: string(connection.Account.Caller()),
	}

	return credential, nil
}

// requireReconnect moves the connection to reconnect_required, through suspect.
func (c *Custodian) requireReconnect(ctx context.Context, credential Credential) error {
	if _, err := c.changeState(ctx, credential, Active, Suspect); err != nil {
		return err
	}
	_, err := c.changeState(ctx, credential, Suspect, ReconnectRequired)

	return err
}

// ReportAccepted records that upstream accepted the credential: a suspect connection becomes active again.
func (c *Custodian) ReportAccepted(ctx context.Context, credential Credential) {
	if credential.state != Suspect {
		return
	}

	if _, err := c.changeState(ctx, credential, Suspect, Active); err != nil {
		c.options.Logger.WarnContext(
			ctx, "connection state not changed", "connection", credential.ConnectionID, "error", err,
		)
	}
}

// ReportRejected handles a 401 or 403 from upstream. The connection becomes suspect and one probe decides: nil when
// the credential still works, ErrReconnectRequired when upstream rejects it again, and the probe's error when the
// result is unclear (the connection stays suspect).
func (c *Custodian) ReportRejected(ctx context.Context, credential Credential) error {
	defer c.recent.Drop(credential.account) // even if the state stays: another server may have replaced the key

	if credential.state == Active {
		if _, err := c.changeState(ctx, credential, Active, Suspect); err != nil {
			return err
		}
	}

	probeErr := c.probe(ctx, credential.Credential)
	switch {
	case probeErr == nil:
		_, err := c.changeState(ctx, credential, Suspect, Active)
		return err
	case rejected(probeErr):
		moved, err := c.changeState(ctx, credential, Suspect, ReconnectRequired)
		if err != nil {
			return err
		}

		if !moved && c.replaced(ctx, credential) {
			return &InProgressError{RetryAfter: time.Second}
		}

		return ErrReconnectRequired
	}

	return probeErr
}

// replaced reports whether a connect has replaced the rejected key meanwhile.
func (c *Custodian) replaced(ctx context.Context, credential Credential) bool {
	connection, err := c.options.Store.FindConnection(ctx, credential.account)
	return err == nil && connection.State == Active && connection.KeyName != credential.KeyName
}

func (c *Custodian) probe(ctx context.Context, credential upstash.Credential) error {
	_, err := c.options.Upstream.Databases(ctx, credential)
	return err
}

func rejected(err error) bool {
	return errors.Is(err, upstash.ErrCredentialRefused) || errors.Is(err, upstash.ErrForbidden)
}

// changeState changes the state if it is still from and the connection still has the credential's key.
func (c *Custodian) changeState(ctx context.Context, credential Credential, from, to State) (bool, error) {
	defer c.recent.Drop(credential.account)

	events := edgeEvents(c.options.Now(), credential.ConnectionID, from, to)

	moved, err := c.options.Store.MoveConnection(ctx, credential.ConnectionID, credential.KeyName, from, to, events...)
	if err != nil || !moved {
		return moved, err
	}
	c.logEdge(ctx, credential.ConnectionID, from, to)

	return true, nil
}

// logEdge logs a state change. Its audit event was committed together with it.
func (c *Custodian) logEdge(ctx context.Context, connectionID string, from, to State) {
	if from != to {
		c.options.Logger.InfoContext(
			ctx, "connection state changed", "connection", connectionID, "from", from, "to", to,
		)
	}
}

// edgeEvents returns the audit event of a state change; none when the state stays the same.
func edgeEvents(at time.Time, connectionID string, from, to State) []Event {
	if from == to {
		return nil
	}

	return []Event{{
		At: at, Action: ActionStateChanged, ConnectionID: connectionID, Detail: fmt.Sprintf("%s -> %s", from, to),
	}}
}

// DisconnectEvents returns the audit events of a disconnect: the state change and the destroyed key. It returns none
// when the connection was already disconnected and no mint was in progress.
func DisconnectEvents(before Connection, at time.Time) []Event {
	events := edgeEvents(at, before.ID, before.State, Disconnected)
	if before.State != Disconnected || before.LeaseHeld {
		events = append(events, Event{
			At: at, Action: ActionDisconnected, ConnectionID: before.ID, Detail: before.KeyName,
		})
	}

	return events
}

// audit records an event of a call that failed and changed nothing here. A failure to write it is only logged, because
// the caller already gets the call's own error.
func (c *Custodian) audit(ctx context.Context, event Event) {
	if err := c.options.Audit.Record(context.WithoutCancel(ctx), event); err != nil {
		c.options.Logger.ErrorContext(ctx, "audit event not written",
			"action", event.Action, "connection", event.ConnectionID, "error", err)
	}
}
