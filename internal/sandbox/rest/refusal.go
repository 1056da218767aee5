package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// refusal is an error text as a client receives it.
type refusal string

func (r refusal) Error() string { return string(r) }

// Texts from the documentation or from responses of the real service.
const (
	errUnauthorized refusal = "WRONGPASS invalid or missing auth token. See https://docs.upstash.com/redis/troubleshooting/http_unauthorized for details."
	errNoArray      refusal = "expected JSON array"
	errPipelineRow  refusal = "ERR failed to parse pipeline command"
	errNull         refusal = "ERR null args are not supported"
)

// We invented these texts in the style of the others: the real ones are not public.
const (
	errEmptyCommand   refusal = "ERR empty command"
	errEmptyPipeline  refusal = "ERR empty pipeline request"
	errTrailing       refusal = "ERR unexpected data after the JSON array"
	errPath           refusal = "ERR invalid URL escape in path or query"
	errEncoding       refusal = "ERR unsupported Upstash-Encoding, only base64 is supported"
	errFormat         refusal = "ERR unsupported Upstash-Response-Format, only json and resp2 are supported"
	errEncodingFormat refusal = "ERR Upstash-Encoding: base64 is not permitted with Upstash-Response-Format: resp2"
	errUnreachable    refusal = "ERR internal error"
)

// notInREST is the observed response to commands that need a connection, or that have their own path.
func notInREST(name string) refusal {
	return refusal(fmt.Sprintf("ERR Command %q is not allowed in REST or it has a special context path", name))
}

// notAvailable is the observed response to commands that Upstash does not have.
func notAvailable(name string) refusal {
	return refusal(
		"ERR Command is not available: '" + name + "'. See https://upstash.com/docs/redis/overall/rediscompatibility for details",
	)
}

// notPermitted is the observed response to a read-only token.
func notPermitted(name string) refusal {
	return refusal(
		"NOPERM this user has no permissions to run the '" + strings.ToLower(name) + "' command or its subcommand",
	)
}

// unsupportedArgument is the observed response to an argument that is an array or an object: the real service names
// Go's type.
func unsupportedArgument(delimiter json.Delim) refusal {
	return refusal(fmt.Sprintf("ERR unsupported arg type: %q: %T", delimiter, delimiter))
}

// keyTooLong is documented.
func keyTooLong(actual int) refusal {
	return refusal(fmt.Sprintf("ERR max key size exceeded. Limit: %d bytes, Actual: %d bytes", maxKey, actual))
}

// requestTooLarge is the observed response to a request, or to a reply of MGET or LRANGE, that is too large.
func requestTooLarge(limit int, actual int64) refusal {
	return refusal(fmt.Sprintf("ERR max request size exceeded. Limit: %d bytes, Actual: %d bytes. "+
		"See https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded for details", limit, actual))
}

// asUpstash converts an error text of the engine to Upstash's.
func asUpstash(command command, text string) string {
	switch {
	case strings.HasPrefix(text, "ERR unknown command"):
		return string(notAvailable(command.name()))
	case text == "ERR value is not an integer or out of range":
		return "ERR value is not an int or out of range" // the documentation's text
	default:
		return text
	}
}

func refuse(w http.ResponseWriter, status int, why refusal) {
	writeJSON(w, status, map[string]string{"error": string(why)})
}
