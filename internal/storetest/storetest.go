// Package storetest is the conformance suite of the stores of connections, mints, remembered tokens, sessions, creates,
// services, grants, limits and the audit log. It depends only on the interfaces. Each database runs it with its own
// constructor, so that all behave the same.
package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/session"
	"github.com/upstash-connect/bff/internal/webhook"
)

// Backend combines the interfaces that a database implements.
type Backend interface {
	keys.Store
	keys.Ledger
	keys.TokenMemory
	keys.Auditor
	session.Store
	proxy.CreateStore
	limit.Store
	rotation.Store
	partner.Store
	webhook.Store
	// FindIntent reads one intent in any state; keys.ErrNotFound for an unknown id.
	FindIntent(ctx context.Context, intentID string) (keys.Intent, error)
	// Events calls each for every matching event, in the order of recording.
	Events(ctx context.Context, filter keys.EventFilter, each func(keys.Event) error) error
	// RefuseEvents makes the database reject every audit event from now on.
	RefuseEvents(ctx context.Context) error
	// DeleteExpired deletes what has expired at that time.
	DeleteExpired(ctx context.Context, at time.Time) error
}

// Run tests a backend. open returns an empty one, and closes it with the test.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	t.Helper()

	suites := map[string]func(*testing.T, Backend){
		"connections":        testConnections,
		"disconnect":         testDisconnect,
		"lease":              testLease,
		"intents":            testIntents,
		"stored key":         testStoreKey,
		"key events":         testStoreKeyEvents,
		"tokens":             testTokens,
		"sessions":           testSessions,
		"audit":              testAudit,
		"creates":            testCreates,
		"create event":       testCreateEvent,
		"change events":      testChangeEvents,
		"disconnect events":  testDisconnectEvents,
		"limits":             testLimits,
		"servers":            testServers,
		"reseal":             testReseal,
		"concurrent writers": testConcurrentWriters,
		"races":              testRaces,
		"folding":            testFolding,
		"session limit":      testSessionLimit,

		"services":         testServices,
		"service tokens":   testServiceTokens,
		"connect sessions": testConnectSessions,
		"completions":      testCompletions,
		"grants":           testGrants,
		"grant bounds":     testGrantBounds,
		"erase":            testErase,
		"outbox":           testOutbox,
	}
	for name, suite := range suites {
		t.Run(name, func(t *testing.T) { suite(t, open(t)) })
	}
}

// now truncates to milliseconds, the precision of a store.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func account(n int) keys.Account {
	return keys.Account{Issuer: "https://issuer.example/", Subject: fmt.Sprintf("auth0|%d", n)}
}

// pending creates a connection without a key.
func pending(t *testing.T, b Backend, n int) keys.Connection {
	t.Helper()

	connection, err := b.EnsureConnection(t.Context(), account(n), fmt.Sprintf("con_%d", n), now())
	if err != nil {
		t.Fatal(err)
	}

	return connection
}

const lease = time.Minute

func takeLease(t *testing.T, b Backend, connectionID string) int64 {
	t.Helper()

	_, fence, err := b.TakeLease(t.Context(), connectionID, lease)
	if err != nil {
		t.Fatal(err)
	}

	return fence
}

func openIntent(t *testing.T, b Backend, connectionID, name string, fence int64) keys.Intent {
	t.Helper()

	intent := keys.Intent{
		ID:           "int_" + connectionID + name,
		ConnectionID: connectionID,
		Name:         name,
		State:        keys.IntentOpen,
		Fence:        fence,
		CreatedAt:    now(),
	}
	if err := b.OpenIntent(t.Context(), intent, lease); err != nil {
		t.Fatal(err)
	}

	return intent
}

func stored(intent keys.Intent) keys.StoredKey {
	return keys.StoredKey{
		ConnectionID: intent.ConnectionID, IntentID: intent.ID, Fence: intent.Fence,
		Email: "a@example.com", Name: intent.Name, Sealed: []byte("sealed " + intent.Name), At: now(),
	}
}

// active creates a connection with a key called NAME_1.
func active(t *testing.T, b Backend, n int) keys.Connection {
	t.Helper()
	connection := pending(t, b, n)

	intent := openIntent(t, b, connection.ID, "NAME_1", takeLease(t, b, connection.ID))
	if _, err := b.StoreKey(t.Context(), stored(intent)); err != nil {
		t.Fatal(err)
	}

	return find(t, b, n)
}

func find(t *testing.T, b Backend, n int) keys.Connection {
	t.Helper()

	connection, err := b.FindConnection(t.Context(), account(n))
	if err != nil {
		t.Fatal(err)
	}

	return connection
}

// states maps the names of a connection's intents to their states.
func states(connection keys.Connection) map[string]keys.IntentState {
	found := map[string]keys.IntentState{}
	for _, intent := range connection.Intents {
		found[intent.Name] = intent.State
	}

	return found
}

func intentState(t *testing.T, b Backend, id string) keys.IntentState {
	t.Helper()

	intent, err := b.FindIntent(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}

	return intent.State
}

func digest(of string) [sha256.Size]byte { return sha256.Sum256([]byte(of)) }
