package api

import (
	"context"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

// call is the state of one request. The middleware creates it, guards and handlers fill it in, and the access log
// reads it.
//
// It is also the context of the request, so that code with this context can find the call.
type call struct {
	context.Context // the connection's context, with the report of rate limits

	requestID string
	method    string        // as the client sent it: handlers see GET for HEAD
	upstream  atomic.Int64  // nanoseconds spent in calls to upstream
	quotas    *limit.Report // the rate limits that were checked

	caller         *Caller            // nil until a guard has authenticated the caller
	principal      *partner.Principal // the service of a service token; nil for others
	transaction    string             // value of the transaction cookie
	limitsReported bool

	code  problem.Code // code of the problem in the response; empty if none
	limit string       // rate limit that rejected the request
	cause error        // cause of the problem
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
