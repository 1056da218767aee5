package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// createBody is the body of a create.
type createBody struct {
	Name          string   `json:"name" validate:"required" example:"myredis"`                          // 1 to 64 letters, digits, _ or -, starting with a letter or digit
	PrimaryRegion string   `json:"primary_region" validate:"required" example:"us-east-1"`              // from GET /catalog
	ReadRegions   []string `json:"read_regions,omitempty" example:"us-west-1,us-west-2"`                // from GET /catalog, on the same platform as the primary region
	Platform      string   `json:"platform,omitempty" example:"aws"`                                    // default: the primary region's platform
	Plan          string   `json:"plan,omitempty" example:"payg"`                                       // from GET /catalog; the default depends on the type of account
	Budget        *int64   `json:"budget,omitempty" example:"20" minimum:"0"`                           // monthly budget, in Upstash's unit; 0: unlimited, which an installation with a maximum rejects; default: Upstash's
	Eviction      *bool    `json:"eviction,omitempty" example:"false"`                                  // whether the database evicts keys when it is full
	Region        string   `json:"region,omitempty" example:"global"`                                   // only global; accepted for compatibility with Upstash's partner guide
	TLS           *bool    `json:"tls,omitempty" example:"true"`                                        // only true; accepted for compatibility with Upstash's partner guide
	DatabaseName  string   `json:"database_name,omitempty" example:"myredis" extensions:"x-deprecated"` // alias of name, for callers written for Upstash's older API
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

// addValueErrors adds the invalid values of a decoded body to the fields with a wrong type, so that the caller gets
// every error at once. It skips fields with a wrong type, because they have no value to check.
func (b *createBody) addValueErrors(found *fieldErrors, faults []problem.Field) {
	if b.Name != "" && b.DatabaseName != "" {
		found.wrong = true
		found.add("/database_name", problem.FieldConflict, "is an alias of name; send only one of them")
	}

	for _, fault := range faults {
		at := fault.Pointer()
		if at == "/name" && b.DatabaseName != "" {
			at = "/database_name"
		}

		if found.covers(at) || (at == "/name" && found.covers("/database_name")) {
			continue
		}
		found.wrong = found.wrong || !fault.NotAllowed()
		found.notAllowed = found.notAllowed || fault.NotAllowed()
		found.fields = append(found.fields, fault.At(at))
	}
}

// listDatabases lists the account's databases.
//
//	@Summary		List databases
//	@Description	Returns all databases of the account, without credentials. The list may be cached, usually for one second. The server that created a database lists it immediately; other servers list it when their cache expires. To poll, send the ETag of the last response as If-None-Match: 304 without a body means that nothing changed.
//	@ID				listDatabases
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string			false	"1; required when the session cookie authenticates the call"
//	@Param			Connect-User	header	string	false	"with a service token: the external ID of the end user"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant ID"
//	@Param			If-None-Match	header	string	false	"the ETag of a response that the caller has; several ETags or * are accepted (RFC 9110 section 13.1.2)"
//	@Success		200		{object}	DatabasesResponse	"the databases"
//	@Header			200		{string}	ETag			"identifies this response"
//	@Success		304		"nothing changed: the caller's copy is current"
//	@Header			304		{string}	ETag			"identifies the caller's current copy"
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

// createDatabase creates a database.
//
//	@Summary		Create a database
//	@Description	Creates one Redis database. The body from Upstash's partner guide works unchanged. For 24 hours, calls with the same Idempotency-Key and the same body create one database only. A repeated call returns the first response again (Idempotent-Replayed: true), or 409 create_in_progress while the first call is in progress. A different body with the same key returns 422 idempotency_key_reused. 504 outcome_uncertain means that the response of Upstash was lost: send the same request again after Retry-After to learn the outcome.
//	@ID				createDatabase
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string			false	"1; required when the session cookie authenticates the call"
//	@Param			Connect-User	header	string	false	"with a service token: the external ID of the end user"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant ID"
//	@Param			Idempotency-Key	header	string	false	"1 to 255 visible characters, with or without quotes; choose a new one for each database; required with a service token"
//	@Param			body	body		createBody		true	"the database to create"
//	@Success		201		{object}	DatabaseResponse	"the database was created"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["idempotency_key_invalid", "idempotency_key_reused", "create_in_progress", "not_allowed", "database_limit", "outcome_uncertain", "connect_required", "reconnect_required", "upstream_forbidden", "upstream_error", "upstream_redirect", "upstream_unavailable", "upstream_timeout", "insufficient_scope", "grant_required", "grant_paused", "grant_limit", "idempotency_key_missing", "database_not_found"]
//	@Router			/databases [post]
func (s *Server) createDatabase(c echo.Context) error {
	var body createBody

	found, err := decodeFields(c, body.fields())
	if err != nil {
		return err
	}
	request := s.options.Databases.Validate(body.request())
	body.addValueErrors(&found, request.FieldErrors())

	if err := found.problem(); err != nil {
		return err
	}

	key, err := idempotencyKey(c.Request())
	if err != nil {
		return err
	}

	if key == "" && callerOf(c).acting != nil {
		return problem.New(problem.IdempotencyKeyMissing, "A service must send an Idempotency-Key with every create.")
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

	return c.JSON(http.StatusCreated, databaseResponse(database))
}

// database returns one database.
//
//	@Summary		Get a database
//	@Description	Returns one database, without credentials. Returns 404 database_not_found also for the ID of another account's database. If-None-Match works as it does for the list.
//	@ID				getDatabase
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string			false	"1; required when the session cookie authenticates the call"
//	@Param			Connect-User	header	string	false	"with a service token: the external ID of the end user"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant ID"
//	@Param			id		path		string			true	"the database's ID"	example(96ad0856-03b1-4ee7-9666-e81abd0349e1)
//	@Param			If-None-Match	header	string	false	"the ETag of a response that the caller has; several ETags or * are accepted (RFC 9110 section 13.1.2)"
//	@Success		200		{object}	DatabaseResponse	"the database"
//	@Header			200		{string}	ETag			"identifies this response"
//	@Success		304		"nothing changed: the caller's copy is current"
//	@Header			304		{string}	ETag			"identifies the caller's current copy"
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
//	@Description	Returns the password and the tokens of one database. No other call returns secrets of databases. They have only visible ASCII characters, without quotation marks, backslashes, backticks and dollar signs; if Upstash sends others, or no password or REST token, the call returns 502 upstream_error. The server records each call in the audit log. The operator can disable this call.
//	@ID				getDatabaseCredentials
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string				false	"1; required when the session cookie authenticates the call"
//	@Param			Connect-User	header	string	false	"with a service token: the external ID of the end user"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant ID"
//	@Param			id		path		string				true	"the database's ID"	example(96ad0856-03b1-4ee7-9666-e81abd0349e1)
//	@Success		200		{object}	CredentialsResponse	"the credentials"
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

// pingDatabase tests whether a database answers.
//
//	@Summary		Test the connection to a database
//	@Description	The server reads the database's tokens from Upstash, sends one Redis command, PING, to the database's REST URL with the read-only token, if there is one, and waits at most 5 seconds. The token does not leave the server. 200 is the outcome of the test, also when the database is not reachable: reason tells why. Any other status means that no test was made, so nothing is known about the database. The test is made from the server's network, not from the caller's. The database counts it as one command. The server records each test in the audit log. Only the user can call this, not a service: a service that has the database's credentials can send PING itself. An installation that does not reveal credentials does not use them either, and returns 403 credentials_disabled.
//	@ID				pingDatabase
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Param			X-CSRF	header		string			false	"1; required when the session cookie authenticates the call"
//	@Param			id		path		string			true	"the database's ID"	example(96ad0856-03b1-4ee7-9666-e81abd0349e1)
//	@Success		200		{object}	PingResponse	"the outcome of the test"
//	@Failure		default	{object}	Problem			"a problem: no test was made"
//	@x-problem-codes ["database_not_found", "credentials_disabled", "connect_required", "reconnect_required", "upstream_forbidden", "upstream_error", "upstream_redirect", "upstream_unavailable", "upstream_timeout"]
//	@Router			/databases/{id}/ping [post]
func (s *Server) pingDatabase(c echo.Context) error {
	outcome, err := s.options.Databases.Ping(c.Request().Context(), callerOf(c).Account, c.Param("id"))
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, pingResponse(outcome))
}

// catalog returns the platforms, regions and plans that a create may name.
//
//	@Summary		List operations, platforms, regions and plans
//	@Description	Returns the operations that this caller may use, and the platforms, regions and plans that this installation allows for databases, with labels to display.
//	@ID				getCatalog
//	@Tags			databases
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string			false	"1; required when the session cookie authenticates the call"
//	@Param			Connect-User	header	string	false	"with a service token: the external ID of the end user"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant ID"
//	@Success		200		{object}	CatalogResponse	"the catalog"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["insufficient_scope", "grant_required", "grant_paused"]
//	@Router			/catalog [get]
func (s *Server) catalog(c echo.Context) error {
	catalog := callerOf(c).databases.Catalog()

	answer := CatalogResponse{
		Platforms: []PlatformResponse{}, Regions: []RegionResponse{}, Plans: []PlanResponse{},
		Operations: s.openOperations(callerOf(c)),
	}
	for _, platform := range catalog.Platforms {
		answer.Platforms = append(answer.Platforms, PlatformResponse(platform))
	}

	for _, region := range catalog.Regions {
		answer.Regions = append(answer.Regions, RegionResponse(region))
	}

	for _, plan := range catalog.Plans {
		answer.Plans = append(answer.Plans, PlanResponse(plan))
	}

	return c.JSON(http.StatusOK, answer)
}

// openOperations lists what the caller may use: of a service, what its grant allows.
func (s *Server) openOperations(caller Caller) []OperationResponse {
	open := []OperationResponse{}

	for _, called := range s.options.Databases.Operations() {
		refused := caller.acting != nil && !caller.acting.Policy.Allows(called.Name)
		if refused || s.options.Databases.CheckOpen(called) != nil {
			continue
		}
		open = append(open, OperationResponse{
			Name: called.Name, Effect: string(called.Effect), FreshLogin: called.Tier == operation.Guarded,
		})
	}

	return open
}
