package api

import (
	"context"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

// call is what the server learns of one request while it answers it: the door makes it, guards and handlers fill it in,
// and the log line is made of it.
//
// It is also the context of the request: what is called with that context finds the call in it.
type call struct {
	context.Context // of the connection, with the report of limits

	requestID string
	method    string        // as it was asked with: inside, HEAD is GET
	upstream  atomic.Int64  // nanoseconds that calls to upstream took
	standings *limit.Report // of the limits that came up

	caller         *Caller            // nil until a guard has let one in
	principal      *partner.Principal // of a service token
	transaction    string             // cookie of the browser that opened an invitation
	limitsReported bool

	code  problem.Code // of the problem that was answered; empty for none
	limit string       // that refused the request
	cause error        // of the problem
}

type callKey struct{}

// Value implements context.Context.
func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}

	return c.Context.Value(key)
}

func callOf(c echo.Context) *call { return c.Request().Context().Value(callKey{}).(*call) }

func callerOf(c echo.Context) Caller { return *callOf(c).caller }

func principalOf(c echo.Context) partner.Principal { return *callOf(c).principal }

func transactionOf(c echo.Context) string { return callOf(c).transaction }

func requestID(c echo.Context) string { return callOf(c).requestID }
