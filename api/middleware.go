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

// AccessMessage is the message of the access log: one record for each request.
const AccessMessage = "request"

// middleware wraps the router: it checks every request, and logs every response, including 404 and 405.
func (s *Server) middleware(issuerOrigin string) echo.MiddlewareFunc {
	headers := s.newHeaders(issuerOrigin)

	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			start := time.Now()
			s.begin(c)
			closeAfterChunks(c)

			if err := s.pass(c, headers, next); err != nil {
				s.handleError(err, c)
			}
			s.log(c, time.Since(start))

			return nil
		}
	}
}

// begin creates the call, with the request ID, and makes it the context of the request.
func (s *Server) begin(c echo.Context) {
	r := c.Request()
	made := &call{requestID: usableRequestID(r.Header.Get(echo.HeaderXRequestID)), method: originalMethod(r)}
	c.Response().Header()["X-Request-Id"] = []string{made.requestID}

	made.Context, made.quotas = limit.WithReport(r.Context())
	c.SetRequest(r.WithContext(made))
}

// pass sets the response headers and passes the request to the router, unless a rule rejects the request.
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

// usableRequestID returns the caller's request ID if it is safe in a log, or else a new one.
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

// log writes the access log and calls the observer. The record contains the route's template, but never a query, a
// header or a body.
func (s *Server) log(c echo.Context, took time.Duration) {
	known, ctx := callOf(c), c.Request().Context()

	completed := CompletedRequest{
		Method: methodLabel(known.method), Route: routeLabel(c.Path()), Status: c.Response().Status,
		Code: known.code, Limit: known.limit, Took: took,
	}
	if s.options.Observe != nil {
		s.options.Observe(ctx, completed)
	}

	sent := c.Response().Size
	if known.method == http.MethodHead {
		sent = 0
	}

	level := level(c.Request(), completed)
	if !s.options.Logger.Enabled(ctx, level) {
		return
	}

	var buffer [12]slog.Attr // the maximum, so that append does not allocate

	attributes := append(buffer[:0],
		slog.String("request_id", known.requestID),
		slog.String("method", completed.Method),
		slog.String("route", completed.Route),
		slog.Int("status", completed.Status),
		slog.Int64("bytes", sent),
		slog.Float64("took_ms", milliseconds(completed.Took)),
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

// level returns the log level of a request. Failures of this server and of Upstash are errors. Rejected requests are
// not, because anyone can cause any number of them. Successful health checks are logged at debug level, because they
// arrive every few seconds. For a failed one, a separate record names the parts that are not ready.
func level(r *http.Request, completed CompletedRequest) slog.Level {
	switch {
	case isHealth(r) && completed.Status == http.StatusOK:
		return slog.LevelDebug
	case isHealth(r):
		return slog.LevelWarn
	case completed.Status >= http.StatusInternalServerError:
		return slog.LevelError
	}

	return slog.LevelInfo
}

func isHealth(r *http.Request) bool { return r.URL.Path == "/livez" || r.URL.Path == "/readyz" }

// accountHash identifies an account in the log without naming it.
func accountHash(account keys.Account) string {
	sum := sha256.Sum256([]byte(account.Issuer + "\x00" + account.Subject))
	return hex.EncodeToString(sum[:6])
}

// recover is deferred. It turns a panic into a 500. It logs only the type of the panic's value, because the value may
// contain a secret.
func (s *Server) recover(c echo.Context, err *error) {
	value := recover()
	if value == nil {
		return
	}
	broke := inflight.NewPanicError(value) // for a shared call, this is the panic of the call that ran
	s.options.Logger.ErrorContext(c.Request().Context(), "a handler panicked",
		"request_id", requestID(c), "type", broke.Type, "stack", string(broke.Stack))
	*err = problem.New(problem.Internal, internalDetail)
}

func isAPI(r *http.Request) bool {
	return r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/")
}

// isOwnHost reports whether host is the host of the public URL.
func (s *Server) isOwnHost(host string) bool {
	return host == s.host || bareHost(s.options.PublicURL.Scheme, host) == s.host
}

// ownHosts checks the Host headers that an HTTP/2 request may have in addition to :authority (RFC 9113 section 8.3.1).
// For HTTP/1, net/http removes Host from the headers.
func (s *Server) ownHosts(hosts []string) bool {
	return !slices.ContainsFunc(hosts, func(host string) bool { return !s.isOwnHost(host) })
}

// ownHost rejects a foreign Host (RFC 9110 section 15.5.20) as a protection against DNS rebinding, and a target that
// contains user information (RFC 9110 section 4.2.4). It accepts any host for health checks, which use IP addresses. A
// browser with a foreign Host gets an HTML page.
func (s *Server) ownHost(c echo.Context) error {
	r := c.Request()
	if isHealth(r) || (s.isOwnHost(r.Host) && s.ownHosts(r.Header["Host"]) && r.URL.User == nil) {
		return nil
	}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)

	if wantsHTML(r) {
		return s.misdirected(c)
	}

	return problem.New(problem.MisdirectedRequest, "Use "+s.publicURL("")+" to reach this server.")
}

// boundBody limits the size of the body.
func boundBody(c echo.Context) error {
	r := c.Request()
	if r.ContentLength > maxBody {
		return problem.New(problem.BodyTooLarge, "Request bodies can be at most 65536 bytes.")
	}

	if r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, maxBody)
	}

	return nil
}

// closeAfterChunks closes the connection after a chunked body. net/http accepts a chunked request that also has a
// Content-Length, and hides that header. A proxy in front may use Content-Length instead, and would treat the rest of
// the body as the next request (RFC 9112 section 6.1: "the server MUST close the connection after responding to such a
// request").
func closeAfterChunks(c echo.Context) {
	if r := c.Request(); r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
		c.Response().Header().Set(echo.HeaderConnection, "close")
	}
}
