package connect

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// ErrWebhook means that a request is not a webhook of your server: its signature is wrong, or it is older than 5
// minutes.
var ErrWebhook = errors.New("connect: not a webhook of this server")

// ParseWebhook verifies a webhook and returns its event. secret is the whsec_ text; during a rotation it may contain
// several, one per line. body must be exactly the bytes that arrived.
//
// An event may arrive more than once, with the same ID: ignore those that you have seen. Each contains the complete
// grant: ignore an event whose Data.Sequence is lower than one that you have seen for this grant.
func ParseWebhook(secret string, header http.Header, body []byte) (Event, error) {
	for _, text := range strings.Fields(secret) {
		verifier, err := standardwebhooks.NewWebhook(text)
		if err != nil {
			// The library's error quotes the secret.
			return Event{}, errors.New("connect: a webhook secret must be whsec_ and base64")
		}

		if verifier.Verify(body, header) != nil {
			continue
		}

		var event Event
		if err := json.Unmarshal(body, &event); err != nil {
			return Event{}, fmt.Errorf("%w: %w", ErrWebhook, err)
		}

		return event, nil
	}

	return Event{}, ErrWebhook
}
