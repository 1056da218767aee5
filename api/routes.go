package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
)

// routes is the index of the product. Groups are by guard: who may call.
func (s *Server) routes(issuerOrigin string) {
	e := s.echo
	// Pre runs before the router, so these hold for every answer, 404 and 405 included.
	e.Pre(
		closeAfterChunks,
		s.identify,
		s.log,
		s.recover,
		s.headers(issuerOrigin),
		s.ownHost,
		s.crossOrigin,
		s.boundBody,
		s.sameSite,
	)

	// without HEAD the page would answer it, with 200
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		e.Add(method, "/livez", s.live)
		e.Add(method, "/readyz", s.ready)
	}

	v1 := e.Group("/api/v1")
	// Anyone.
	v1.GET("/config", s.config)
	v1.GET("/openapi.json", s.openAPIJSON)
	v1.GET("/openapi.yaml", s.openAPIYAML)
	v1.GET("/docs", s.docsPage)
	v1.GET("/problems", s.problemIndex)
	v1.GET("/problems/:code", s.problemMeaning)
	v1.DELETE("/session", s.endSession)
	// An access token.
	v1.POST("/session", s.startSession, s.bearerOnly)
	v1.PUT("/connection", s.connect, s.bearerOnly)
	// A session.
	v1.GET("/session", s.session, s.cookieOnly)
	// Either. The guard is named at each route: a group of its own would also answer unknown paths, with 401.
	v1.GET("/connection", s.connection, s.anyCaller)
	v1.DELETE("/connection", s.disconnect, s.userOnly)
	v1.GET("/connection/grants", s.userGrants, s.userOnly)
	v1.PATCH("/connection/grants/:id", s.narrowUserGrant, s.userOnly)
	v1.DELETE("/connection/grants/:id", s.revokeUserGrant, s.userOnly)
	v1.GET("/connection/events", s.userEvents, s.userOnly)
	v1.GET("/databases", s.listDatabases, s.anyCaller)
	v1.POST("/databases", s.createDatabase, s.anyCaller)
	v1.GET("/databases/:id", s.database, s.anyCaller)
	v1.GET("/databases/:id/credentials", s.credentials, s.anyCaller)
	v1.GET("/catalog", s.catalog, s.anyCaller)

	// A service token.
	v1.POST("/connect-sessions", s.openConnectSession, s.serviceOnly)
	v1.POST("/connect-sessions/:id/complete", s.completeConnectSession, s.serviceOnly)
	v1.GET("/grants", s.serviceGrants, s.serviceOnly)
	v1.GET("/grants/:id", s.serviceGrant, s.serviceOnly)
	v1.PATCH("/grants/:id", s.narrowServiceGrant, s.serviceOnly)
	v1.DELETE("/grants/:id", s.revokeServiceGrant, s.serviceOnly)
	// A service token, or the session's own status token.
	v1.GET("/connect-sessions/:id", s.connectSession)
	// The browser that opened an invitation.
	v1.POST("/transaction", s.openInvitation, s.fromOurPageOnly)
	v1.GET("/transaction", s.readTransaction, s.transactionOnly)
	v1.DELETE("/transaction", s.refuseTransaction, s.transactionOnly)
	v1.POST("/transaction/account", s.chooseAccount, s.cookieOnly, s.transactionOnly)
	v1.POST("/transaction/approval", s.approveTransaction, s.cookieOnly, s.transactionOnly)

	e.RouteNotFound("/api", s.unknown)
	e.RouteNotFound("/api/*", s.unknown)
	e.GET("/assets/*", s.page.asset)
	e.HEAD("/assets/*", s.page.asset)
	e.GET("/*", s.page.document)
	e.HEAD("/*", s.page.document)
}

func notFound(echo.Context) error { return echo.NewHTTPError(http.StatusNotFound) }

// unknown answers what no route of the API takes: 405 when the path has other methods, else 404. Echo prefers a
// RouteNotFound handler over its own 405, and without one the page's wildcard would answer here.
func (s *Server) unknown(c echo.Context) error {
	var allowed []string
	for _, method := range []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	} {
		probe := s.echo.NewContext(c.Request(), nil)
		s.echo.Router().Find(method, echo.GetPath(c.Request()), probe)

		if !strings.HasSuffix(probe.Path(), "*") && probe.Path() != "" && probe.Path() != "/api" {
			allowed = append(allowed, method)
		}
	}

	if len(allowed) == 0 {
		return notFound(c)
	}
	methods := strings.Join(allowed, ", ")
	c.Response().Header().Set(echo.HeaderAllow, methods) // RFC 9110 section 15.5.6

	return problem.New(problem.MethodNotAllowed, "This path takes "+methods+".")
}
