package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
)

// routes registers all routes, grouped by the guard that decides who may call. Every route for GET also serves HEAD;
// see headAsGet.
func (s *Server) routes(issuerOrigin string) {
	e := s.echo
	e.Pre(s.middleware(issuerOrigin))

	e.GET("/livez", s.live)
	e.GET("/readyz", s.ready)

	v1 := e.Group("/api/v1")
	// Public.
	v1.GET("/config", s.config)
	v1.GET("/openapi.json", s.openAPIJSON)
	v1.GET("/openapi.yaml", s.openAPIYAML)
	v1.GET("/docs", s.referencePage)
	v1.GET("/problems", s.problemIndex)
	v1.GET("/problems/:code", s.problemMeaning)
	v1.DELETE("/session", s.endSession)
	// An access token.
	v1.POST("/session", s.bearerOnly(s.startSession))
	v1.PUT("/connection", s.bearerOnly(s.connect))
	// A session.
	v1.GET("/session", s.sessionOrNone(s.cookieOnly(s.session)))
	// A session or an access token. Each route names its guard, because a guard on the group would return 401 for
	// unknown paths.
	v1.GET("/connection", s.anyCaller(s.connection))
	v1.DELETE("/connection", s.userOnly(s.disconnect))
	v1.GET("/connection/grants", s.userOnly(s.userGrants))
	v1.PATCH("/connection/grants/:id", s.userOnly(s.narrowUserGrant))
	v1.DELETE("/connection/grants/:id", s.userOnly(s.revokeUserGrant))
	v1.GET("/connection/events", s.userOnly(s.userEvents))
	v1.GET("/databases", s.anyCaller(s.listDatabases))
	v1.POST("/databases", s.anyCaller(s.createDatabase))
	v1.GET("/databases/:id", s.anyCaller(s.database))
	v1.GET("/databases/:id/credentials", s.anyCaller(s.credentials))
	v1.POST("/databases/:id/ping", s.userOnly(s.pingDatabase))
	v1.GET("/catalog", s.anyCaller(s.catalog))
	s.operationRoutes(v1)

	// A service token.
	v1.POST("/connect-sessions", s.serviceOnly(s.openConnectSession))
	v1.POST("/connect-sessions/:id/complete", s.serviceOnly(s.completeConnectSession))
	v1.GET("/grants", s.serviceOnly(s.serviceGrants))
	v1.GET("/grants/:id", s.serviceOnly(s.serviceGrant))
	v1.PATCH("/grants/:id", s.serviceOnly(s.narrowServiceGrant))
	v1.DELETE("/grants/:id", s.serviceOnly(s.revokeServiceGrant))
	v1.GET("/webhook-events", s.serviceOnly(s.webhookEvents))
	// A service token, or the session's own status token.
	v1.GET("/connect-sessions/:id", s.connectSession)
	// The browser that opened an invitation.
	v1.POST("/transaction", s.fromOurPageOnly(s.openInvitation))
	v1.GET("/transaction", s.transactionOnly(s.readTransaction))
	v1.DELETE("/transaction", s.transactionOnly(s.refuseTransaction))
	v1.POST("/transaction/left", s.transactionOnly(s.leaveTransaction))
	v1.POST("/transaction/account", s.cookieOnly(s.transactionOnly(s.chooseAccount)))
	v1.POST("/transaction/approval", s.cookieOnly(s.transactionOnly(s.approveTransaction)))

	e.RouteNotFound("/api", s.unknown)
	e.RouteNotFound("/api/*", s.unknown)
	e.GET("/assets/*", s.page.asset)
	e.GET("/embed/v1.js", s.page.embedded)
	e.GET("/embed/v1.d.ts", s.page.embedded)
	e.GET("/*", s.page.document)
}

// routeNames lists the routes in the form that Limit.Routes uses.
func (s *Server) routeNames() []string {
	var names []string
	for _, route := range s.echo.Routes() {
		names = append(names, route.Method+" "+route.Path)
	}

	return names
}

func notFound(echo.Context) error { return echo.NewHTTPError(http.StatusNotFound) }

// unknown responds to API requests that match no route: with 405 if the path exists with other methods, or else with
// 404. Echo prefers a RouteNotFound handler over its own 405, and without one the page's wildcard route would match.
func (s *Server) unknown(c echo.Context) error {
	var allowed []string
	for _, method := range []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	} {
		probe := s.echo.NewContext(c.Request(), nil)
		s.echo.Router().Find(method, echo.GetPath(c.Request()), probe)

		if !strings.HasSuffix(probe.Path(), "*") && probe.Path() != "" && probe.Path() != "/api" {
			allowed = append(allowed, method)

			if method == http.MethodGet {
				allowed = append(allowed, http.MethodHead)
			}
		}
	}

	if len(allowed) == 0 {
		return notFound(c)
	}
	methods := strings.Join(allowed, ", ")
	c.Response().Header().Set(echo.HeaderAllow, methods) // RFC 9110 section 15.5.6

	return problem.New(problem.MethodNotAllowed, "Method not allowed on this path. Allowed: "+methods+".")
}
