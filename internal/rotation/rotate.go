package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/seal"
)

// Keyholder stores the keyset that servers read.
type Keyholder interface {
	Read() (*seal.Keyset, error)
	// Replace stores another keyset. *DeployError when an operator must deploy it.
	Replace(keyset *seal.Keyset) error
}

// DeployError means that an operator must deploy a keyset to the servers and run the rotation again.
type DeployError struct{ Instruction string }

func (e *DeployError) Error() string { return e.Instruction }

// LaggingError means that some running servers did not load the keyset in time.
type LaggingError struct {
	Servers     []Server
	Fingerprint string // of the expected keyset
}

func (e *LaggingError) Error() string {
	lagging := make([]string, 0, len(e.Servers))
	for _, server := range e.Servers {
		lagging = append(
			lagging, fmt.Sprintf("%s has %s and seals with key %d", server.ID, server.Fingerprint, server.Primary),
		)
	}

	return fmt.Sprintf(
		"not every server has the keyset %s: %s. Check that they read the same file, and run this again to continue",
		e.Fingerprint,
		strings.Join(lagging, "; "),
	)
}

// UndecryptableError lists the rows that cannot be decrypted.
type UndecryptableError struct{ Rows []Row }

func (e *UndecryptableError) Error() string {
	named := make([]string, 0, len(e.Rows))
	for _, row := range e.Rows {
		name := row.Owner
		if row.At.Row != row.Owner {
			name = row.At.Row + " of " + row.Owner
		}
		named = append(named, name)
	}

	return fmt.Sprintf("%d rows cannot be decrypted: %s", len(e.Rows), strings.Join(named, ", "))
}

// ErrNothingSealed means that old keys are retained because the database has no sealed row: it may not be the one that
// needs them.
var ErrNothingSealed = errors.New(
	"the old keys are retained: this database has no sealed row, so it may not be the one that needs them. " +
		"Check BFF_DATABASE_URL",
)

// ErrNoServer means that old keys are retained because no server runs on this database: it may be a copy.
var ErrNoServer = errors.New(
	"the old keys are retained: no server runs on this database, so it may be a copy of the one that needs them. " +
		"Run this while a server runs on it; if this is the only database and no server should run, add --no-servers",
)

// Reporter receives the progress of a rotation or a verification.
type Reporter interface {
	Step(text string)
	Progress(done, total int)
}

// Options configure Rotate. All except Retire and NoServers are required.
type Options struct {
	Keys   Keyholder
	Store  Store
	Report Reporter
	Retire bool // finally drop the old keys
	// NoServers confirms that no server runs on the database, on purpose. Without it, keys are dropped only while a
	// server runs: dropping them because of a copy would destroy the original.
	NoServers bool
}

const pollInterval = 200 * time.Millisecond

// Rotate makes a new key the primary and seals every row with it, or continues a rotation in progress. A rotation is
// in progress until its old keys are dropped; until then, no further key is added. When ctx ends, it stops where it
// is.
//
// Errors: *LaggingError, *UndecryptableError, *DeployError, ErrNothingSealed, ErrNoServer, *KeysetRejectedError,
// *seal.KeysetError.
func Rotate(ctx context.Context, options Options) error {
	r := rotation(options)

	keyset, err := r.Keys.Read()
	if err != nil {
		return err
	}

	if err := CheckKeyset(ctx, r.Store, keyset); err != nil {
		return err
	}

	if keyset, err = r.add(keyset); err != nil {
		return err
	}

	if keyset, err = r.promote(ctx, keyset); err != nil {
		return err
	}
	r.Report.Step("waiting until every server seals with it")

	if err := r.await(ctx, keyset); err != nil {
		return err
	}

	if err := r.reseal(ctx, keyset); err != nil {
		return err
	}

	if !r.Retire {
		if old := oldKeys(keyset); len(old) > 0 {
			r.Report.Step(
				fmt.Sprintf(
					"done: every row is sealed by key %d. Run this with --retire to drop %s",
					keyset.Primary(),
					keyNames(old),
				),
			)
		}

		return nil
	}

	return r.retire(ctx, keyset)
}

type rotation Options

func (r rotation) add(keyset *seal.Keyset) (*seal.Keyset, error) {
	if len(keyset.Keys()) > 1 {
		r.Report.Step("continuing the rotation in progress")
		return keyset, nil
	}

	added, err := keyset.WithNewKey()
	if err != nil {
		return nil, err
	}

	if err := r.Keys.Replace(added); err != nil {
		return nil, err
	}
	killpoint.Reach(killpoint.RotateAdded)
	r.Report.Step(fmt.Sprintf("added key %d, which is not used for sealing yet", added.Newest()))

	return added, nil
}

func (r rotation) promote(ctx context.Context, keyset *seal.Keyset) (*seal.Keyset, error) {
	if keyset.Newest() == keyset.Primary() {
		r.Report.Step(fmt.Sprintf("key %d is the primary key", keyset.Primary()))
		return keyset, nil
	}
	r.Report.Step("waiting until every server has it")

	if err := r.await(ctx, keyset); err != nil {
		return nil, err
	}

	promoted, err := keyset.WithPrimary(keyset.Newest())
	if err != nil {
		return nil, err
	}

	if err := r.Keys.Replace(promoted); err != nil {
		return nil, err
	}
	killpoint.Reach(killpoint.RotatePromoted)
	r.Report.Step(fmt.Sprintf("key %d is now the primary key", promoted.Primary()))

	return promoted, nil
}

// await returns when every running server has this keyset.
func (r rotation) await(ctx context.Context, keyset *seal.Keyset) error {
	var lagging []Server
	for {
		servers, err := r.Store.Servers(ctx, ServerTimeout)
		if err != nil && ctx.Err() == nil {
			return err
		}

		if err == nil {
			lagging = slices.DeleteFunc(servers, func(s Server) bool { return s.Fingerprint == keyset.Fingerprint() })
			if len(lagging) == 0 {
				return nil
			}
		}

		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			if !errors.Is(context.Cause(ctx), context.DeadlineExceeded) || len(lagging) == 0 {
				return context.Cause(ctx)
			}

			return &LaggingError{Servers: lagging, Fingerprint: keyset.Fingerprint()}
		}
	}
}

// retire drops every key except the primary. The database is changed first: from then on it rejects values sealed by
// the old keys, even from a server that was suspended for a long time. Values that arrived before are sealed again.
func (r rotation) retire(ctx context.Context, keyset *seal.Keyset) error { //nolint:funlen // steps in an order that matters
	old := oldKeys(keyset)
	if len(old) == 0 {
		return nil
	}

	uses, err := r.Store.KeyUses(ctx)
	if err != nil {
		return err
	}

	if !slices.ContainsFunc(
		uses, func(use Use) bool { return use.Known && use.Key == keyset.Primary() && use.Count > 0 },
	) {
		return ErrNothingSealed
	}

	servers, err := r.Store.Servers(ctx, ServerTimeout)
	if err != nil {
		return err
	}

	if len(servers) == 0 && !r.NoServers {
		return ErrNoServer
	}

	if err := r.Store.RetireKeys(ctx, old); err != nil {
		return err
	}
	killpoint.Reach(killpoint.RotateForbidden)

	if err := r.reseal(ctx, keyset); err != nil {
		return err
	}

	if uses, err = r.Store.KeyUses(ctx); err != nil {
		return err
	}

	for _, use := range uses {
		if use.Known && slices.Contains(old, use.Key) {
			return fmt.Errorf(
				"key %d still seals %d rows of %s, so it is retained. Run this again", use.Key, use.Count, use.Table,
			)
		}
	}

	alone, err := keyset.PrimaryAlone()
	if err != nil {
		return err
	}

	if err := r.Keys.Replace(alone); err != nil {
		return err
	}
	r.Report.Step(
		"dropped " + keyNames(
			old,
		) + ": no row needs them. Earlier backups of the database need the keyset from their time",
	)
	r.Report.Step("waiting until every server has dropped them")

	return r.await(ctx, alone)
}

func oldKeys(keyset *seal.Keyset) []seal.KeyID {
	return slices.DeleteFunc(keyset.Keys(), func(id seal.KeyID) bool { return id == keyset.Primary() })
}

func keyNames(ids []seal.KeyID) string {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		names = append(names, fmt.Sprint(id))
	}

	if len(names) == 1 {
		return "key " + names[0]
	}

	return "keys " + strings.Join(names, ", ")
}
