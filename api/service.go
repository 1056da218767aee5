package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

const (
	// HeaderConnectUser names the end user that a service acts for, by the external id that the service chose.
	HeaderConnectUser = "Connect-User"
	// HeaderConnectGrant names the grant that a service acts under.
	HeaderConnectGrant = "Connect-Grant"
)

// serviceOnly admits a service with its token.
func (s *Server) serviceOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		token, present, err := bearer(c.Request())
		if err != nil {
			return err
		}

		if !present {
			return problem.New(problem.AuthenticationRequired, "Send a service token as Authorization: Bearer.")
		}

		if _, err := s.authenticateService(c, token); err != nil {
			return err
		}

		return next(c)
	}
}

// authenticateService admits a service, as far as its limit of requests goes. Browsers send an Origin with every call
// to another site: a service token that comes with one has leaked into a page.
func (s *Server) authenticateService(c echo.Context, token string) (partner.Principal, error) {
	if fromBrowser(c.Request()) && partner.IsServiceToken(token) {
		return partner.Principal{}, partner.ErrServiceTokenFromBrowser
	}

	principal, err := s.options.Partners.Authenticate(c.Request().Context(), token)
	if err != nil {
		return partner.Principal{}, err
	}
	callOf(c).principal = &principal
	s.setActor(c, keys.Actor{Kind: keys.ActorService, ID: principal.Service.ID})

	s.reportLimits(c)

	caller := limit.NewCaller("service", principal.Service.ID)

	return principal, s.options.ServiceRequests.Take(c.Request().Context(), caller)
}

// admitService lets a service act for the end user that the request names.
func (s *Server) admitService(c echo.Context, token string, next echo.HandlerFunc) error {
	principal, err := s.authenticateService(c, token)
	if err != nil {
		return err
	}

	externalID, grantID, err := endUser(c.Request())
	if err != nil {
		return err
	}

	acting, err := s.options.Partners.Authorize(c.Request().Context(), principal, externalID, grantID)
	if err != nil {
		return err
	}
	s.setActor(c, keys.Actor{Kind: keys.ActorService, ID: principal.Service.ID, GrantID: acting.Grant.ID})

	return s.admit(c, Caller{
		Account: acting.Grant.Account, acting: &acting,
		databases: granted{GrantAccess: acting, full: s.options.Databases.Catalog},
	}, next)
}

// stillActing looks again whether a service may act, after its request has come in whole: that may have taken long, and
// what was taken back meanwhile must not be done.
func (s *Server) stillActing(c echo.Context) error {
	caller := callerOf(c)
	if caller.acting == nil {
		return nil
	}
	ctx := c.Request().Context()

	token, _, err := bearer(c.Request())
	if err != nil {
		return err
	}

	principal, err := s.options.Partners.Authenticate(ctx, token)
	if err != nil {
		return err
	}

	acting, err := s.options.Partners.Authorize(ctx, principal, "", caller.acting.Grant.ID)
	if err != nil {
		return err
	}
	caller.acting, caller.databases = &acting, granted{GrantAccess: acting, full: s.options.Databases.Catalog}
	callOf(c).caller = &caller

	return nil
}

// endUser reads who a service acts for: exactly one of the two headers, once.
func endUser(r *http.Request) (externalID, grantID string, err error) {
	users, grants := r.Header.Values(HeaderConnectUser), r.Header.Values(HeaderConnectGrant)
	if len(users)+len(grants) != 1 {
		return "", "", partner.ErrOnePrincipal
	}

	if len(grants) == 1 {
		if grants[0] == "" {
			return "", "", partner.ErrOnePrincipal
		}

		return "", grants[0], nil
	}

	if !partner.ValidExternalID(users[0]) {
		return "", "", problem.New(problem.InvalidRequest,
			"Connect-User must be an external id: 1 to 255 visible ASCII characters.")
	}

	return users[0], "", nil
}

// setActor says in the request's context who acts, for the audit log.
func (s *Server) setActor(c echo.Context, actor keys.Actor) {
	actor.RequestID, actor.Address = requestID(c), c.RealIP()
	c.SetRequest(c.Request().WithContext(keys.WithActor(c.Request().Context(), actor)))
}
