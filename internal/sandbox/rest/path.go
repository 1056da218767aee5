package rest

import (
	"net/http"
	"net/url"
	"strings"
)

const tokenParameter = "_token"

// tokenOf prefers the token in the query. The header may omit the word Bearer.
func tokenOf(r *http.Request) string {
	for _, parameter := range strings.Split(r.URL.RawQuery, "&") {
		if name, value, _ := strings.Cut(parameter, "="); name == tokenParameter {
			if token, err := url.QueryUnescape(value); err == nil && token != "" {
				return token
			}
		}
	}

	header := strings.TrimSpace(r.Header.Get("Authorization"))
	if scheme, token, found := strings.Cut(header, " "); found && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}

	return header
}

// pathCommand joins the command in the path, the body as its last argument, and the query's parameters in their
// order. A segment may contain an escaped slash.
func pathCommand(path, rawQuery string, body []byte) (command, error) {
	var words command
	for _, segment := range strings.Split(path, "/") {
		word, err := url.PathUnescape(segment)
		if err != nil {
			return nil, errPath
		}
		words = append(words, word)
	}

	if len(body) > 0 {
		words = append(words, string(body))
	}

	if rawQuery == "" {
		return words, nil
	}

	for _, parameter := range strings.Split(rawQuery, "&") {
		name, value, valued := strings.Cut(parameter, "=")
		if name == tokenParameter || parameter == "" {
			continue
		}
		name, errName := url.QueryUnescape(name)

		value, errValue := url.QueryUnescape(value)
		if errName != nil || errValue != nil {
			return nil, errPath
		}

		words = append(words, name)
		if valued { // ?NX is one argument, ?EX=100 is two
			words = append(words, value)
		}
	}

	return words, nil
}
