package api

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/limit"
)

// Limit is a rate limit that responses report in their headers.
type Limit struct {
	Name   string
	Rate   limit.Rate
	Routes []string // such as "POST /api/v1/databases"; empty: all routes with an authenticated caller
	// Services limits only services, not users.
	Services bool
}

func (l Limit) holds(route string, service bool) bool {
	return !l.Rate.Off() && (service || !l.Services) && (len(l.Routes) == 0 || slices.Contains(l.Routes, route))
}

// policies are the values of RateLimit-Policy by route, for users and for services.
type policies struct{ users, services map[string]string }

func policiesOf(limits []Limit, routes []string) policies {
	p := policies{users: map[string]string{}, services: map[string]string{}}

	for _, route := range routes {
		p.users[route], p.services[route] = policy(limits, route, false), policy(limits, route, true)
	}

	return p
}

func policy(limits []Limit, route string, service bool) string {
	var held []string
	for _, l := range limits {
		if l.holds(route, service) {
			held = append(held, fmt.Sprintf(`"%s";q=%d;w=%d`, l.Name, l.Rate.Count, seconds(l.Rate.Per)))
		}
	}

	return strings.Join(held, ", ")
}

func (p policies) of(route string, service bool) string {
	if service {
		return p.services[route]
	}

	return p.users[route]
}

// reportLimits adds the rate limits of the call to the response headers, and the remaining quota of those that were
// checked (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4).
func (s *Server) reportLimits(c echo.Context) {
	known := callOf(c)
	if known.limitsReported { // for a service, authenticateService has already called this
		return
	}
	known.limitsReported = true

	held := s.policies.of(c.Request().Method+" "+c.Path(), known.principal != nil)
	if held == "" {
		return
	}

	c.Response().Before(func() {
		header := c.Response().Header()
		header["Ratelimit-Policy"] = []string{held}

		if quotas := known.quotas.Quotas(); len(quotas) > 0 {
			header["Ratelimit"] = []string{string(appendQuotas(make([]byte, 0, 64), quotas))}
		}
	})
}

func appendQuotas(to []byte, quotas []limit.Quota) []byte {
	for n, quota := range quotas {
		if n > 0 {
			to = append(to, ", "...)
		}
		to = append(append(append(to, '"'), quota.Limit...), `";r=`...)
		to = strconv.AppendInt(to, int64(quota.Remaining), 10)
		to = strconv.AppendInt(append(to, ";t="...), seconds(quota.Reset), 10)
	}

	return to
}

// seconds rounds a duration up to seconds, so that a caller who waits for the result has waited long enough.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
