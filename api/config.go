package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// config returns the configuration that the page needs to start a login.
//
//	@Summary		Get the public configuration
//	@Description	Returns the issuer, client ID, audience and scope for the login, the product's name, and the page of the Upstash console where users delete keys. Contains no secret.
//	@ID				getConfig
//	@Tags			config
//	@Success		200		{object}	ConfigResponse	"the configuration"
//	@Failure		default	{object}	Problem			"a problem"
//	@Router			/config [get]
func (s *Server) config(c echo.Context) error {
	answer := ConfigResponse(s.options.Page)
	answer.ConsoleURL = keysPage(answer.ConsoleURL)
	return c.JSON(http.StatusOK, answer)
}

// live responds while the process accepts requests.
func (s *Server) live(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "ok", "version": s.options.Version})
}

const readinessTimeout = 2 * time.Second

// ready reports whether every part of the server works, and names those that do not.
func (s *Server) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), readinessTimeout)
	defer cancel()

	parts, status := map[string]string{}, http.StatusOK
	for _, part := range s.options.Readiness {
		if part.Check == nil {
			parts[part.Name] = part.State()
			continue
		}

		parts[part.Name] = "ok"
		if err := part.Check(ctx); err != nil {
			s.options.Logger.WarnContext(ctx, "a part of the server is not ready", "part", part.Name, "error", err)
			parts[part.Name], status = "unavailable", http.StatusServiceUnavailable
		}
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")

	return c.JSON(status, map[string]any{"ready": status == http.StatusOK, "parts": parts})
}
