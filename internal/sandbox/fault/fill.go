package fault

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// fillings are the words that a made-up answer may hold, with what stands in their place: what a careless server would
// repeat of the request, and times.
//
//	{{email}}          the caller's e-mail
//	{{secret}}         the key, token or code that came with it
//	{{authorization}}  the whole header
//	{{in_30s}}         the time in 30 s, as HTTP writes it; {{ago_30s}} that before
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

// madeUp answers what the rule says instead of asking the stand-in.
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
