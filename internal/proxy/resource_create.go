package proxy

import (
	"context"
	"slices"
	"time"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/upstash"
)

// resourceCreate creates a resource of the catalogue, such as a Vector index or a backup.
type resourceCreate struct{ resourceWrite }

// prepare returns the ids of the resources that already have the name.
func (w resourceCreate) prepare(ctx context.Context, s *Service, c *claimed) ([]string, error) {
	found, unreadable, err := w.list(ctx, s, c)
	if err != nil {
		return nil, err
	}

	if unreadable > 0 { // a lost response could not be told from one of these
		return nil, upstash.ErrUnexpectedResponse
	}
	known, object := []string{}, w.on().Object

	for _, values := range found {
		if values.NameOf(object) == c.record.Name {
			known = append(known, values.ID(object))
		}
	}

	return known, nil
}

func (w resourceCreate) call(ctx context.Context, s *Service, c *claimed) (outcome, error) {
	if w.response() == nil || !w.of.Operation.Upstream.Silent {
		values, err := s.object(ctx, *c.credential.current, w.of.request(), w.response(), "")
		if err != nil {
			return outcome{}, err
		}

		return w.outcome(values, w.createdID(values))
	}

	if err := s.sendOnly(ctx, *c.credential.current, w.of.request()); err != nil {
		return outcome{}, err
	}

	// Upstash does not return what it created. Without a list that shows it, the name is all that is known.
	if found, _, err := w.find(ctx, s, c); err == nil && len(found) > 0 {
		return found[0], nil
	}

	return w.outcome(operation.Values{w.on().Object.NameField: c.record.Name}, "")
}

// createdID is the id that a grant covers from now on; empty for a part of another resource, such as a backup.
func (w resourceCreate) createdID(values operation.Values) string {
	if w.on().Of != nil {
		return ""
	}

	return values.ID(w.on().Object)
}

func (w resourceCreate) find(ctx context.Context, s *Service, c *claimed) ([]outcome, bool, error) {
	elements, unreadable, err := w.list(ctx, s, c)
	if err != nil {
		return nil, false, err
	}

	var found []outcome

	for _, values := range elements {
		if !s.mayBeCreated(values, w.on().Object, c.record) {
			continue
		}

		made, err := w.outcome(values, w.createdID(values))
		if err != nil {
			return nil, false, err
		}
		found = append(found, made)
	}

	return found, unreadable == 0, nil
}

func (w resourceCreate) list(ctx context.Context, s *Service, c *claimed) ([]operation.Values, int, error) {
	credential, err := s.credential(ctx, c.credential)
	if err != nil {
		return nil, 0, err
	}
	on, parent := w.on(), w.of.ID

	elements, unreadable, err := s.objects(ctx, credential, readRequest(on.List, parent), on.Object, parent)

	return elements, unreadable, forOperation(w.of.Operation, err)
}

// mayBeCreated reports whether the resource may be the record's result: mayBeOutcome for the catalogue.
func (s *Service) mayBeCreated(values operation.Values, object *operation.Object, record CreateRecord) bool {
	made, _ := values["creation_time"].(time.Time)
	region := values.Text("region")

	return values.NameOf(object) == record.Name && (region == record.PrimaryRegion || region == "") &&
		!slices.Contains(record.KnownIDs, values.ID(object)) && s.createdByCall(made, record)
}
