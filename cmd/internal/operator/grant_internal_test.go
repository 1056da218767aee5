package operator

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
)

func TestKeysThatAnErasedUserLeaves(t *testing.T) {
	t.Parallel()

	got := keysLeft(keys.Connection{KeyName: "ACME_2", Intents: []keys.Intent{
		{Name: "ACME_1", State: keys.IntentLeftBehind},
		{Name: "ACME_2", State: keys.IntentLive},
		{Name: "ACME_3", State: keys.IntentRefused},
	}})
	if strings.Join(got, " ") != "ACME_2 ACME_1" {
		t.Errorf("got %q, want the key in use and the one left behind", got)
	}
}
