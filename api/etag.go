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

// tagged gives a body its entity tag. The tag is a digest of the bytes, hence strong, and says nothing to someone who
// may not read them: it is only looked at once the caller got this far. It is bound to the principal: two callers have
// no tag in common, even where they are answered the same. For what holds no secret.
func tagged(body []byte, principal string) proxy.Encoded {
	digest := sha256.New()
	_, _ = digest.Write([]byte(principal))
	_, _ = digest.Write(body)
	sum := digest.Sum(nil)

	return proxy.Encoded{Body: body, Tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`}
}

// conditional answers JSON with its entity tag, or 304 without a body to a caller that has it already (RFC 9110 section
// 13.1.2).
func conditional(c echo.Context, answer proxy.Encoded) error {
	header := c.Response().Header()
	header["Etag"] = []string{answer.Tag}

	if lines := c.Request().Header["If-None-Match"]; len(lines) > 0 && noneMatch(lines, answer.Tag) {
		return c.NoContent(http.StatusNotModified)
	}
	header[echo.HeaderContentLength] = []string{strconv.Itoa(len(answer.Body))}

	return c.JSONBlob(http.StatusOK, answer.Body)
}

// noneMatch reports whether an If-None-Match names the tag, by weak comparison, or is a star. What is no list of tags
// matches nothing from there on: the worst that comes of it is a whole answer.
func noneMatch(lines []string, tag string) bool {
	rest := strings.Trim(strings.Join(lines, ","), " \t")
	if rest == "*" {
		return true
	}

	for {
		rest = strings.TrimLeft(rest, " \t,") // empty elements are to be passed over (RFC 9110 section 5.6.1.2)

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
