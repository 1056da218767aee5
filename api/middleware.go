package api

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
)

const (
	requestIDKey = "request_id"
	errorKey     = "error"
	codeKey      = "code"
	limitKey     = "limit"
	maxBody      = 64 << 10
)

var usableRequestID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// identify gives every request an id: the caller's, if it is harmless in a log line, else a new one.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !usableRequestID.MatchString(id) {
			id = rand.Text()
		}
		c.Set(requestIDKey, id)
		c.Response().Header().Set(echo.HeaderXRequestID, id)

		return next(c)
	}
}

func requestID(c echo.Context) string {
	id, _ := c.Get(requestIDKey).(string)
	return id
}

// log writes one line a request: the route's template, never the query, a header or a body. It also tells the observer.
func (s *Server) log(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begun := time.Now()
		ctx, upstream := withUpstreamTime(c.Request().Context())
		c.SetRequest(c.Request().WithContext(ctx))

		err := next(c)
		if err != nil {
			s.handleError(err, c)
		}
		code, _ := c.Get(codeKey).(problem.Code)
		limit, _ := c.Get(limitKey).(string)

		exchange := Exchange{
			Method: method(c.Request().Method), Route: routeOf(c.Path()), Status: c.Response().Status,
			Code: code, Limit: limit, Took: time.Since(begun),
		}
		if s.options.Observe != nil {
			s.options.Observe(ctx, exchange)
		}

		attributes := []slog.Attr{
			slog.String("request_id", requestID(c)),
			slog.String("method", exchange.Method),
			slog.String("route", exchange.Route),
			slog.Int("status", exchange.Status),
			slog.Int64("bytes", c.Response().Size),
			slog.Float64("took_ms", milliseconds(exchange.Took)),
			slog.String("client", c.RealIP()),
		}
		if spent := upstream.Load(); spent > 0 {
			attributes = append(attributes, slog.Float64("upstream_ms", milliseconds(time.Duration(spent))))
		}

		if caller, ok := c.Get(callerKey).(Caller); ok {
			attributes = append(attributes, slog.String("account", accountHash(caller)))
		}

		if code != "" {
			attributes = append(attributes, slog.String("code", string(code)))
			if cause, ok := c.Get(errorKey).(error); ok {
				attributes = append(attributes, slog.String("cause", cause.Error()))
			}
		}
		s.options.Logger.LogAttrs(ctx, level(c.Request(), exchange), "request", attributes...)

		return nil
	}
}

// level: what failed on our side, or behind us, is an error. A refusal is not: strangers can cause any number. Probes
// that go well are asked for every few seconds and tell nothing; one that does not has its parts named in a line of its
// own.
func level(r *http.Request, exchange Exchange) slog.Level {
	switch {
	case isHealth(r) && exchange.Status == http.StatusOK:
		return slog.LevelDebug
	case isHealth(r):
		return slog.LevelWarn
	case exchange.Status >= http.StatusInternalServerError:
		return slog.LevelError
	}

	return slog.LevelInfo
}

func isHealth(r *http.Request) bool { return r.URL.Path == "/livez" || r.URL.Path == "/readyz" }

// accountHash tells accounts apart in the log without naming them.
func accountHash(caller Caller) string {
	sum := sha256.Sum256([]byte(caller.Account.Issuer + "\x00" + caller.Account.Subject))
	return hex.EncodeToString(sum[:6])
}

// recover turns a panic into a 500. The value it carried may hold anything, so only its type is logged.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			s.options.Logger.ErrorContext(c.Request().Context(), "panic in a handler",
				"request_id", requestID(c), "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
			err = problem.New(problem.Internal, "Something failed on our side. Quote the request id to the operator.")
		}()

		return next(c)
	}
}

// headers are those of every answer. Script may be ours alone, and talk to us and the identity provider alone.
func (s *Server) headers(issuerOrigin string) echo.MiddlewareFunc {
	page := strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data:",
		"font-src 'self'",
		"connect-src 'self' " + issuerOrigin,
		"manifest-src 'self'",
		"form-action 'self'",
		"frame-ancestors 'none'",
		"base-uri 'none'",
	}, "; ")

	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			header := c.Response().Header()
			header.Set(echo.HeaderXContentTypeOptions, "nosniff")
			header.Set(echo.HeaderReferrerPolicy, "no-referrer")
			header.Set(echo.HeaderXFrameOptions, "DENY")
			header.Set("Cross-Origin-Resource-Policy", "same-origin")
			header.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")

			if s.cookie.secure {
				header.Set(echo.HeaderStrictTransportSecurity, "max-age=31536000; includeSubDomains")
			}

			if isAPI(c.Request()) {
				header.Set(echo.HeaderCacheControl, "no-store")
				header.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
			} else {
				header.Set(echo.HeaderContentSecurityPolicy, page)
			}

			return next(c)
		}
	}
}

func isAPI(r *http.Request) bool {
	return r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/")
}

func (s *Server) isOurs(host string) bool {
	return bareHost(s.options.PublicURL.Scheme, host) == s.host
}

// allOurs looks at what HTTP/2 may have beside its :authority (RFC 9113 section 8.3.1); net/http keeps no Host of
// HTTP/1.
func (s *Server) allOurs(hosts []string) bool {
	return !slices.ContainsFunc(hosts, func(host string) bool { return !s.isOurs(host) })
}

// ownHost refuses a foreign Host (RFC 9110 section 15.5.20): DNS may be rebound to us, and links must not follow it. So
// it does a target that names a user (RFC 9110 section 4.2.4). Health checks come by address.
func (s *Server) ownHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !isHealth(r) && (!s.isOurs(r.Host) || !s.allOurs(r.Header.Values("Host")) || r.URL.User != nil) {
			c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)

			if asksForPage(r) {
				return s.misdirected(c)
			}

			return problem.New(problem.MisdirectedRequest, "This server answers at "+s.origin+" only.")
		}

		return next(c)
	}
}

// boundBody bounds what is read of a body.
func (s *Server) boundBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.ContentLength > maxBody {
			return problem.New(problem.BodyTooLarge, "Bodies are at most 65536 bytes.")
		}
		r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, maxBody)

		return next(c)
	}
}

// closeAfterChunks closes the connection after a body in chunks. net/http takes a request that has a Content-Length
// beside them and hides that it had; whoever stands in front may have counted otherwise, and would take the rest of the
// body for the next request (RFC 9112 section 6.1: "the server MUST close the connection after responding to such a
// request").
func closeAfterChunks(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if r := c.Request(); r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
			c.Response().Header().Set(echo.HeaderConnection, "close")
		}

		return next(c)
	}
}
