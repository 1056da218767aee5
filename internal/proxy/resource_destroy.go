package proxy

import (
	"context"
	"encoding/json"

	"github.com/upstash-connect/bff/internal/upstash"
)

// resourceDestroy deletes a resource of the catalogue.
type resourceDestroy struct{ resourceWrite }

// prepare checks that the resource exists, and that the caller means this one.
func (w resourceDestroy) prepare(ctx context.Context, s *Service, c *claimed) ([]string, error) {
	now, err := w.readBack(ctx, s, c)
	if isNotFound(err) && c.record.State != CreatePrepared { // this record's earlier call took effect meanwhile
		return nil, errAlreadyDone
	}

	if err != nil {
		return nil, err
	}

	return []string{}, w.checkName(now)
}

func (w resourceDestroy) call(ctx context.Context, s *Service, c *claimed) (outcome, error) {
	err := s.sendOnly(ctx, *c.credential.current, w.of.request())
	if isNotFound(err) {
		// It existed a moment ago. If it is gone, that is what the caller wants; if not, something on the way does not
		// route the call.
		if found, _, failed := w.find(ctx, s, c); failed != nil || len(found) == 0 {
			return outcome{}, upstash.ErrUnexpectedResponse
		}
		err = nil
	}

	return outcome{}, err
}

// find reports the resource's absence as the outcome.
func (w resourceDestroy) find(ctx context.Context, s *Service, c *claimed) ([]outcome, bool, error) {
	_, err := w.readBack(ctx, s, c)
	if isNotFound(err) {
		return []outcome{{}}, true, nil
	}

	return nil, err == nil, err
}

func (resourceDestroy) decode([]byte) (any, error) { return json.RawMessage(nil), nil }
