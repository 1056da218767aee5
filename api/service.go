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
	// HeaderConnectUser contains the external ID of the end user for whom a service acts.
	HeaderConnectUser = "Connect-User"
	// HeaderConnectGrant contains the ID of the grant that a service uses.
	HeaderConnectGrant = "Connect-Grant"
)

// serviceOnly admits a service with a service token.
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

// authenticateService verifies a service token and counts the call against the service's rate limit. It rejects
// requests with an Origin header: browsers send it with every cross-site call, so the token has leaked into a page.
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

// admitService authenticates a service and finds the grant for the end user that the request names.
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

// stillActing checks the service token and the grant again after the server has read the complete body. A slow body
// can take long, and the grant may have been revoked meanwhile.
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

// stillAuthenticated checks the service token again after a long wait.
func (s *Server) stillAuthenticated(c echo.Context) error {
	token, _, err := bearer(c.Request())
	if err != nil {
		return err
	}

	_, err = s.options.Partners.Authenticate(c.Request().Context(), token)

	return err
}

// endUser reads the end user or the grant. The request must have exactly one of the two headers, once.
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

// setActor stores the actor in the request's context, for the audit log.
func (s *Server) setActor(c echo.Context, actor keys.Actor) {
	actor.RequestID, actor.Address = requestID(c), c.RealIP()
	c.SetRequest(c.Request().WithContext(keys.WithActor(c.Request().Context(), actor)))
}
