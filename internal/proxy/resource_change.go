package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/upstash"
)

// resourceChange changes a resource of the catalogue, such as its name or its password.
type resourceChange struct{ resourceWrite }

// prepare returns the digest of the resource's secrets, and the values that are sent.
func (w resourceChange) prepare(ctx context.Context, s *Service, c *claimed) ([]string, error) {
	now, err := w.readBack(ctx, s, c)
	if err != nil {
		return nil, err
	}

	// A repeated call changes what an earlier one may have renamed, so the name is checked before the first one only.
	if c.record.State == CreatePrepared {
		if err := w.checkName(now); err != nil {
			return nil, err
		}
	}

	if err := w.checkPart(ctx, s, c); err != nil {
		return nil, err
	}

	sent, err := json.Marshal(w.of.Sent)
	if err != nil {
		return nil, err
	}

	return []string{digest(now, w.on().ReadBack), string(sent)}, nil
}

// checkPart checks that the part which the call names, such as a backup, belongs to the resource. Upstash may accept
// any backup of the account, and then the data of one database could be read through another.
func (w resourceChange) checkPart(ctx context.Context, s *Service, c *claimed) error {
	part := w.of.Operation.Part
	if part == nil {
		return nil
	}

	credential, err := s.credential(ctx, c.credential)
	if err != nil {
		return err
	}

	parts, _, err := s.objects(ctx, credential, readRequest(part.List, w.of.ID), part.Object, w.of.ID)
	if err != nil {
		return forOperation(w.of.Operation, err)
	}

	if !slices.ContainsFunc(parts, func(v operation.Values) bool { return v.ID(part.Object) == w.of.BackupID }) {
		return ErrResourceNotFound
	}

	return nil
}

func (w resourceChange) call(ctx context.Context, s *Service, c *claimed) (outcome, error) {
	err := s.sendOnly(ctx, *c.credential.current, w.of.request())

	var rejected *upstash.RejectedError
	if errors.As(err, &rejected) && rejected.Reason == upstash.ReasonRedundant {
		// Upstash's text says that the resource is already as the caller wants it; only reading it back proves that.
		if found, _, failed := w.find(ctx, s, c); failed == nil && len(found) > 0 {
			return found[0], nil
		}
	}

	if err != nil {
		return outcome{}, err
	}

	// The change took effect. When the resource cannot be read now, its id is all that is certain.
	now, err := w.readBack(ctx, s, c)
	if err != nil {
		now = operation.Values{w.on().Object.IDField: w.of.ID}
	}

	return w.outcome(now, "")
}

// find returns the resource if the change took effect.
func (w resourceChange) find(ctx context.Context, s *Service, c *claimed) ([]outcome, bool, error) {
	now, err := w.readBack(ctx, s, c)
	if err != nil {
		return nil, false, err
	}

	settle := w.of.Operation.Settle
	if settle == nil || len(c.record.KnownIDs) < 2 {
		return nil, true, nil // reading back cannot tell: the call is sent again when it can no longer commit late
	}

	sent, err := w.of.Operation.Values([]byte(c.record.KnownIDs[1]))
	if err != nil {
		return nil, false, err
	}

	if !settle(operation.Settling{
		Before: c.record.KnownIDs[0], After: now, Digest: digest(now, w.on().ReadBack), Sent: sent,
	}) {
		return nil, true, nil
	}
	made, err := w.outcome(now, "")

	return []outcome{made}, true, err
}

// sendOnly makes a call whose response is not needed.
func (s *Service) sendOnly(ctx context.Context, credential keys.Credential, request upstash.Request) error {
	_, err := callWith(ctx, s, credential, func(auth upstash.Credential) (struct{}, error) {
		return struct{}{}, s.options.Upstream.Send(ctx, auth, request)
	})

	return err
}
