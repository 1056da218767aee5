package api

import (
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
)

// headerConfirmName has the name of the resource that the call destroys or resets, as the user typed it.
const headerConfirmName = "Confirm-Name"

// confirmedName returns the name in the Confirm-Name header, or "" without the header; "" confirms nothing. It rejects
// two header lines, because proxies and servers disagree on which one counts.
//
// The value is the name itself in UTF-8, without quotes or escapes, and is compared byte for byte. RFC 9110 section
// 5.5 recommends ASCII, which the names that this server creates are; but a name from the Upstash console may have
// other characters. HTTP removes the spaces around the value.
func confirmedName(c echo.Context) (string, error) {
	values := c.Request().Header.Values(headerConfirmName)
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1:
		return "", problem.New(problem.InvalidRequest, "Send one Confirm-Name header.")
	case !utf8.ValidString(values[0]):
		return "", problem.New(problem.InvalidRequest, "Send Confirm-Name in UTF-8.")
	}

	return values[0], nil
}
