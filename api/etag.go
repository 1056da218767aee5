package api

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/proxy"
)

// tagged computes the entity tag of a body. The tag is a digest of the bytes, hence strong. It reveals nothing to
// callers without access, because the server compares tags only after it authorized the caller. It includes the
// principal, so that two callers never share a tag, even for the same body. Use it only for bodies without secrets.
func tagged(body []byte, principal string) proxy.Encoded {
	digest := sha256.New()
	_, _ = digest.Write([]byte(principal))
	_, _ = digest.Write(body)
	sum := digest.Sum(nil)

	return proxy.Encoded{Body: body, Tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`}
}

// conditional responds with JSON and its entity tag, or with 304 and no body if the caller already has it (RFC 9110
// section 13.1.2).
func conditional(c echo.Context, answer proxy.Encoded) error {
	header := c.Response().Header()
	header["Etag"] = []string{answer.Tag}

	if lines := c.Request().Header["If-None-Match"]; len(lines) > 0 && noneMatch(lines, answer.Tag) {
		return c.NoContent(http.StatusNotModified)
	}
	header[echo.HeaderContentLength] = []string{strconv.Itoa(len(answer.Body))}

	return c.JSONBlob(http.StatusOK, answer.Body)
}

// noneMatch reports whether If-None-Match contains the tag, by weak comparison, or is a star. It stops at the first
// malformed element: at worst the caller gets the complete response.
func noneMatch(lines []string, tag string) bool {
	rest := strings.Trim(strings.Join(lines, ","), " \t")
	if rest == "*" {
		return true
	}

	for {
		rest = strings.TrimLeft(rest, " \t,") // skip empty elements (RFC 9110 section 5.6.1.2)

		opaque := strings.TrimPrefix(rest, "W/")
		if !strings.HasPrefix(opaque, `"`) {
			return false
		}

		end := strings.IndexByte(opaque[1:], '"')
		if end < 0 {
			return false
		}
		given := opaque[:end+2]

		rest = strings.TrimLeft(opaque[end+2:], " \t")
		if rest != "" && rest[0] != ',' {
			return false
		}

		if given == tag {
			return true
		}
	}
}
