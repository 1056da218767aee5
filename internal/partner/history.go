package partner

import (
	"context"

	"github.com/upstash-connect/bff/internal/keys"
)

// PastEvent is an audit event as the connection's user sees it.
type PastEvent struct {
	keys.Event
	ServiceName string // name of the service, when a service was the actor
}

// shownEvents limits the events of one response.
const shownEvents = 100

// History lists the newest events of a connection, newest first.
func (p *Partners) History(ctx context.Context, connectionID string) ([]PastEvent, error) {
	services, err := p.options.Store.Services(ctx)
	if err != nil {
		return nil, err
	}

	names := map[string]string{}
	for _, service := range services {
		names[service.ID] = service.Name
	}

	var events []PastEvent
	filter := keys.EventFilter{ConnectionID: connectionID, Last: shownEvents}

	err = p.options.Store.Events(ctx, filter, func(event keys.Event) error {
		past := PastEvent{Event: event}
		if event.Actor.Kind == keys.ActorService {
			past.ServiceName = names[event.Actor.ID]
		}
		events = append(events, past)

		return nil
	})

	return events, err
}
