package api_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/secret"
)

const console = "https://console.upstash.com"

func TestProblemWithoutARequestMatchesTheServers(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want api.Problem
		wait time.Duration
	}{
		"fields": {
			err: &proxy.ValidationError{Fields: []problem.Field{
				problem.NewField("/plan", problem.FieldValue, "is not a plan").Listed(),
				problem.NewField("/budget", problem.FieldRange, "must be 1 to 9").AtLeast(1).AtMost(9),
			}},
			want: api.Problem{
				Type: "/api/v1/problems/validation_failed", Title: "Some fields are invalid", Status: 422, Detail: "Correct the listed fields.",
				Code: problem.ValidationFailed, Errors: []api.FieldError{
					{Pointer: "/plan", Code: problem.FieldValue, Detail: "is not a plan; GET /api/v1/catalog lists them"},
					{Pointer: "/budget", Code: problem.FieldRange, Detail: "must be 1 to 9", Minimum: new(int64(1)), Maximum: new(int64(9))},
				},
			},
		},
		"a wait": {
			err: &keys.InProgressError{RetryAfter: 2 * time.Second}, wait: 2 * time.Second,
			want: api.Problem{
				Type: "/api/v1/problems/connect_in_progress", Title: "The account is already being connected", Status: 409,
				Detail: "Another request is connecting this account. Try again shortly.", Code: problem.ConnectInProgress,
			},
		},
	} {
		found := problem.Of(test.err)

		got, wait := api.ProblemOf(found, console), found.RetryAfter
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}

		if wait != test.wait {
			t.Errorf("%s: got a wait of %s, want %s", name, wait, test.wait)
		}
	}
}

func TestDisconnectListsTheKeysToDelete(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	got := api.DisconnectedOf(
		keys.Connection{Intents: []keys.Intent{{Name: "ACME_API_KEY_1", State: keys.IntentLeftBehind, CreatedAt: at}}},
		console,
	)

	want := api.DisconnectResponse{
		ManualActionRequired: true,
		LeftoverKeys: []api.LeftoverKey{
			{
				Name:       "ACME_API_KEY_1",
				State:      "left_behind",
				Since:      at,
				ConsoleURL: "https://console.upstash.com/account/api",
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	if got := api.DisconnectedOf(keys.Connection{}, console); got.ManualActionRequired {
		t.Error("manual action is required without leftover keys")
	}
}

func TestAllCredentialsAreRevealed(t *testing.T) {
	got := api.CredentialsOf(proxy.Credentials{
		Database: proxy.Database{Endpoint: "e.upstash.io", Port: 6379, TLS: true, RestURL: "https://e.upstash.io"},
		Password: secret.New("p"), RestToken: secret.New("r"), ReadOnlyRestToken: secret.New("ro"),
	})

	want := api.CredentialsResponse{
		Endpoint:          "e.upstash.io",
		Port:              6379,
		TLS:               true,
		RestURL:           "https://e.upstash.io",
		Password:          "p",
		RestToken:         "r",
		ReadOnlyRestToken: "ro",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
