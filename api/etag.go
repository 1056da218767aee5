package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// conditional answers JSON with its entity tag, or 304 without a body to a caller that has it already (RFC 9110 section
// 13.1.2). The tag is a digest of the bytes, hence strong, and says nothing to someone who may not read them: it is
// only looked at once the caller got this far. The tag is bound to the principal: two callers have no tag in common,
// even where they are answered the same. For what holds no secret.
func conditional(c echo.Context, answer any, principal string) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append([]byte(principal), body...))
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	c.Response().Header().Set("ETag", tag)

	if noneMatch(c.Request().Header.Values("If-None-Match"), tag) {
		return c.NoContent(http.StatusNotModified)
	}

	return c.JSONBlob(http.StatusOK, body)
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
