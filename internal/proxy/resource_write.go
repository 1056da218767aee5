package proxy

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// resourceWrite is a write of an operation of the catalogue. The types below embed it, one for each effect. Without the
// caller's values it only settles a call that somebody else began.
type resourceWrite struct{ of Call }

func (w resourceWrite) on() *operation.Resource { return w.of.Operation.On }

// response is the allow-list of what the caller receives.
func (w resourceWrite) response() *operation.Object { return w.of.Operation.Response }

// runWrite claims and makes a write of the catalogue.
func (s *Service) runWrite(ctx context.Context, caller Caller, call Call) (Result, error) {
	connection, err := s.usableConnection(ctx, caller.Account)
	if err != nil {
		return Result{}, err
	}
	called, at := call.Operation, s.options.Now()

	wanted := CreateRecord{
		ID:           "cre_" + rand.Text(),
		ConnectionID: connection.ID,
		Operation:    called.Name,
		ResourceID:   call.ID,
		Reserves:     called.Effect == operation.Create && called.On.Of == nil,
		KeyHash:      keyHash(called.Name, call.Key, caller.Grant),
		Fingerprint:  call.fingerprint(),
		State:        CreatePrepared,
		CreatedAt:    at,
		ExpiresAt:    at.Add(keyLifetime),
	}
	if caller.Grant != nil {
		wanted.GrantID = caller.Grant.ID
	}

	if call.Key == "" && !wanted.Reserves { // nobody can ask for its outcome again, so it is not retained for a day
		wanted.ExpiresAt = at.Add(max(keylessLifetime, 2*s.options.Settle+s.options.Lease))
	}

	if called.Effect == operation.Create {
		wanted.Name, wanted.PrimaryRegion = call.Sent.Text("name"), call.Sent.Text("region")
	}

	write, err := writeFor(call)
	if err != nil {
		return Result{}, err
	}

	made, replayed, err := s.writeForCaller(ctx, claimed{
		account: caller.Account, grant: caller.Grant, record: wanted, write: write,
		credential: &createCredential{connection: connection, readAt: time.Now()},
	})
	if err != nil {
		return Result{}, forOperation(called, err)
	}

	body, _ := made.value.(json.RawMessage)

	return Result{ID: made.id, Body: body, Replayed: replayed}, nil
}

// fingerprint hashes the call: with the same Idempotency-Key, another fingerprint is another call.
func (c Call) fingerprint() [sha256.Size]byte {
	hash := sha256.New()
	write := func(value string) { _, _ = fmt.Fprintf(hash, "%d:%s", len(value), value) }
	write(c.Operation.Name)
	write(c.ID)
	write(c.BackupID)

	for _, name := range slices.Sorted(maps.Keys(c.Sent)) {
		encoded, _ := json.Marshal(c.Sent[name]) // texts, numbers, booleans and lists of texts always encode
		write(name)
		write(string(encoded))
	}

	return [sha256.Size]byte(hash.Sum(nil))
}

// writeFor returns the write of a call, by its effect.
func writeFor(call Call) (write, error) {
	common := resourceWrite{of: call}

	switch call.Operation.Effect {
	case operation.Create:
		return resourceCreate{common}, nil
	case operation.Change:
		return resourceChange{common}, nil
	case operation.Destroy:
		return resourceDestroy{common}, nil
	case operation.Read, operation.Reveal:
	}

	return nil, fmt.Errorf("proxy: %s does not write", call.Operation.Name)
}

// writeOf returns the write that settles a record. A newer version of this program may have made the record.
func writeOf(record CreateRecord) (write, error) {
	if record.Operation == redisCreateName {
		return redisCreate{}, nil
	}

	called, known := operation.Find(record.Operation)
	if !known {
		return nil, &CreateBusyError{RetryAfter: minRetryAfter}
	}

	return writeFor(Call{Operation: called, ID: record.ResourceID})
}

// readBack reads the resource as it is now, with the secrets whose digests show a reset.
func (w resourceWrite) readBack(ctx context.Context, s *Service, c *claimed) (operation.Values, error) {
	credential, err := s.credential(ctx, c.credential)
	if err != nil {
		return nil, err
	}
	on := w.on()

	values, err := s.object(ctx, credential, readRequest(on.Get, w.of.ID), on.ReadBack, w.of.ID)
	if err != nil {
		return nil, forOperation(w.of.Operation, err)
	}

	if values.Text("state") == "deleted" { // Upstash shows deleted databases for a while
		return nil, NotFound(w.of.Operation)
	}

	return values, nil
}

// digest is the digest of a resource's secrets; "" when one of them is absent, so that a response without it never
// looks like a reset. The secrets are random, so the digest does not reveal them.
func digest(values operation.Values, object *operation.Object) string {
	if !object.HasSecrets() {
		return ""
	}
	hash := sha256.New()

	for n := range object.Fields {
		if !object.Fields[n].Secret {
			continue
		}

		text, _ := values[object.Fields[n].Name].(secret.Text)
		if text.Reveal() == "" {
			return ""
		}
		_, _ = fmt.Fprintf(hash, "%d:%s", len(text.Reveal()), text.Reveal())
	}

	return fmt.Sprintf("%x", hash.Sum(nil))
}

// checkName checks the name that the caller of a guarded operation typed.
func (w resourceWrite) checkName(now operation.Values) error {
	if w.of.Operation.Tier != operation.Guarded {
		return nil
	}

	name := now.NameOf(w.on().Object)
	if name == "" { // unreadable: the id confirms instead, so that nothing passes unconfirmed
		name = w.of.ID
	}

	if w.of.Confirmed != name {
		return ErrConfirmation
	}

	return nil
}

// outcome is what the caller receives of the resource.
func (w resourceWrite) outcome(values operation.Values, createdID string) (outcome, error) {
	body, err := w.response().Encode(values, false)

	return outcome{id: createdID, value: json.RawMessage(body)}, err
}

func (w resourceWrite) decode(stored []byte) (any, error) { return json.RawMessage(stored), nil }

func (w resourceWrite) rejected(err error) error { return rejectedWrite(w.of.Operation, err) }

func (w resourceWrite) event(made outcome) (keys.Action, string) {
	id := w.of.ID
	if made.id != "" {
		id = made.id
	}

	return actionOf(w.of.Operation.Effect), w.of.Operation.Name + " " + id
}

func actionOf(effect operation.Effect) keys.Action {
	switch effect {
	case operation.Create:
		return keys.ActionResourceCreated
	case operation.Destroy:
		return keys.ActionResourceDeleted
	case operation.Change, operation.Read, operation.Reveal:
	}

	return keys.ActionResourceChanged
}

// rejectedWrite maps upstream's rejection of a write to our error.
func rejectedWrite(called *operation.Operation, err error) error {
	var rejected *upstash.RejectedError
	if !errors.As(err, &rejected) {
		return forOperation(called, err)
	}

	switch rejected.Reason {
	case upstash.ReasonDatabaseLimit, upstash.ReasonResourceLimit:
		return ErrResourceLimit
	case upstash.ReasonReadOnlyKey:
		return ErrUpstreamForbidden
	case upstash.ReasonNameTaken:
		return errNameUsed()
	case upstash.ReasonUnknown, upstash.ReasonKeyLimit, upstash.ReasonAccountType, upstash.ReasonRedundant:
	}

	return err
}
