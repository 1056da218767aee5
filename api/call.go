package api

import (
	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

// call is what the server learns of one request while it answers it: the door makes it, guards and handlers fill it in,
// and the log line is made of it.
type call struct {
	requestID string
	upstream  upstreamTime
	standings *limit.Report // of the limits that came up

	caller         *Caller            // nil until a guard has let one in
	principal      *partner.Principal // of a service token
	transaction    string             // cookie of the browser that opened an invitation
	limitsReported bool

	code  problem.Code // of the problem that was answered; empty for none
	limit string       // that refused the request
	cause error        // of the problem
}

const callKey = "call"

func callOf(c echo.Context) *call { return c.Get(callKey).(*call) }

func callerOf(c echo.Context) Caller { return *callOf(c).caller }

func principalOf(c echo.Context) partner.Principal { return *callOf(c).principal }

func transactionOf(c echo.Context) string { return callOf(c).transaction }

func requestID(c echo.Context) string { return callOf(c).requestID }
