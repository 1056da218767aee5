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

func place(connectionID string) seal.Cell {
	return seal.Cell{Table: "connections", Row: connectionID, Column: "sealed_key"}
}

// Credential opens the account's key for one request. Its errors are those of Lend, and ErrConnectRequired for an
// account that was never seen.
func (c *Custodian) Credential(ctx context.Context, account Account) (Credential, error) {
	connection, err := c.known(ctx, account)
	if err != nil {
		return Credential{}, err
	}

	return c.Lend(ctx, connection)
}

// Recent is Credential for a call that only reads: the key may be as it was at most cache.MaxLife ago. What this server
// does to the connection counts at once, what another does that much later at most.
func (c *Custodian) Recent(ctx context.Context, account Account) (Credential, error) {
	if held, ok := c.recent.Find(account); ok {
		return held, nil
	}

	return c.recent.Load(account, func() (Credential, error) { return c.Credential(ctx, account) })
}

// RecentStats says how many opened keys are in memory, and how often one was asked for.
func (c *Custodian) RecentStats() cache.Stats { return c.recent.Stats() }

// Renew is for a further call with a key that was lent before. While the connection is as it was then, it returns the
// same key without opening it again; otherwise it returns what Credential returns now.
func (c *Custodian) Renew(ctx context.Context, held Credential) (Credential, error) {
	connection, err := c.known(ctx, held.account)
	if err != nil {
		return Credential{}, err
	}

	if binding(connection) == held.Binding {
		return held, nil
	}

	return c.Lend(ctx, connection)
}

// known reads the connection of an account; ErrConnectRequired when it was never seen.
func (c *Custodian) known(ctx context.Context, account Account) (Connection, error) {
	connection, err := c.options.Store.FindConnection(ctx, account)
	if errors.Is(err, ErrNotFound) {
		return Connection{}, ErrConnectRequired
	}

	return connection, err
}

// Lend opens the key of a connection that was read just now. That of a suspect connection is tried first, so that
// nothing is asked for with a key in doubt. ErrConnectRequired or ErrReconnectRequired when there is none, and the
// trial's error as of Refused.
func (c *Custodian) Lend(ctx context.Context, connection Connection) (Credential, error) {
	if err := connection.Usable(); err != nil {
		return Credential{}, err
	}

	held, err := c.open(ctx, connection)
	if err != nil || connection.State != Suspect {
		return held, err
	}

	if err := c.Refused(ctx, held); err != nil {
		return Credential{}, err
	}
	connection.State = Active
	held.state, held.Binding = Active, binding(connection)

	return held, nil
}

// open unseals the key. One that does not open was moved or damaged: its account has to log in again, and no other is
// touched. There is nothing to ask upstream about it, so it does not stay suspect.
func (c *Custodian) open(ctx context.Context, connection Connection) (Credential, error) {
	held := Credential{
		ConnectionID: connection.ID, Binding: binding(connection), KeyName: connection.KeyName,
		account: connection.Account, state: connection.State,
	}

	key, err := c.options.Box.Open(connection.SealedKey, place(connection.ID))
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

		if moveErr := c.condemn(ctx, held); moveErr != nil {
			return Credential{}, moveErr
		}

		return Credential{}, fmt.Errorf("%w: %w", ErrReconnectRequired, err)
	}
	held.Credential = upstash.Credential{
		Email: connection.Email, Key: secret.New(string(key)), Account: string(connection.Account.Caller()),
	}

	return held, nil
}

// condemn walks the states to reconnect_required.
func (c *Custodian) condemn(ctx context.Context, held Credential) error {
	if _, err := c.move(ctx, held, Active, Suspect); err != nil {
		return err
	}
	_, err := c.move(ctx, held, Suspect, ReconnectRequired)

	return err
}

// Accepted notes that upstream took the credential: a suspect connection is active again.
func (c *Custodian) Accepted(ctx context.Context, held Credential) {
	if held.state != Suspect {
		return
	}

	if _, err := c.move(ctx, held, Suspect, Active); err != nil {
		c.options.Logger.WarnContext(ctx, "connection state not changed", "connection", held.ConnectionID, "error", err)
	}
}

// Refused is called when upstream answered 401 or 403 to the credential. The connection turns suspect, one probe
// decides: nil when the credential works after all, ErrReconnectRequired when it does not, and the probe's own error
// when nothing can be said now (the connection stays suspect).
func (c *Custodian) Refused(ctx context.Context, held Credential) error {
	defer c.recent.Drop(held.account) // also when nothing is moved: the key may have been replaced elsewhere

	if held.state == Active {
		if _, err := c.move(ctx, held, Active, Suspect); err != nil {
			return err
		}
	}

	probeErr := c.probe(ctx, held.Credential)
	switch {
	case probeErr == nil:
		_, err := c.move(ctx, held, Suspect, Active)
		return err
	case refused(probeErr):
		moved, err := c.move(ctx, held, Suspect, ReconnectRequired)
		if err != nil {
			return err
		}

		if !moved && c.replaced(ctx, held) {
			return &InProgressError{RetryAfter: time.Second}
		}

		return ErrReconnectRequired
	}

	return probeErr
}

// replaced reports whether a connect has put another key in the place of the refused one meanwhile.
func (c *Custodian) replaced(ctx context.Context, held Credential) bool {
	connection, err := c.options.Store.FindConnection(ctx, held.account)
	return err == nil && connection.State == Active && connection.KeyName != held.KeyName
}

func (c *Custodian) probe(ctx context.Context, credential upstash.Credential) error {
	_, err := c.options.Upstream.Databases(ctx, credential)
	return err
}

func refused(err error) bool {
	return errors.Is(err, upstash.ErrCredentialRefused) || errors.Is(err, upstash.ErrForbidden)
}

// move changes the state if it is still from and the key still the one held.
func (c *Custodian) move(ctx context.Context, held Credential, from, to State) (bool, error) {
	defer c.recent.Drop(held.account)

	events := edgeEvents(c.options.Now(), held.ConnectionID, from, to)

	moved, err := c.options.Store.MoveConnection(ctx, held.ConnectionID, held.KeyName, from, to, events...)
	if err != nil || !moved {
		return moved, err
	}
	c.logEdge(ctx, held.ConnectionID, from, to)

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

// write writes an audit event of a call that failed and changed nothing here. The caller learns of the failure in any
// case, so that it could not be written is logged, not returned.
func (c *Custodian) write(ctx context.Context, event Event) {
	if err := c.options.Audit.Record(context.WithoutCancel(ctx), event); err != nil {
		c.options.Logger.ErrorContext(ctx, "audit event not written",
			"action", event.Action, "connection", event.ConnectionID, "error", err)
	}
}
