package webhook

import (
	"errors"
	"net/url"

	"github.com/upstash-connect/bff/internal/hostname"
	"github.com/upstash-connect/bff/internal/loopback"
)

// maxURL bounds an endpoint's URL, in bytes.
const maxURL = 2048

// CheckURL returns why a text cannot be the URL of an endpoint, as the end of a sentence.
func CheckURL(text string) error {
	parsed, err := url.Parse(text)
	if err != nil || len(text) > maxURL || parsed.Opaque != "" || !hostname.Valid(parsed.Hostname()) {
		return errors.New("must be a URL such as https://app.example.com/upstash/webhooks")
	}

	switch {
	case parsed.Scheme != "https" && (parsed.Scheme != "http" || !loopback.Host(parsed.Hostname())):
		return errors.New("must begin with https://; only a loopback host may use http://")
	case parsed.User != nil:
		return errors.New("must not contain a user or a password")
	case parsed.Fragment != "":
		return errors.New("must not contain a fragment")
	}

	return nil
}
