package fault

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// fillings returns the placeholders of a made-up response and their values: parts of the request that a careless
// server would repeat, and times.
//
//	{{email}}          the caller's e-mail
//	{{secret}}         the key, token or code in the request
//	{{authorization}}  the complete Authorization header
//	{{in_30s}}         the time in 30 s, as an HTTP date; {{ago_30s}} is 30 s ago
func fillings(r *http.Request, email string) []string {
	authorization := r.Header.Get("Authorization")

	secret := authorization
	if _, key, ok := r.BasicAuth(); ok {
		secret = key
	} else if _, token, ok := strings.Cut(authorization, " "); ok {
		secret = token
	}
	now := time.Now().UTC()

	return []string{
		"{{email}}",
		email,
		"{{secret}}",
		secret,
		"{{authorization}}",
		authorization,
		"{{in_30s}}",
		now.Add(30 * time.Second).Format(http.TimeFormat),
		"{{ago_30s}}",
		now.Add(-30 * time.Second).Format(http.TimeFormat),
	}
}

// madeUp writes the response that the rule defines; the stand-in does not run.
func (d Do) madeUp(w http.ResponseWriter, words []string) {
	fill := strings.NewReplacer(words...)
	body := []byte(d.Body)

	var text string
	if json.Unmarshal(d.Body, &text) == nil {
		body = []byte(text)
	} else if len(body) > 0 {
		w.Header().Set("Content-Type", "application/json")
	}

	for name, value := range d.Headers {
		w.Header().Set(name, strings.NewReplacer("\r", "", "\n", "").Replace(fill.Replace(value)))
	}
	w.WriteHeader(d.Status)
	_, _ = fill.WriteString(w, string(body))
}
