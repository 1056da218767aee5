package api

import (
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/problem"
)

// maxLoginAge is how old the login of a user may be for a call that destroys something.
const maxLoginAge = 10 * time.Minute

// errFreshLogin carries the step-up challenge of RFC 9470 section 3: the client logs the user in again with max_age.
var errFreshLogin = &problem.Error{
	Code: problem.FreshLoginRequired, Reason: "the login is too old for the operation",
	Detail: "This call needs a login of the last 10 minutes. Log in again, then repeat it. Nothing was changed.",
	Challenge: fmt.Sprintf(`Bearer error="insufficient_user_authentication", `+
		`error_description="A login of the last 10 minutes is required", max_age="%d"`, int(maxLoginAge/time.Second)),
}

// requireFreshLogin returns fresh_login_required for a user whose last login at the issuer is older than maxLoginAge.
// It protects a user from anyone who finds an unlocked browser or a leaked token. Services pass: they have no login.
func (s *Server) requireFreshLogin(c echo.Context) error {
	caller := callerOf(c)
	if caller.acting != nil {
		return nil
	}

	at := caller.authenticatedAt()
	age := s.options.Now().Sub(at)

	// A login in the future would remain recent until then: the clock was set back.
	if at.IsZero() || age > maxLoginAge || age < -auth.Leeway {
		return errFreshLogin
	}

	return nil
}

// authenticatedAt returns when the user logged in at the issuer; the zero time if that is unknown.
func (c Caller) authenticatedAt() time.Time {
	switch {
	case c.session != nil:
		return c.session.AuthenticatedAt
	case c.Claims != nil:
		return c.Claims.AuthenticatedAt
	}

	return time.Time{}
}
