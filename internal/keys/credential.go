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

// Credential is a credential for one request, with what is needed to say later that upstream refused it.
type Credential struct {
	upstash.Credential
	ConnectionID string
	// Binding is another one as soon as anything is: the key, the e-mail, how either is kept, or what is thought of the
	// key. What was read under one binding is not shown under another.
	Binding [sha256.Size]byte
	KeyName string // as upstream lists it
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

// Credential opens the account's key for one request. Its errors are those of CredentialOf, and ErrConnectRequired for an
// account that was never seen.
func (c *Custodian) Credential(ctx context.Context, account Account) (Credential, error) {
	connection, err := c.known(ctx, account)
	if err != nil {
		return Credential{}, err
	}

	return c.CredentialOf(ctx, connection)
}

// Recent is Credential for a call that only reads: the key may be as it was at most cache.MaxLife ago. What this server
// does to the connection counts at once, what another does that much later at most.
func (c *Custodian) Recent(ctx context.Context, account Account) (Credential, error) {
	if credential, ok := c.recent.Find(account); ok {
		return credential, nil
	}

	return c.recent.Load(account, func() (Credential, error) { return c.Credential(ctx, account) })
}

// RecentStats says how many opened keys are in memory, and how often one was asked for.
func (c *Custodian) RecentStats() cache.Stats { return c.recent.Stats() }

// Renew is for a further call with a key that was lent before. While the connection is as it was then, it returns the
// same key without opening it again; otherwise it returns what Credential returns now.
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

// known reads the connection of an account; ErrConnectRequired when it was never seen.
func (c *Custodian) known(ctx context.Context, account Account) (Connection, error) {
	connection, err := c.options.Store.FindConnection(ctx, account)
	if errors.Is(err, ErrNotFound) {
		return Connection{}, ErrConnectRequired
	}

	return connection, err
}

// CredentialOf opens the key of a connection that was read just now. That of a suspect connection is tried first, so that
// nothing is asked for with a key in doubt. ErrConnectRequired or ErrReconnectRequired when there is none, and the
// trial's error as of ReportRejected.
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

// open unseals the key. One that does not open was moved or damaged: its account has to log in again, and no other is
// touched. There is nothing to ask upstream about it, so it does not stay suspect.
func (c *Custodian) open(ctx context.Context, connection Connection) (Credential, error) {
	credential := Credential{
		ConnectionID: connection.ID, Binding: binding(connection), KeyName: connection.KeyName,
		account: connection.Account, state: connection.State,
	}

	key, err := c.options.Box.Open(connection.SealedKey, keyCell(connection.ID))
	if err != nil && !errors.Is(err, seal.ErrCannotOpen) {
		// The fault is the keyset's, not the row's: another that has the key opens it, so nothing is said against the
		// connection.
		c.options.Logger.ErrorContext(
			ctx, "a sealed key cannot be opened with this keyset", "connection", connection.ID, "error", err,
		)

		return Credential{}, err
	}

	if err != nil {
		c.options.Logger.ErrorContext(ctx, "a sealed key does not open", "connection", connection.ID)

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

// requireReconnect walks the states to reconnect_required.
func (c *Custodian) requireReconnect(ctx context.Context, credential Credential) error {
	if _, err := c.changeState(ctx, credential, Active, Suspect); err != nil {
		return err
	}
	_, err := c.changeState(ctx, credential, Suspect, ReconnectRequired)

	return err
}

// ReportAccepted notes that upstream took the credential: a suspect connection is active again.
func (c *Custodian) ReportAccepted(ctx context.Context, credential Credential) {
	if credential.state != Suspect {
		return
	}

	if _, err := c.changeState(ctx, credential, Suspect, Active); err != nil {
		c.options.Logger.WarnContext(ctx, "connection state not changed", "connection", credential.ConnectionID, "error", err)
	}
}

// ReportRejected is called when upstream answered 401 or 403 to the credential. The connection turns suspect, one probe
// decides: nil when the credential works after all, ErrReconnectRequired when it does not, and the probe's own error
// when nothing can be said now (the connection stays suspect).
func (c *Custodian) ReportRejected(ctx context.Context, credential Credential) error {
	defer c.recent.Drop(credential.account) // also when nothing is moved: the key may have been replaced elsewhere

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

// replaced reports whether a connect has put another key in the place of the refused one meanwhile.
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

// changeState changes the state if it is still from and the key still the one held.
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

// logEdge logs an edge of the state machine. Its event was committed with it.
func (c *Custodian) logEdge(ctx context.Context, connectionID string, from, to State) {
	if from != to {
		c.options.Logger.InfoContext(
			ctx, "connection state changed", "connection", connectionID, "from", from, "to", to,
		)
	}
}

// edgeEvents is the audit event of an edge of the state machine; none when the state stays as it is.
func edgeEvents(at time.Time, connectionID string, from, to State) []Event {
	if from == to {
		return nil
	}

	return []Event{{
		At: at, Action: ActionStateChanged, ConnectionID: connectionID, Detail: fmt.Sprintf("%s -> %s", from, to),
	}}
}

// DisconnectEvents are those of a connection that is disconnected: of the state it leaves, and of the key whose copy is
// destroyed. None when it was disconnected before and no mint was under way for it.
func DisconnectEvents(before Connection, at time.Time) []Event {
	events := edgeEvents(at, before.ID, before.State, Disconnected)
	if before.State != Disconnected || before.LeaseHeld {
		events = append(events, Event{
			At: at, Action: ActionDisconnected, ConnectionID: before.ID, Detail: before.KeyName,
		})
	}

	return events
}

// audit writes an audit event of a call that failed and changed nothing here. The caller learns of the failure in any
// case, so that it could not be written is logged, not returned.
func (c *Custodian) audit(ctx context.Context, event Event) {
	if err := c.options.Audit.Record(context.WithoutCancel(ctx), event); err != nil {
		c.options.Logger.ErrorContext(ctx, "audit event not written",
			"action", event.Action, "connection", event.ConnectionID, "error", err)
	}
}
