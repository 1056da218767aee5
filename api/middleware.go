package api

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/inflight"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/problem"
)

const maxBody = 64 << 10

// AccessMessage is the message of the one log record that each request leaves.
const AccessMessage = "request"

// door is what every request passes before the router, and every answer on its way out, 404 and 405 included.
func (s *Server) door(issuerOrigin string) echo.MiddlewareFunc {
	headers := s.newHeaders(issuerOrigin)

	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			begun := time.Now()
			s.begin(c)
			closeAfterChunks(c)

			if err := s.pass(c, headers, next); err != nil {
				s.handleError(err, c)
			}
			s.log(c, time.Since(begun))

			return nil
		}
	}
}

// begin names the request, and lets what is called with its context report to the call.
func (s *Server) begin(c echo.Context) {
	r := c.Request()
	made := &call{requestID: usableRequestID(r.Header.Get(echo.HeaderXRequestID)), method: askedWith(r)}
	c.Response().Header()["X-Request-Id"] = []string{made.requestID}

	made.Context, made.standings = limit.WithReport(r.Context())
	c.SetRequest(r.WithContext(made))
}

// pass sets the headers of every answer and lets the request through to the router, unless a rule refuses it.
func (s *Server) pass(c echo.Context, headers headers, next echo.HandlerFunc) (err error) {
	defer s.recover(c, &err)
	headers.set(c)

	if err := unambiguous(c); err != nil {
		return err
	}

	if err := s.ownHost(c); err != nil || c.Response().Committed {
		return err
	}

	if answered, err := s.crossOrigin(c); err != nil || answered {
		return err
	}

	if err := boundBody(c); err != nil {
		return err
	}

	if err := s.sameSite(c); err != nil {
		return err
	}

	return next(c)
}

const maxRequestID = 64

// usableRequestID is the caller's id of the request, if it is harmless in a log line, else a new one.
func usableRequestID(given string) string {
	if given == "" || len(given) > maxRequestID {
		return rand.Text()
	}

	for n := range len(given) {
		switch b := given[n]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '-':
		default:
			return rand.Text()
		}
	}

	return given
}

// log writes one line a request: the route's template, never the query, a header or a body. It also tells the observer.
func (s *Server) log(c echo.Context, took time.Duration) {
	known, ctx := callOf(c), c.Request().Context()

	exchange := Exchange{
		Method: method(known.method), Route: routeOf(c.Path()), Status: c.Response().Status,
		Code: known.code, Limit: known.limit, Took: took,
	}
	if s.options.Observe != nil {
		s.options.Observe(ctx, exchange)
	}

	sent := c.Response().Size
	if known.method == http.MethodHead {
		sent = 0
	}

	level := level(c.Request(), exchange)
	if !s.options.Logger.Enabled(ctx, level) {
		return
	}

	var room [12]slog.Attr // as many as there can be

	attributes := append(room[:0],
		slog.String("request_id", known.requestID),
		slog.String("method", exchange.Method),
		slog.String("route", exchange.Route),
		slog.Int("status", exchange.Status),
		slog.Int64("bytes", sent),
		slog.Float64("took_ms", milliseconds(exchange.Took)),
		slog.String("client", c.RealIP()),
	)
	if spent := known.upstream.Load(); spent > 0 {
		attributes = append(attributes, slog.Float64("upstream_ms", milliseconds(time.Duration(spent))))
	}

	if known.caller != nil {
		attributes = append(attributes, slog.String("account", accountHash(known.caller.Account)))
	}

	if known.code != "" {
		attributes = append(attributes, slog.String("code", string(known.code)))
		if known.cause != nil {
			attributes = append(attributes, slog.String("cause", known.cause.Error()))
		}
	}
	s.options.Logger.LogAttrs(ctx, level, AccessMessage, attributes...)
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
func accountHash(account keys.Account) string {
	sum := sha256.Sum256([]byte(account.Issuer + "\x00" + account.Subject))
	return hex.EncodeToString(sum[:6])
}

// recover is deferred. It turns a panic into a 500. The value it carried may hold anything, so only its type is logged.
func (s *Server) recover(c echo.Context, err *error) {
	value := recover()
	if value == nil {
		return
	}
	broke := inflight.NewPanicError(value) // a shared call may have panicked for this one: then where it did
	s.options.Logger.ErrorContext(c.Request().Context(), "panic in a handler",
		"request_id", requestID(c), "type", broke.Type, "stack", string(broke.Stack))
	*err = problem.New(problem.Internal, internalDetail)
}

func isAPI(r *http.Request) bool {
	return r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/")
}

func (s *Server) isOurs(host string) bool {
	return host == s.host || bareHost(s.options.PublicURL.Scheme, host) == s.host
}

// allOurs looks at what HTTP/2 may have beside its :authority (RFC 9113 section 8.3.1); net/http keeps no Host of
// HTTP/1.
func (s *Server) allOurs(hosts []string) bool {
	return !slices.ContainsFunc(hosts, func(host string) bool { return !s.isOurs(host) })
}

// ownHost refuses a foreign Host (RFC 9110 section 15.5.20): DNS may be rebound to us, and links must not follow it. So
// it does a target that names a user (RFC 9110 section 4.2.4). Health checks come by address. A person who came by
// another host is answered here, with a page.
func (s *Server) ownHost(c echo.Context) error {
	r := c.Request()
	if isHealth(r) || (s.isOurs(r.Host) && s.allOurs(r.Header["Host"]) && r.URL.User == nil) {
		return nil
	}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)

	if asksForPage(r) {
		return s.misdirected(c)
	}

	return problem.New(problem.MisdirectedRequest, "This server answers at "+s.publicURL("")+" only.")
}

// boundBody bounds what is read of a body.
func boundBody(c echo.Context) error {
	r := c.Request()
	if r.ContentLength > maxBody {
		return problem.New(problem.BodyTooLarge, "Bodies are at most 65536 bytes.")
	}

	if r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, maxBody)
	}

	return nil
}

// closeAfterChunks closes the connection after a body in chunks. net/http takes a request that has a Content-Length
// beside them and hides that it had; whoever stands in front may have counted otherwise, and would take the rest of the
// body for the next request (RFC 9112 section 6.1: "the server MUST close the connection after responding to such a
// request").
func closeAfterChunks(c echo.Context) {
	if r := c.Request(); r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
		c.Response().Header().Set(echo.HeaderConnection, "close")
	}
}
