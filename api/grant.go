package api

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

// serviceGrants lists the service's grants.
//
//	@Summary		List the service's grants
//	@Description	Returns all grants of the service, newest first, including revoked ones.
//	@ID				listGrants
//	@Tags			services
//	@Security		ServiceToken
//	@Param			external_id	query		string			false	"returns only the grants of this end user"	example(user_4711)
//	@Success		200			{object}	GrantsResponse	"the grants"
//	@Failure		default		{object}	Problem			"a problem"
//	@x-problem-codes ["insufficient_scope", "validation_failed"]
//	@Router			/grants [get]
func (s *Server) serviceGrants(c echo.Context) error {
	externalID, given := c.QueryParam("external_id"), c.QueryParams().Has("external_id")
	if given && (!partner.ValidExternalID(externalID) || len(c.QueryParams()["external_id"]) > 1) {
		return &problem.Error{ // an invalid value must not return the grants of all users
			Code: problem.ValidationFailed, Detail: "external_id must be one external id: 1 to 255 visible ASCII characters.",
		}
	}

	grants, err := s.options.Partners.GrantsOfService(c.Request().Context(), principalOf(c), externalID)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, grantsResponse(grants))
}

// serviceGrant returns one of the service's grants.
//
//	@Summary		Get a grant
//	@Description	Returns one grant of the service. Returns 404 not_found also for another service's grant.
//	@ID				getGrant
//	@Tags			services
//	@Security		ServiceToken
//	@Param			id		path		string		true	"the grant's ID"	example(grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA)
//	@Success		200		{object}	GrantResponse	"the grant"
//	@Failure		default	{object}	Problem		"a problem"
//	@x-problem-codes ["insufficient_scope", "not_found"]
//	@Router			/grants/{id} [get]
func (s *Server) serviceGrant(c echo.Context) error {
	grant, err := s.options.Partners.GrantOfService(c.Request().Context(), principalOf(c), c.Param("id"))
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, grantResponse(grant))
}

// narrowServiceGrant removes access that the service no longer needs.
//
//	@Summary		Narrow a grant
//	@Description	Removes access that the service no longer needs. A policy that would widen the grant returns 422 not_allowed. To request more access, open a connect session.
//	@ID				narrowGrant
//	@Tags			services
//	@Security		ServiceToken
//	@Param			id		path		string		true	"the grant's ID"	example(grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA)
//	@Param			body	body		policyBody	true	"the new, narrower policy"
//	@Success		200		{object}	GrantResponse	"the narrowed grant"
//	@Failure		default	{object}	Problem		"a problem"
//	@x-problem-codes ["insufficient_scope", "not_found", "not_allowed"]
//	@Router			/grants/{id} [patch]
func (s *Server) narrowServiceGrant(c echo.Context) error {
	var body policyBody
	if err := decode(c, body.into(fields{})); err != nil {
		return err
	}

	grant, err := s.options.Partners.NarrowByService(
		c.Request().Context(), principalOf(c), c.Param("id"), body.narrowing(),
	)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, grantResponse(grant))
}

// revokeServiceGrant revokes a grant of the service.
//
//	@Summary		Revoke a grant
//	@Description	Ends the service's access for this end user, starting with the next call. Returns 204 also if the grant was already revoked.
//	@ID				revokeGrant
//	@Tags			services
//	@Security		ServiceToken
//	@Param			id		path	string	true	"the grant's ID"	example(grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA)
//	@Success		204		"the grant is revoked"
//	@Failure		default	{object}	Problem	"a problem"
//	@x-problem-codes ["insufficient_scope", "not_found"]
//	@Router			/grants/{id} [delete]
func (s *Server) revokeServiceGrant(c echo.Context) error {
	if err := s.options.Partners.RevokeByService(c.Request().Context(), principalOf(c), c.Param("id")); err != nil {
		return err
	}

	return c.NoContent(http.StatusNoContent)
}

// userGrants lists the grants on the user's account.
//
//	@Summary		List the services that may use my account
//	@Description	Returns all grants on this account, newest first, including revoked ones.
//	@ID				listConnectionGrants
//	@Tags			connection
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Param			X-CSRF	header		string			false	"1; required when the session cookie authenticates the call"
//	@Success		200		{object}	GrantsResponse	"the grants"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["not_connected"]
//	@Router			/connection/grants [get]
func (s *Server) userGrants(c echo.Context) error {
	connectionID, err := s.connectionID(c)
	if err != nil {
		return err
	}

	grants, err := s.options.Partners.GrantsOfUser(c.Request().Context(), connectionID)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, grantsResponse(grants))
}

// narrowUserGrant removes access that the user no longer allows.
//
//	@Summary		Narrow a service's access to my account
//	@Description	Removes access that the user no longer allows. A policy that would widen the grant returns 422 not_allowed.
//	@ID				narrowConnectionGrant
//	@Tags			connection
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Param			X-CSRF	header		string		false	"1; required when the session cookie authenticates the call"
//	@Param			id		path		string		true	"the grant's ID"	example(grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA)
//	@Param			body	body		policyBody	true	"the new, narrower policy"
//	@Success		200		{object}	GrantResponse	"the narrowed grant"
//	@Failure		default	{object}	Problem		"a problem"
//	@x-problem-codes ["not_connected", "not_found", "not_allowed"]
//	@Router			/connection/grants/{id} [patch]
func (s *Server) narrowUserGrant(c echo.Context) error {
	var body policyBody
	if err := decode(c, body.into(fields{})); err != nil {
		return err
	}

	connectionID, err := s.connectionID(c)
	if err != nil {
		return err
	}

	grant, err := s.options.Partners.NarrowByUser(
		c.Request().Context(), connectionID, c.Param("id"), body.narrowing(),
	)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, grantResponse(grant))
}

// revokeUserGrant revokes a grant on the user's account.
//
//	@Summary		Revoke a service's access to my account
//	@Description	Ends the service's access, starting with its next call. Returns 204 also if the grant was already revoked.
//	@ID				revokeConnectionGrant
//	@Tags			connection
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Param			X-CSRF	header	string	false	"1; required when the session cookie authenticates the call"
//	@Param			id		path	string	true	"the grant's ID"	example(grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA)
//	@Success		204		"the grant is revoked"
//	@Failure		default	{object}	Problem	"a problem"
//	@x-problem-codes ["not_connected", "not_found"]
//	@Router			/connection/grants/{id} [delete]
func (s *Server) revokeUserGrant(c echo.Context) error {
	connectionID, err := s.connectionID(c)
	if err != nil {
		return err
	}

	if err := s.options.Partners.RevokeByUser(c.Request().Context(), connectionID, c.Param("id")); err != nil {
		return err
	}

	return c.NoContent(http.StatusNoContent)
}

// userEvents lists the audit events of the account's connection.
//
//	@Summary		List the events of my connection
//	@Description	Returns the newest 100 events, newest first. Each event names the action, the actor, the request and the client's IP address.
//	@ID				listConnectionEvents
//	@Tags			connection
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Param			X-CSRF	header		string			false	"1; required when the session cookie authenticates the call"
//	@Success		200		{object}	EventsResponse	"the events"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["not_connected"]
//	@Router			/connection/events [get]
func (s *Server) userEvents(c echo.Context) error {
	connectionID, err := s.connectionID(c)
	if err != nil {
		return err
	}

	events, err := s.options.Partners.History(c.Request().Context(), connectionID)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, eventsResponse(events))
}

func (s *Server) connectionID(c echo.Context) (string, error) {
	caller := callerOf(c)
	if caller.session != nil {
		return caller.session.ConnectionID, nil
	}
	connection, err := s.options.Conns.Find(c.Request().Context(), caller.Account)

	return connection.ID, err
}

// GrantsResponse lists grants.
type GrantsResponse struct {
	Grants []GrantResponse `json:"grants"`
} // @name GrantList

// GrantResponse is one service's permission to act for one end user.
type GrantResponse struct {
	ID          string               `json:"id" example:"grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
	Service     ServiceResponse      `json:"service"`
	ExternalID  string               `json:"external_id" example:"user_4711"` // the service's own ID of the user
	DisplayName string               `json:"display_name" example:"Ada Lovelace"`
	State       string               `json:"state" example:"active" extensions:"x-extensible-enum=active|paused|revoked"` // paused: the user must log in again
	Account     GrantAccountResponse `json:"account"`
	PolicyResponse
	DatabaseIDs []string   `json:"database_ids" example:"96ad0856-03b1-4ee7-9666-e81abd0349e1"` // databases that the service created or the user selected
	CreatedAt   time.Time  `json:"created_at" format:"date-time" example:"2026-11-22T10:05:00Z"`
	RevokedAt   *time.Time `json:"revoked_at" format:"date-time" example:"2026-11-23T10:05:00Z" extensions:"x-nullable"`
	RevokedBy   string     `json:"revoked_by" example:"user" extensions:"x-extensible-enum=user|service|operator|disconnect|replaced"` // empty if the grant is not revoked
	LastUsedAt  *time.Time `json:"last_used_at" format:"date-time" example:"2026-11-22T11:05:00Z" extensions:"x-nullable"`             // rounded to the minute
	LastUsedFor string     `json:"last_used_for" example:"redis.list"`                                                                 // the last operation; empty if the grant was never used
} // @name Grant

// ServiceResponse identifies a service.
type ServiceResponse struct {
	ID   string `json:"id" example:"self"`
	Name string `json:"name" example:"ACME"`
} // @name Service

// GrantAccountResponse is the account of a grant.
type GrantAccountResponse struct {
	Email string `json:"email" example:"demo@example.com"`
} // @name GrantAccount

// PolicyResponse is the access that a grant allows.
type PolicyResponse struct {
	Scopes       []string `json:"scopes" example:"redis.list,redis.create"`
	Databases    string   `json:"databases" example:"created" extensions:"x-extensible-enum=selected|created|all"`
	Regions      []string `json:"regions" example:"us-east-1,eu-west-1" extensions:"x-nullable"` // null: no restriction
	Plans        []string `json:"plans" example:"payg" extensions:"x-nullable"`                  // null: no restriction
	MaxDatabases int      `json:"max_databases" example:"5"`                                     // how many databases the service may create; 0: unlimited
	MaxBudget    int64    `json:"max_budget" example:"100"`                                      // highest total monthly budget of these databases; 0: unlimited
} // @name Policy

// EventsResponse lists events.
type EventsResponse struct {
	Events []EventResponse `json:"events"`
} // @name EventList

// EventResponse is one event of the audit log.
type EventResponse struct {
	At        time.Time     `json:"at" format:"date-time" example:"2026-11-22T10:05:00Z"`
	Action    string        `json:"action" example:"database_created"` // stable name; more may be added
	Detail    string        `json:"detail" example:"96ad0856-03b1-4ee7-9666-e81abd0349e1"`
	Actor     ActorResponse `json:"actor"`
	GrantID   string        `json:"grant_id" example:"grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // the grant that the service used; may be empty
	RequestID string        `json:"request_id" example:"6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
	Address   string        `json:"address" example:"203.0.113.9"`                             // the client's IP address
	Times     int64         `json:"times" minimum:"1" example:"1"`                             // number of occurrences: repetitions within an hour are counted in one event
	LastAt    time.Time     `json:"last_at" format:"date-time" example:"2026-11-22T10:05:00Z"` // time of the last occurrence
} // @name Event

// ActorResponse is who caused an event.
type ActorResponse struct {
	Kind string `json:"kind" example:"service" extensions:"x-extensible-enum=user|service|operator|server"`
	ID   string `json:"id" example:"self"`   // the service's ID; empty for other kinds
	Name string `json:"name" example:"ACME"` // the service's name; empty for other kinds
} // @name Actor

func policyResponse(p partner.Policy) PolicyResponse {
	answer := PolicyResponse{
		Scopes: p.Scopes, Databases: string(p.Databases), Regions: p.Regions, Plans: p.Plans,
		MaxDatabases: p.MaxDatabases, MaxBudget: p.MaxBudget,
	}
	if answer.Scopes == nil {
		answer.Scopes = []string{}
	}

	return answer
}

func grantResponse(g partner.Grant) GrantResponse {
	ids := g.DatabaseIDs
	if ids == nil {
		ids = []string{}
	}

	return GrantResponse{
		ID: g.ID, Service: ServiceResponse{ID: g.Service.ID, Name: g.Service.Name},
		ExternalID: g.ExternalID, DisplayName: g.DisplayName, State: string(g.State()),
		Account: GrantAccountResponse{Email: g.Email}, PolicyResponse: policyResponse(g.Effective()), DatabaseIDs: ids,
		CreatedAt: g.CreatedAt.UTC(), RevokedAt: optional(g.RevokedAt), RevokedBy: g.RevokedBy,
		LastUsedAt: optional(g.LastUsedAt), LastUsedFor: g.LastUsedFor,
	}
}

func grantsResponse(grants []partner.Grant) GrantsResponse {
	answer := GrantsResponse{Grants: make([]GrantResponse, 0, len(grants))}
	for _, grant := range grants {
		answer.Grants = append(answer.Grants, grantResponse(grant))
	}

	return answer
}

func eventsResponse(events []partner.PastEvent) EventsResponse {
	answer := EventsResponse{Events: make([]EventResponse, 0, len(events))}
	for _, event := range events {
		last := event.At
		if !event.LastAt.IsZero() {
			last = event.LastAt
		}
		answer.Events = append(answer.Events, EventResponse{
			Times: max(1, event.Times), LastAt: last.UTC(),
			At: event.At.UTC(), Action: string(event.Action), Detail: event.Detail,
			Actor:   ActorResponse{Kind: string(event.Actor.Kind), ID: event.Actor.ID, Name: event.ServiceName},
			GrantID: event.Actor.GrantID, RequestID: event.Actor.RequestID, Address: event.Actor.Address,
		})
	}

	return answer
}
