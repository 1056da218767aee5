package webhook

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
)

// LongestOverlap bounds how long a replaced secret still signs.
const LongestOverlap = 30 * 24 * time.Hour

// Sealer encrypts secrets at rest.
type Sealer interface {
	Seal(plaintext []byte, at seal.Cell) ([]byte, error)
}

// Endpoints manages the endpoints of registered services. The configuration defines the one of the built-in service.
type Endpoints struct {
	Store  Store
	Sealer Sealer
	Now    func() time.Time // default time.Now
}

func (e Endpoints) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}

	return e.Now()
}

// Set gives a service an endpoint. A service without one gets a new secret, which is returned only now; otherwise the
// secrets stay, and the returned one is empty. Errors: ErrConfigured, validation_failed, partner.ErrServiceNotFound.
func (e Endpoints) Set(ctx context.Context, serviceID, url string) (secret.Text, error) {
	if serviceID == partner.BuiltInID {
		return secret.Text{}, ErrConfigured
	}

	if err := CheckURL(url); err != nil {
		return secret.Text{}, problem.OfFields("invalid URL", []problem.Field{
			problem.NewField("/url", problem.FieldFormat, err.Error()),
		})
	}

	var added secret.Text

	err := e.Store.ChangeEndpoint(ctx, serviceID, func(endpoint Endpoint, _ bool) (Endpoint, error) {
		endpoint.URL = url
		if len(endpoint.Secrets) > 0 {
			return endpoint, nil
		}

		var err error
		added, err = e.addSecret(&endpoint)

		return endpoint, err
	})
	if err != nil {
		return secret.Text{}, err
	}

	return added, nil
}

// Rotate gives an endpoint another secret, which is returned only now. Both sign until the overlap ends, so that the
// receiver can change to it without rejecting an event. Earlier secrets end immediately.
func (e Endpoints) Rotate(ctx context.Context, serviceID string, overlap time.Duration) (secret.Text, error) {
	if serviceID == partner.BuiltInID {
		return secret.Text{}, ErrConfigured
	}

	if overlap < 0 || overlap > LongestOverlap {
		return secret.Text{}, problem.OfFields("invalid overlap", []problem.Field{
			problem.NewField("/overlap", problem.FieldRange, "must be 0 to 30 days"),
		})
	}

	var added secret.Text

	err := e.Store.ChangeEndpoint(ctx, serviceID, func(endpoint Endpoint, exists bool) (Endpoint, error) {
		if !exists {
			return Endpoint{}, ErrNoEndpoint
		}

		if overlap == 0 {
			endpoint.Secrets = nil
		} else if len(endpoint.Secrets) > 0 {
			endpoint.Secrets = endpoint.Secrets[:1]
			endpoint.Secrets[0].ExpiresAt = e.now().Add(overlap)
		}

		var err error
		added, err = e.addSecret(&endpoint)

		return endpoint, err
	})
	if err != nil {
		return secret.Text{}, err
	}

	return added, nil
}

// Remove deletes an endpoint. Its pending events stay recorded, and are not delivered. A server whose configuration has
// a URL for the built-in service inserts that endpoint again when it starts. Error: ErrNoEndpoint.
func (e Endpoints) Remove(ctx context.Context, serviceID string) error {
	return e.Store.DeleteEndpoint(ctx, serviceID)
}

func (e Endpoints) addSecret(endpoint *Endpoint) (secret.Text, error) {
	added, stored := NewSecret(), SealedSecret{ID: "whk_" + rand.Text()}

	sealed, err := e.Sealer.Seal([]byte(added.Reveal()), stored.Cell())
	if err != nil {
		return secret.Text{}, err
	}
	stored.Sealed = sealed
	endpoint.Secrets = append([]SealedSecret{stored}, endpoint.Secrets...)

	return added, nil
}

// Resend makes the matching events pending again, and returns their number. ErrEventNotFound when a single event was
// named and cannot be sent.
func (e Endpoints) Resend(ctx context.Context, filter Filter) (int, error) {
	resent, err := e.Store.Resend(ctx, filter, e.now())
	if err == nil && resent == 0 && filter.EventID != "" {
		err = ErrEventNotFound
	}

	return resent, err
}
