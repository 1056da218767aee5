package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/webhook"
)

// webhookEvents returns the service's events.
//
//	@Summary		List events of grants
//	@Description	Returns what happened to the service's grants in the last 72 hours: the same events that its webhook receives. Send next as after to continue. With wait, the call returns as soon as there is an event. bff listen uses it.
//	@ID				listWebhookEvents
//	@Tags			services
//	@Security		ServiceToken
//	@Param			after	query		string					false	"next of the previous response, start or latest; default start"	example(evt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA)
//	@Param			wait	query		int						false	"how many seconds to wait for an event"	minimum(0)	maximum(25)	default(0)
//	@Success		200		{object}	WebhookEventsResponse	"the events, oldest first"
//	@Failure		default	{object}	Problem					"a problem"
//	@x-problem-codes ["insufficient_scope"]
//	@Router			/webhook-events [get]
func (s *Server) webhookEvents(c echo.Context) error {
	wait, err := waitOf(c.QueryParam("wait"))
	if err != nil {
		return err
	}

	page, err := s.options.Events.After(c.Request().Context(), principalOf(c), c.QueryParam("after"), wait)
	if err != nil {
		return err
	}

	if wait > 0 {
		if err := s.stillAuthenticated(c); err != nil {
			return err // the token was revoked while the request waited
		}
	}

	events := make([]json.RawMessage, 0, len(page.Events))
	for _, event := range page.Events {
		events = append(events, event.Payload)
	}

	return c.JSON(http.StatusOK, map[string]any{"events": events, "next": page.Next})
}

func waitOf(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}

	seconds, err := strconv.ParseUint(text, 10, 8)
	if wait := time.Duration(seconds) * time.Second; err == nil && wait <= webhook.LongestFeedWait {
		return wait, nil
	}

	return 0, problem.New(problem.InvalidRequest, "wait must be 0 to 25 seconds.")
}

// WebhookEventsResponse contains events of grants.
type WebhookEventsResponse struct {
	Events []WebhookEventResponse `json:"events"`
	Next   string                 `json:"next" example:"evt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // the position after these events
} // @name WebhookEvents

// WebhookEventResponse is what happened to a grant, as webhooks send it.
type WebhookEventResponse struct {
	ID        string           `json:"id" example:"evt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // the same for every delivery
	Type      string           `json:"type" example:"grant.created" extensions:"x-extensible-enum=grant.created|grant.paused|grant.recovered|grant.revoked|database.created|database.selected"`
	Timestamp time.Time        `json:"timestamp" format:"date-time" example:"2026-11-22T10:05:00Z"`
	Data      WebhookEventData `json:"data"`
} // @name WebhookEvent

// WebhookEventData is the grant of an event, and the database of a database event.
type WebhookEventData struct {
	Sequence   int64                `json:"sequence" example:"1"` // 1, 2, … for each grant
	Grant      WebhookGrantResponse `json:"grant"`
	DatabaseID string               `json:"database_id" example:"96ad0856-03b1-4ee7-9666-e81abd0349e1"`                 // empty unless it is a database event
	Product    string               `json:"product" example:"redis" extensions:"x-extensible-enum=redis|vector|search"` // empty unless it is a database event
} // @name WebhookEventData

// WebhookGrantResponse is a grant at the time of an event, without the user's e-mail and name.
type WebhookGrantResponse struct {
	ID         string `json:"id" example:"grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
	ServiceID  string `json:"service_id" example:"self"`
	ExternalID string `json:"external_id" example:"user_4711"`
	State      string `json:"state" example:"active" extensions:"x-extensible-enum=active|paused|revoked"`
	PolicyResponse
	DatabaseIDs []string   `json:"database_ids" example:"96ad0856-03b1-4ee7-9666-e81abd0349e1"`
	CreatedAt   time.Time  `json:"created_at" format:"date-time" example:"2026-11-22T10:05:00Z"`
	RevokedAt   *time.Time `json:"revoked_at" format:"date-time" example:"2026-11-23T10:05:00Z" extensions:"x-nullable"`
	RevokedBy   string     `json:"revoked_by" example:"user" extensions:"x-extensible-enum=user|service|operator|disconnect|replaced"`
} // @name WebhookGrant
