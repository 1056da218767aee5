package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// createBody is the body of a create.
type createBody struct {
	Name          string   `json:"name" validate:"required" example:"myredis"`                          // 1 to 64 letters, digits, _ or -, starting with a letter or digit
	PrimaryRegion string   `json:"primary_region" validate:"required" example:"us-east-1"`              // of GET /catalog
	ReadRegions   []string `json:"read_regions,omitempty" example:"us-west-1,us-west-2"`                // of GET /catalog, on the same platform
	Platform      string   `json:"platform,omitempty" example:"aws"`                                    // default: the primary region's
	Plan          string   `json:"plan,omitempty" example:"payg"`                                       // of GET /catalog; default: by the kind of account
	Budget        *int64   `json:"budget,omitempty" example:"20" minimum:"0"`                           // monthly, in Upstash's unit
	Eviction      *bool    `json:"eviction,omitempty" example:"false"`                                  // whether keys are evicted when the database is full
	Region        string   `json:"region,omitempty" example:"global"`                                   // only global; kept for the body of Upstash's partner guide
	TLS           *bool    `json:"tls,omitempty" example:"true"`                                        // only true; kept for the same reason
	DatabaseName  string   `json:"database_name,omitempty" example:"myredis" extensions:"x-deprecated"` // another word for name, for callers written against Upstash's older create
} // @name CreateDatabaseRequest

func (b *createBody) fields() fields {
	return fields{
		"name": required{&b.Name}, "database_name": &b.DatabaseName, "platform": &b.Platform, "region": &b.Region,
		"primary_region": required{&b.PrimaryRegion}, "read_regions": &b.ReadRegions, "plan": &b.Plan,
		"budget": &b.Budget, "eviction": &b.Eviction, "tls": &b.TLS,
	}
}

func (b *createBody) request() proxy.CreateRequest {
	name := b.Name
	if name == "" {
		name = b.DatabaseName
	}

	return proxy.CreateRequest{
		Name: name, Platform: b.Platform, PrimaryRegion: b.PrimaryRegion, ReadRegions: b.ReadRegions,
		Plan: b.Plan, Budget: b.Budget, Eviction: b.Eviction, Region: b.Region, TLS: b.TLS,
	}
}

// judge adds what is wrong with the values of a decoded body to what was wrong with its types: a caller learns of every
// fault at once. A field of a wrong type has no value to judge.
func (b *createBody) judge(found *bodyFaults, faults []problem.Field) {
	if b.Name != "" && b.DatabaseName != "" {
		found.wrong = true
		found.add("/database_name", "is another word for name; send one of them")
	}

	for _, fault := range faults {
		at := fault.Pointer
		if at == "/name" && b.DatabaseName != "" {
			at = "/database_name"
		}

		if found.within(at) || (at == "/name" && found.within("/database_name")) {
			continue
		}
		found.wrong = found.wrong || !fault.NotAllowed
		found.notAllowed = found.notAllowed || fault.NotAllowed
		fault.Pointer = at
		found.faults = append(found.faults, fault)
	}
}

// listDatabases lists the account's databases.
//
//	@Summary		List databases
//	@Description	All databases of the account, without credentials. The list may be as old as this installation allows, usually a second; a new database is in it at once at the server that made it, and no later than that at others. To ask again and again, send the ETag of the last answer as If-None-Match, and 304 without a body says that nothing has changed.
//	@ID				listDatabases
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string			false	"1, when the session cookie is relied on"
//	@Param			Connect-User	header	string	false	"with a service token: the end user, by the service's external id"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant"
//	@Param			If-None-Match	header	string	false	"the ETag of an answer that the caller has; several, or *, as RFC 9110 has it"
//	@Success		200		{object}	DatabasesAnswer	"the databases"
//	@Header			200		{string}	ETag			"names this answer"
//	@Success		304		"the caller's answer still holds"
//	@Header			304		{string}	ETag			"names the answer that holds"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["connect_required", "reconnect_required", "upstream_forbidden", "upstream_error", "upstream_redirect", "upstream_unavailable", "upstream_timeout", "insufficient_scope", "grant_required", "grant_paused"]
//	@Router			/databases [get]
func (s *Server) listDatabases(c echo.Context) error {
	caller := callerOf(c)

	listing, err := caller.databases.List(c.Request().Context())
	if err != nil {
		return err
	}

	return conditional(c, listing.Encoded(func(databases []proxy.Database) proxy.Encoded {
		return tagged(appendDatabases(make([]byte, 0, sizeOf(databases...)), databases), caller.principal())
	}))
}

// createDatabase makes a database.
//
//	@Summary		Create a database
//	@Description	Makes one Redis database. The body of Upstash's partner guide works as it stands. With an Idempotency-Key the same key and body make one database, whatever happens, for 24 hours: a repeated call answers the same (Idempotent-Replayed: true), 409 create_in_progress while the first is under way, 422 idempotency_key_reused for another body. 504 outcome_uncertain means that the answer was lost: send the same again after Retry-After to learn what became of it.
//	@ID				createDatabase
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string			false	"1, when the session cookie is relied on"
//	@Param			Connect-User	header	string	false	"with a service token: the end user, by the service's external id"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant"
//	@Param			Idempotency-Key	header	string	false	"1 to 255 visible characters, quoted or not; yours to choose, one per database; required of services"
//	@Param			body	body		createBody		true	"what to create"
//	@Success		201		{object}	DatabaseAnswer	"created"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["idempotency_key_invalid", "idempotency_key_reused", "create_in_progress", "not_allowed", "database_limit", "outcome_uncertain", "connect_required", "reconnect_required", "upstream_forbidden", "upstream_error", "upstream_redirect", "upstream_unavailable", "upstream_timeout", "insufficient_scope", "grant_required", "grant_paused", "grant_limit", "idempotency_key_missing", "database_not_found"]
//	@Router			/databases [post]
func (s *Server) createDatabase(c echo.Context) error {
	var body createBody

	found, err := decodeFaults(c, body.fields())
	if err != nil {
		return err
	}
	request := s.options.Databases.Validate(body.request())
	body.judge(&found, request.FieldErrors())

	if err := found.refusal(); err != nil {
		return err
	}

	key, err := idempotencyKey(c.Request())
	if err != nil {
		return err
	}

	if key == "" && callerOf(c).acting != nil {
		return problem.New(problem.IdempotencyKeyMissing, "Services send an Idempotency-Key with every create.")
	}

	if err := s.stillActing(c); err != nil {
		return err
	}

	database, replayed, err := callerOf(c).databases.Create(c.Request().Context(), key, request)
	if err != nil {
		return err
	}

	if replayed {
		c.Response().Header().Set("Idempotent-Replayed", "true")
	}
	c.Response().Header().Set(echo.HeaderLocation, string(s.base)+"/api/v1/databases/"+database.ID)

	return c.JSON(http.StatusCreated, databaseAnswer(database))
}

// database returns one database.
//
//	@Summary		One database
//	@Description	Without credentials. 404 database_not_found also for an id of somebody else's. If-None-Match as for the list.
//	@ID				getDatabase
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string			false	"1, when the session cookie is relied on"
//	@Param			Connect-User	header	string	false	"with a service token: the end user, by the service's external id"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant"
//	@Param			id		path		string			true	"the database's id"	example(96ad0856-03b1-4ee7-9666-e81abd0349e1)
//	@Param			If-None-Match	header	string	false	"the ETag of an answer that the caller has; several, or *, as RFC 9110 has it"
//	@Success		200		{object}	DatabaseAnswer	"the database"
//	@Header			200		{string}	ETag			"names this answer"
//	@Success		304		"the caller's answer still holds"
//	@Header			304		{string}	ETag			"names the answer that holds"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["database_not_found", "connect_required", "reconnect_required", "upstream_forbidden", "upstream_error", "upstream_redirect", "upstream_unavailable", "upstream_timeout", "insufficient_scope", "grant_required", "grant_paused"]
//	@Router			/databases/{id} [get]
func (s *Server) database(c echo.Context) error {
	database, err := callerOf(c).databases.Database(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}

	return conditional(c, tagged(appendDatabase(make([]byte, 0, sizeOf(database)), database), callerOf(c).principal()))
}

// credentials reveals one database's credentials.
//
//	@Summary		Reveal a database's credentials
//	@Description	The one call that lets secrets out. It is written to the audit log, and can be switched off by the operator.
//	@ID				getDatabaseCredentials
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string				false	"1, when the session cookie is relied on"
//	@Param			Connect-User	header	string	false	"with a service token: the end user, by the service's external id"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant"
//	@Param			id		path		string				true	"the database's id"	example(96ad0856-03b1-4ee7-9666-e81abd0349e1)
//	@Success		200		{object}	CredentialsAnswer	"the credentials"
//	@Failure		default	{object}	Problem				"a problem"
//	@x-problem-codes ["database_not_found", "credentials_disabled", "connect_required", "reconnect_required", "upstream_forbidden", "upstream_error", "upstream_redirect", "upstream_unavailable", "upstream_timeout", "insufficient_scope", "grant_required", "grant_paused"]
//	@Router			/databases/{id}/credentials [get]
func (s *Server) credentials(c echo.Context) error {
	revealed, err := callerOf(c).databases.Credentials(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, CredentialsOf(revealed))
}

// catalog returns what may be asked for in a create.
//
//	@Summary		What can be created here
//	@Description	Platforms, regions with labels for people, and plans, as far as this installation allows them.
//	@ID				getCatalog
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string			false	"1, when the session cookie is relied on"
//	@Param			Connect-User	header	string	false	"with a service token: the end user, by the service's external id"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant"
//	@Success		200		{object}	CatalogAnswer	"the catalog"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["insufficient_scope", "grant_required", "grant_paused"]
//	@Router			/catalog [get]
func (s *Server) catalog(c echo.Context) error {
	catalog := callerOf(c).databases.Catalog()

	answer := CatalogAnswer{Platforms: []PlatformAnswer{}, Regions: []RegionAnswer{}, Plans: []PlanAnswer{}}
	for _, platform := range catalog.Platforms {
		answer.Platforms = append(answer.Platforms, PlatformAnswer(platform))
	}

	for _, region := range catalog.Regions {
		answer.Regions = append(answer.Regions, RegionAnswer(region))
	}

	for _, plan := range catalog.Plans {
		answer.Plans = append(answer.Plans, PlanAnswer(plan))
	}

	return c.JSON(http.StatusOK, answer)
}
