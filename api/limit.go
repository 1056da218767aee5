package api

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/limit"
)

const reportedKey = "limits_reported"

// Limit is one that callers are told of.
type Limit struct {
	Name   string
	Rate   limit.Rate
	Routes []string // such as "POST /api/v1/databases"; empty: all that know their caller
	// Services says that it is kept for services alone.
	Services bool
}

func (l Limit) holds(route string, service bool) bool {
	return !l.Rate.Off() && (service || !l.Services) && (len(l.Routes) == 0 || slices.Contains(l.Routes, route))
}

// reportLimits tells the caller which limits hold for the call, and how far it is from those that came up while the
// call was served (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4). Every answer has these headers.
func (s *Server) reportLimits(c echo.Context) {
	if c.Get(reportedKey) != nil { // a service is charged before its end user is known
		return
	}
	c.Set(reportedKey, true)

	var policies []string
	for _, l := range s.options.Limits {
		if l.holds(c.Request().Method+" "+c.Path(), c.Get(principalKey) != nil) {
			policies = append(policies, fmt.Sprintf(`"%s";q=%d;w=%d`, l.Name, l.Rate.Count, seconds(l.Rate.Per)))
		}
	}

	if len(policies) == 0 {
		return
	}
	ctx, report := limit.WithReport(c.Request().Context())
	c.SetRequest(c.Request().WithContext(ctx))
	c.Response().Before(func() {
		header := c.Response().Header()
		header.Set("RateLimit-Policy", strings.Join(policies, ", "))

		var standings []string
		for _, standing := range report.Standings() {
			standings = append(
				standings,
				fmt.Sprintf(`"%s";r=%d;t=%d`, standing.Limit, standing.Remaining, seconds(standing.Reset)),
			)
		}

		if len(standings) > 0 {
			header.Set("RateLimit", strings.Join(standings, ", "))
		}
	})
}

// seconds are whole ones, rounded up: who waits for so many has waited long enough.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
