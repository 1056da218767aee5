package upstash_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// texts lists texts by whether they can be a secret. The usable ones have the forms of Upstash's own.
func texts() map[string]bool {
	return map[string]bool{
		"0123456789abcdef0123456789abcdef":     true, // a password
		"AYxEASQgOTZhZDA4NTYtMDNiMS00ZWU3LTk=": true, // a REST token, URL-safe Base64
		"AXk_-bQ==":                            true,
		"eyJVc2VySUQiOiI3In0+/w==":             true, // a QStash token, Base64 of JSON
		"eyJhbGciOiJI.eyJzdWIiOiIx.c2ln":       true, // a JWT
		"sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r":     true, // a signing key
		"!#%&()*,-./:;<=>?@[]^_{|}~":           true, // neither quotation marks nor expanded between them
		"tok\"\nNODE_OPTIONS=--require=/tmp/x": false,
		"tok\"x":                               false,
		"tok'x":                                false,
		"tok`id`":                              false,
		`tok\x`:                                false,
		"tok$HOME":                             false,
		"tok$(id)":                             false,
		"tok en":                               false,
		" tok":                                 false,
		"tok\n":                                false,
		"tok\r\nX: y":                          false,
		"tok\tx":                               false,
		"tok\x00":                              false,
		"tok\x1b[2J":                           false,
		"tok\x7f":                              false,
		"tök":                                  false,
		"tok\u202e":                            false,
	}
}

// Threat model: P12.
func TestSecretsThatAProgramWouldMisreadAreRejected(t *testing.T) {
	t.Parallel()
	names := []string{"password", "rest_token", "read_only_rest_token"}

	for text, want := range texts() {
		for _, name := range names {
			_, _, err := secretsOf(t, map[string]any{name: text})
			if got := err == nil; got != want || (err != nil && !errors.Is(err, upstash.ErrUnexpectedResponse)) {
				t.Errorf("%s %q: got %v, want it usable: %t", name, text, err, want)
			}

			if err != nil && strings.Contains(err.Error(), "tok") {
				t.Errorf("%s %q: the error quotes it: %v", name, text, err)
			}
		}
	}
}

// Threat model: P12.
func TestAbsentSecretsAreZero(t *testing.T) {
	t.Parallel()

	for _, absent := range []any{nil, "", 5, true, []any{"x"}, strings.Repeat("a", 5000)} {
		for name, want := range map[string]upstash.Secrets{
			"password":             {RestToken: secret.New("full"), ReadOnlyRestToken: secret.New("reader")},
			"rest_token":           {Password: secret.New("pass"), ReadOnlyRestToken: secret.New("reader")},
			"read_only_rest_token": {Password: secret.New("pass"), RestToken: secret.New("full")},
		} {
			if _, secrets, err := secretsOf(t, map[string]any{name: absent}); err != nil || secrets != want {
				t.Errorf("%s %.20v: got %v, want the other two", name, absent, err)
			}
		}
	}
}

// secretsOf reveals a database that has usable secrets, except for the changed ones.
func secretsOf(t *testing.T, changed map[string]any) (upstash.Database, upstash.Secrets, error) {
	t.Helper()
	database := map[string]any{
		"database_id": goodID, "database_name": "x", "password": "pass", "rest_token": "full", "read_only_rest_token": "reader",
	}

	for name, value := range changed {
		database[name] = value
	}

	body, err := json.Marshal(database)
	if err != nil {
		t.Fatal(err)
	}
	f := newFar(t, says(200, string(body)))

	defer f.Close()

	return newClient(t, f.URL).Secrets(t.Context(), somebody, goodID)
}

// revealing has two secrets, as every product but Redis has.
var revealing = &operation.Object{IDField: "id", Fields: []operation.Out{
	{Name: "id", Type: operation.OutText},
	{Name: "token", Type: operation.OutText, Secret: true},
	{Name: "read_only_token", Type: operation.OutText, Secret: true},
}}

// Threat model: P12.
func TestRevealedSecretsOfEveryProductAreChecked(t *testing.T) {
	t.Parallel()
	object := func(effect operation.Effect, members map[string]any) (operation.Values, error) {
		t.Helper()
		members["id"] = goodID

		body, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		f := newFar(t, says(200, string(body)))

		defer f.Close()
		request := upstash.Request{Effect: effect, Method: http.MethodGet, Path: "/v2/x/" + goodID}

		return newClient(t, f.URL).Object(t.Context(), somebody, request, revealing, goodID)
	}

	for text, want := range texts() {
		for _, name := range []string{"token", "read_only_token"} {
			members := map[string]any{"token": "full", "read_only_token": "reader", name: text}

			values, err := object(operation.Reveal, members)
			if want && err != nil || !want && (!errors.Is(err, upstash.ErrUnexpectedResponse) || values != nil) {
				t.Errorf("%s %q: got %v, want it usable: %t", name, text, err, want)
			}

			// What does not leave is not checked: its digest tells whether a reset took effect.
			if _, err := object(operation.Read, members); err != nil {
				t.Errorf("%s %q, read: got %v, want it unchecked", name, text, err)
			}
		}
	}

	for _, members := range []map[string]any{{}, {"token": ""}, {"token": nil, "read_only_token": ""}, {"token": 5}} {
		if _, err := object(operation.Reveal, members); !errors.Is(err, upstash.ErrUnexpectedResponse) {
			t.Errorf("%v: got %v, want ErrUnexpectedResponse", members, err)
		}
	}

	values, err := object(operation.Reveal, map[string]any{"token": "full", "read_only_token": ""})
	if _, present := values["read_only_token"]; err != nil || present || values["token"] != secret.New("full") {
		t.Errorf("an empty token: got %d values, %v; want it absent", len(values), err)
	}
}
