package upstash_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/upstash"
)

func TestUpstashObjectIsDecoded(t *testing.T) {
	want := upstash.Database{
		ID:            goodID,
		Name:          "MyRedis",
		Type:          "Pay as You Go",
		Plan:          "paid",
		Region:        "global",
		Platform:      "aws",
		PrimaryRegion: "us-east-1",
		ReadRegions: []string{
			"us-east-2",
		},
		State:     "active",
		Endpoint:  "beloved-stallion-58500.upstash.io",
		Port:      6379,
		TLS:       true,
		CreatedAt: time.Date(2025, 7, 16, 7, 6, 42, 0, time.UTC),
	}

	listed, err := newClient(t, newFar(t, says(200, "["+vendorDatabase+"]")).URL).List(t.Context(), somebody)
	if err != nil {
		t.Fatal(err)
	}

	if diff := cmp.Diff(upstash.Listing{Databases: []upstash.Database{want}}, listed); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	client := newClient(t, newFar(t, says(200, vendorDatabase)).URL)

	one, err := client.Database(t.Context(), somebody, goodID)
	if diff := cmp.Diff(want, one); err != nil || diff != "" {
		t.Errorf("one: %v (-want +got):\n%s", err, diff)
	}

	_, secrets, err := client.Secrets(t.Context(), somebody, goodID)
	if err != nil || secrets.Password.Reveal() != "0123456789abcdef0123456789abcdef" ||
		secrets.RestToken.Reveal() != "AYxEASQgOTZh" ||
		secrets.ReadOnlyRestToken.Reveal() != "AoxEASQgOTZh" {
		t.Errorf("secrets are not those of the answer: %v", err)
	}

	made, err := client.CreateDatabase(t.Context(), somebody, upstash.CreateRequest{Name: "MyRedis"})
	if diff := cmp.Diff(want, made); err != nil || diff != "" {
		t.Errorf("create: %v (-want +got):\n%s", err, diff)
	}
}

func TestUnreadableFieldsAndElementsHideNothingElse(t *testing.T) {
	object := func(members string) string { return `{"database_id":"a1","database_name":"x"` + members + `}` }
	plain := upstash.Database{ID: "a1", Name: "x", TLS: true}
	change := func(change func(*upstash.Database)) []upstash.Database {
		changed := plain
		change(&changed)
		return []upstash.Database{changed}
	}

	rows := map[string]struct {
		list string
		want []upstash.Database
		odd  int
	}{
		"no field but id and name": {object(""), []upstash.Database{plain}, 0},
		"an integer above int64": {
			object(`,"db_request_limit":9223372036854775808,"budget":1e400`),
			[]upstash.Database{plain},
			0,
		},
		"a state nobody knows": {
			object(`,"state":"hibernating"`),
			change(func(d *upstash.Database) { d.State = "hibernating" }),
			0,
		},
		"booleans as strings": {
			object(`,"tls":"false"`),
			change(func(d *upstash.Database) { d.TLS = false }),
			0,
		},
		"numbers as strings": {
			object(`,"port":"6379","creation_time":"1752649602"`),
			change(func(d *upstash.Database) { d.Port = 6379; d.CreatedAt = time.Unix(1752649602, 0).UTC() }),
			0,
		},
		"every field of a wrong type": {
			object(
				`,"state":5,"region":{},"read_regions":"x","port":[],"tls":null,"creation_time":{},"endpoint":[1],"type":true`,
			),
			[]upstash.Database{plain},
			0,
		},
		"read regions with odd elements": {
			object(`,"read_regions":["a",1,null,{"b":1},["c"],"d"]`),
			change(func(d *upstash.Database) { d.ReadRegions = []string{"a", "d"} }),
			0,
		},
		"invalid ports":                {object(`,"port":70000`), []upstash.Database{plain}, 0},
		"a port that is too long":      {object(`,"port":1e3`), []upstash.Database{plain}, 0},
		"a time that no date can hold": {object(`,"creation_time":999999999999999`), []upstash.Database{plain}, 0},
		"a field in another case": {
			object(`,"State":"active","ENDPOINT":"evil.example"`),
			[]upstash.Database{plain},
			0,
		},
		"a name in escapes": {
			object(`,"st\u0061te":"active"`),
			change(func(d *upstash.Database) { d.State = "active" }),
			0,
		},
		"a value in escapes": {
			object(`,"state":"\u0061ctive\n"`),
			change(func(d *upstash.Database) { d.State = "active\n" }),
			0,
		},
		"a field of absurd length": {
			object(`,"state":"` + strings.Repeat("a", 5000) + `"`),
			[]upstash.Database{plain},
			0,
		},
		"an element that is null":  {`null,` + object(""), []upstash.Database{plain}, 1},
		"elements of other types":  {`1,"x",[],true,` + object(""), []upstash.Database{plain}, 4},
		"an element without an id": {`{"database_name":"x"},` + object(""), []upstash.Database{plain}, 1},
		"an element whose id is a number": {
			`{"database_id":5,"database_name":"x"},` + object(""),
			[]upstash.Database{plain},
			1,
		},
		"an element whose id is a path": {
			`{"database_id":"../apikey","database_name":"x"},` + object(""),
			[]upstash.Database{plain},
			1,
		},
		"an element without a name": {`{"database_id":"a2"},` + object(""), []upstash.Database{plain}, 1},
		"an element whose name is no text": {
			`{"database_id":"a2","database_name":[]},` + object(""),
			[]upstash.Database{plain},
			1,
		},
		"an empty list": {``, []upstash.Database{}, 0},
		"nested values in what is not used": {
			object(`,"x":{"database_id":"evil","y":[[{}]]},"z":[{"state":"evil"}]`),
			[]upstash.Database{plain},
			0,
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			got, err := newClient(t, newFar(t, says(200, "["+row.list+"]")).URL).List(t.Context(), somebody)
			if err != nil {
				t.Fatal(err)
			}

			if diff := cmp.Diff(upstash.Listing{Databases: row.want, Unreadable: row.odd}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// unusable are responses with status 200 that must never be accepted as a list, an object or a key.
func unusable() map[string]string {
	return map[string]string{
		"nothing":                  "",
		"white space":              " \n",
		"HTML":                     "<!doctype html><title>Login</title>",
		"text":                     "OK",
		"a string":                 `"OK"`,
		"a number":                 "5",
		"null":                     "null",
		"true":                     "true",
		"cut":                      `[{"database_id":"a1","data`,
		"cut object":               `{"database_id":"a1","database_name":"x"`,
		"an array of arrays, open": `[[[[`,
		"two values":               `[]{}`,
		"a list and more":          `[] x`,
		"a comma too many":         `[{"database_id":"a1","database_name":"x"},]`,
		"equal names":              `[{"database_id":"a1","database_name":"x","database_id":"a2"}]`,
		"equal names, one escaped": `[{"database_id":"a1","database_name":"x","database_\u0069d":"a2"}]`,
		"equal names in the depth": `[{"database_id":"a1","database_name":"x","unused":{"a":1,"a":2}}]`,
		"equal names in an object": `{"database_id":"96ad0856-03b1-4ee7-9666-e81abd0349e1","password":"a","password":"b"}`,
		"bytes that are not UTF-8": "[{\"database_id\":\"a1\",\"database_name\":\"\xff\"}]",
		"a lone surrogate":         `[{"database_id":"a1","database_name":"\ud800"}]`,
		"a byte order mark":        "\ufeff[]",
		"comments":                 "[/*x*/]",
		"depth without end":        strings.Repeat("[", 100_000),
		"NDJSON":                   "[]\n[]",
	}
}

func TestUnusableResponsesAreErrors(t *testing.T) {
	for name, body := range unusable() {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, newFar(t, says(200, body)).URL)
			if got, err := client.List(t.Context(), somebody); !errors.Is(err, upstash.ErrUnexpectedResponse) {
				t.Errorf("list: got %+v, %v; want ErrUnexpectedResponse", got, err)
			}

			if got, err := client.Database(
				t.Context(), somebody, goodID,
			); !errors.Is(
				err, upstash.ErrUnexpectedResponse,
			) {
				t.Errorf("one: got %+v, %v; want ErrUnexpectedResponse", got, err)
			}

			if _, _, err := client.Secrets(
				t.Context(), somebody, goodID,
			); !errors.Is(
				err, upstash.ErrUnexpectedResponse,
			) {
				t.Errorf("secrets: got %v; want ErrUnexpectedResponse", err)
			}

			if got, err := client.CreateDatabase(
				t.Context(), somebody, upstash.CreateRequest{},
			); !errors.Is(
				err, upstash.ErrOutcomeUnknown,
			) {
				t.Errorf("create: got %+v, %v; want ErrOutcomeUnknown", got, err)
			}

			if _, err := client.CreateKey(
				t.Context(), "account", somebody.Key, "A_KEY",
			); !errors.Is(
				err, upstash.ErrOutcomeUnknown,
			) {
				t.Errorf("key: got %v; want ErrOutcomeUnknown", err)
			}
		})
	}
}

func TestErrorsQuoteNothingFromTheResponse(t *testing.T) {
	const canary = "canary-7d1c0b"

	answers := map[string]http.HandlerFunc{
		"a name that is no JSON": says(200, `{"`+canary+`"`),
		"a name twice":           says(200, `[{"`+canary+`":1,"`+canary+`":2}]`),
		"a refusal":              says(400, canary),
		"a failure":              says(500, canary),
		"an encoding": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", canary)
			w.WriteHeader(200)
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+canary+"/", http.StatusFound)
		},
		"no HTTP": func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = connection.Write([]byte(canary + " 200 OK\r\n\r\n"))
				_ = connection.Close()
			}
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, newFar(t, answer).URL)
			_, err := client.List(t.Context(), somebody)

			_, createErr := client.CreateDatabase(t.Context(), somebody, upstash.CreateRequest{})
			for _, err := range []error{err, createErr} {
				if err == nil || strings.Contains(err.Error(), canary) {
					t.Errorf("got %v, want an error in our own words", err)
				}
			}
		})
	}
}

func TestResponseForAnotherDatabaseIsRejected(t *testing.T) {
	client := newClient(t, newFar(t, says(200, vendorDatabase)).URL)

	_, _, err := client.Secrets(t.Context(), somebody, "another-id")
	if !errors.Is(err, upstash.ErrUnexpectedResponse) {
		t.Errorf("got %v, want ErrUnexpectedResponse", err)
	}
}

func TestInvalidIDsSendNothing(t *testing.T) {
	f := newFar(t, says(200, vendorDatabase))

	client := newClient(t, f.URL)
	for _, id := range []string{"", ".", "..", "../apikey", "a/b", "a%2fb", "a?b", "a#b", "a b", "a\x00", "-a", strings.Repeat("a", 65), "ａ"} {
		if _, err := client.Database(t.Context(), somebody, id); !errors.Is(err, upstash.ErrNotFound) {
			t.Errorf("%q: got %v, want ErrNotFound", id, err)
		}
	}

	if got := f.count("GET"); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
}
