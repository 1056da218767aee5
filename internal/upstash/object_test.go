package upstash_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// everything has a field of every type.
var everything = &operation.Object{
	Name: "Everything", IDField: "id", NameField: "name",
	Fields: []operation.Out{
		{Name: "id", Type: operation.OutText},
		{Name: "name", Type: operation.OutText},
		{Name: "n", Type: operation.OutInteger},
		{Name: "x", Type: operation.OutNumber},
		{Name: "on", Type: operation.OutBoolean},
		{Name: "at", Type: operation.OutTime},
		{Name: "texts", Type: operation.OutTexts},
		{Name: "points", Type: operation.OutPoints},
		{Name: "series", Type: operation.OutSeries},
		{Name: "token", Type: operation.OutText, Secret: true},
	},
}

func reading(path string) upstash.Request {
	return upstash.Request{Effect: operation.Read, Method: http.MethodGet, Path: path}
}

// A field of another type reads as absent, and hides neither its neighbours nor the object.
func TestObjectReadsOneFieldAtATime(t *testing.T) {
	t.Parallel()

	for sent, want := range map[string]any{
		`"n":5`: int64(5), `"n":"5"`: int64(5), `"n":384.0`: int64(384), `"n":1e3`: int64(1000), `"n":-7`: int64(-7),
		`"n":9223372036854775807`: int64(9223372036854775807),
		`"n":9223372036854775808`: nil, `"n":1.5`: nil, `"n":true`: nil, `"n":"x"`: nil, `"n":[]`: nil, `"n":{"a":1}`: nil,
		`"n":null`: nil, `"n":1e400`: nil, `"n":9007199254740993.0`: nil,
		`"x":0.5`: 0.5, `"x":"1e-2"`: 0.01, `"x":1e400`: nil, `"x":"NaN"`: nil, `"x":"Inf"`: nil, `"x":[1]`: nil,
		`"on":true`: true, `"on":"false"`: false, `"on":"True"`: nil, `"on":1`: nil, `"on":{}`: nil,
		`"name":"a"`: "a", `"name":""`: "", `"name":"\u0061\n"`: "a\n", `"name":5`: nil, `"name":["a"]`: nil, `"name":null`: nil,
		`"name":"` + strings.Repeat("a", 5000) + `"`: nil,
		`"at":1752649602`: time.Unix(1752649602, 0).UTC(), `"at":"1752649602"`: time.Unix(1752649602, 0).UTC(),
		`"at":0`: nil, `"at":-1`: nil, `"at":253402300800`: nil, `"at":"yesterday"`: nil, `"at":1.5`: nil,
		`"texts":["b","a"]`: []string{"b", "a"}, `"texts":[]`: []string{}, `"texts":["a",5,null,["b"],""]`: []string{"a"},
		`"texts":"a"`: nil, `"texts":{}`: nil, `"texts":null`: nil,
		`"points":[{"x":"now","y":1},{"y":2,"x":"later","z":3}]`:              []operation.Point{{X: "now", Y: 1}, {X: "later", Y: 2}},
		`"points":[{"x":"a"},{"y":1},{"x":1,"y":1},5,null,{"x":"b","y":"2"}]`: []operation.Point{{X: "b", Y: 2}},
		`"points":[]`: []operation.Point{}, `"points":{}`: nil, `"points":null`: nil, `"points":"x"`: nil,
		`"series":[{"id":"a","data_points":[{"x":"now","y":1}]},{"id":"b"},{"data_points":[]},7]`: []operation.Series{
			{ID: "a", DataPoints: []operation.Point{{X: "now", Y: 1}}},
		},
		`"series":[]`: []operation.Series{}, `"series":{}`: nil,
		`"token":"planted"`: secret.New("planted"), `"token":5`: nil, `"token":null`: nil,
	} {
		f := newFar(t, says(200, `{"before":{"token":"t"},`+sent+`,"id":"`+goodID+`","Token":"t","after":[{"n":1}]}`))
		values, err := newClient(t, f.URL).Object(t.Context(), somebody, reading("/v2/x/"+goodID), everything, goodID)
		name, _, _ := strings.Cut(sent[1:], `"`)
		wanted := operation.Values{"id": goodID}

		if want != nil {
			wanted[name] = want
		}

		revealed := cmp.Transformer("reveal", func(text secret.Text) string { return text.Reveal() })
		if diff := cmp.Diff(wanted, values, revealed); err != nil || diff != "" {
			t.Errorf("%.100s: got %v (-want +got):\n%s", sent, err, diff)
		}
		f.Close()
	}
}

// A response about another resource must never be returned under the requested id.
func TestObjectIsTheRequestedOne(t *testing.T) {
	t.Parallel()

	for body, want := range map[string]error{
		`{"id":"` + goodID + `"}`:                       nil,
		`{"id":"` + strings.ToUpper(goodID) + `"}`:      upstash.ErrNotFound,
		`{"id":"96ad0856-03b1-4ee7-9666-e81abd0349e2"}`: upstash.ErrUnexpectedResponse,
		`{"name":"without"}`:                            upstash.ErrUnexpectedResponse,
		`{"id":7}`:                                      upstash.ErrUnexpectedResponse,
		`{"id":""}`:                                     upstash.ErrUnexpectedResponse,
		`{"id":"../teams"}`:                             upstash.ErrUnexpectedResponse,
		`{"id":"` + goodID + `","id":"other"}`:          upstash.ErrUnexpectedResponse,
		`[{"id":"` + goodID + `"}]`:                     upstash.ErrUnexpectedResponse,
		`null`:                                          upstash.ErrUnexpectedResponse,
		`"OK"`:                                          upstash.ErrUnexpectedResponse,
		``:                                              upstash.ErrUnexpectedResponse,
		`{"id":"` + goodID + `"`:                        upstash.ErrUnexpectedResponse,
		`{"id":"` + goodID + `"}{}`:                     upstash.ErrUnexpectedResponse,
		"{\"id\":\"" + goodID + "\",\"name\":\"\xff\"}":                    upstash.ErrUnexpectedResponse,
		`{"id":"` + goodID + `","a":` + strings.Repeat("[", 100_000):       upstash.ErrUnexpectedResponse,
		`{"id":"` + goodID + `","a":"` + strings.Repeat("a", 9<<20) + `"}`: upstash.ErrUnexpectedResponse,
	} {
		f := newFar(t, says(200, body))

		values, err := newClient(t, f.URL).Object(t.Context(), somebody, reading("/v2/x/"+goodID), everything, goodID)
		if !errors.Is(err, want) || (err == nil) != (want == nil) || (err != nil && values != nil) {
			t.Errorf("%.80s: got %v, %v; want %v", body, values, err, want)
		}

		if strings.Contains(fmt.Sprint(err), "other") {
			t.Errorf("%.80s: the error quotes the response: %v", body, err)
		}
		f.Close()
	}
}

// A create returns any id, but a usable one; usage has none.
func TestObjectWithoutARequestedID(t *testing.T) {
	t.Parallel()
	f := newFar(t, says(200, `{"id":"new-1","n":1}`))
	request := upstash.Request{
		Effect: operation.Create, Method: http.MethodPost, Path: "/v2/x", Body: map[string]any{"a": 1},
	}

	if values, err := newClient(t, f.URL).Object(t.Context(), somebody, request, everything, ""); err != nil ||
		values.Text("id") != "new-1" {
		t.Errorf("got %v, %v", values, err)
	}

	usage := &operation.Object{Fields: []operation.Out{{Name: "n", Type: operation.OutInteger}}}
	if values, err := newClient(t, f.URL).Object(t.Context(), somebody, reading("/v2/x"), usage, goodID); err != nil ||
		values["n"] != int64(1) || len(values) != 1 {
		t.Errorf("got %v, %v", values, err)
	}

	for body, want := range map[string]error{
		`{"id":"a/b"}`: upstash.ErrOutcomeUnknown, `{}`: upstash.ErrOutcomeUnknown, `null`: upstash.ErrOutcomeUnknown,
		`<html>`: upstash.ErrOutcomeUnknown, ``: upstash.ErrOutcomeUnknown,
	} {
		f := newFar(t, says(200, body))
		if _, err := newClient(t, f.URL).Object(t.Context(), somebody, request, everything, ""); !errors.Is(err, want) {
			t.Errorf("create with the response %s: got %v, want %v", body, err, want)
		}

		if got := f.count("POST"); got != 1 {
			t.Errorf("%d creates were sent", got)
		}
	}
}

func TestObjectsCountsWhatItCannotRead(t *testing.T) {
	t.Parallel()

	for body, want := range map[string]string{
		`[]`:                         "[] 0",
		`[{"id":"a"},{"id":"b"}]`:    "[a b] 0",
		`[null,5,"x",[],{"id":"a"}]`: "[a] 4",
		`[{},{"id":7},{"id":"a/b"},{"id":"a","n":"x"}]`: "[a] 3",
		`null`: "", `{}`: "", `"OK"`: "", ``: "", `[`: "", `[{"id":"a"}`: "", `[{"id":"a","id":"a"}]`: "", `[] []`: "",
		`[{"id":"a"},]`: "", `<html>`: "",
		"[" + strings.Repeat(`{"id":"a"},`, 20_000) + `{"id":"a"}]`: "",
	} {
		f := newFar(t, says(200, body))
		client := newClient(t, f.URL)
		found, unreadable, err := client.Objects(t.Context(), somebody, reading("/v2/x"), everything, false)

		ids := []string{}
		for _, values := range found {
			ids = append(ids, values.ID(everything))
		}

		if got := fmt.Sprint(ids, unreadable); want != "" && (got != want || err != nil) {
			t.Errorf("%.80s: got %s, %v; want %s", body, got, err, want)
		}

		if want == "" && (!errors.Is(err, upstash.ErrUnexpectedResponse) || found != nil) {
			t.Errorf("%.80s: got %s, %v; want ErrUnexpectedResponse", body, ids, err)
		}
		f.Close()
	}

	// 404 means that the owner of the elements does not exist; without an owner it is an error of upstream's.
	f := newFar(t, says(404, `"not found"`))
	for ofResource, want := range map[bool]bool{true: true, false: false} {
		_, _, err := newClient(t, f.URL).Objects(t.Context(), somebody, reading("/v2/x"), everything, ofResource)
		if err == nil || errors.Is(err, upstash.ErrNotFound) != want {
			t.Errorf("of a resource: %t: got %v", ofResource, err)
		}
	}
}

// The content of a successful response to a write does not matter, but it must be whole, and JSON or nothing: otherwise
// whatever sent it may not be Upstash.
func TestSendAcceptsOneValueOrNothing(t *testing.T) {
	t.Parallel()
	request := upstash.Request{Effect: operation.Change, Method: http.MethodPost, Path: "/v2/x", Redundant: "already"}

	for body, want := range map[string]error{
		``: nil, `"OK"`: nil, " \n": nil, `{"id":"a"}`: nil, `null`: nil, `[1]`: nil, `7`: nil,
		`OK`: upstash.ErrOutcomeUnknown, `<html></html>`: upstash.ErrOutcomeUnknown, `"OK`: upstash.ErrOutcomeUnknown,
		`{"id":`: upstash.ErrOutcomeUnknown, `{} {}`: upstash.ErrOutcomeUnknown, `{"a":1,"a":1}`: upstash.ErrOutcomeUnknown,
	} {
		f := newFar(t, says(200, body))

		err := newClient(t, f.URL).Send(t.Context(), somebody, request)
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: got %v, want %v", body, err, want)
		}

		if got := f.count("POST"); got != 1 {
			t.Errorf("%q: sent %d times", body, got)
		}
		f.Close()
	}

	cut := newFar(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`"OK"`))
	})
	if err := newClient(t, cut.URL).Send(t.Context(), somebody, request); !errors.Is(err, upstash.ErrOutcomeUnknown) {
		t.Errorf("a body that was cut: got %v, want ErrOutcomeUnknown", err)
	}
}

// Each status of a write means one thing: certainly not done, or perhaps done.
func TestSendMapsStatuses(t *testing.T) {
	t.Parallel()
	request := upstash.Request{
		Effect: operation.Destroy, Method: http.MethodDelete, Path: "/v2/x", Redundant: "already",
	}

	for status, want := range map[int]error{
		200: nil, 201: nil, 202: nil, 204: upstash.ErrOutcomeUnknown, 302: upstash.ErrOutcomeUnknown,
		401: upstash.ErrCredentialRefused, 403: upstash.ErrForbidden, 404: upstash.ErrNotFound,
		500: upstash.ErrOutcomeUnknown,
		503: upstash.ErrOutcomeUnknown,
	} {
		f := newFar(t, says(status, ""))

		err := newClient(t, f.URL).Send(t.Context(), somebody, request)
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%d: got %v, want %v", status, err, want)
		}
		f.Close()
	}

	for body, want := range map[string]upstash.Reason{
		`"eviction is ALREADY enabled"`: upstash.ReasonRedundant, `{"error":"already so"}`: upstash.ReasonRedundant,
		`"database with this name exists"`: upstash.ReasonUnknown, ``: upstash.ReasonUnknown,
	} {
		f := newFar(t, says(400, body))

		var rejected *upstash.RejectedError

		err := newClient(t, f.URL).Send(t.Context(), somebody, request)
		if !errors.As(err, &rejected) || rejected.Reason != want {
			t.Errorf("%s: got %v, want the reason %s", body, err, want)
		}
	}
}

// The request that leaves has the path, query and body of the operation, and nothing else of its caller.
func TestRequestsOfOperations(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 1)
	f := newFar(t, func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 100)
		n, _ := r.Body.Read(body)
		seen <- r.Method + " " + r.URL.RequestURI() + " " + string(body[:n]) + " " + r.Header.Get("Content-Type")
		_, _ = w.Write([]byte(`"OK"`))
	})
	client := newClient(t, f.URL)

	for want, request := range map[string]upstash.Request{
		`PATCH /v2/x {"a":1} application/json`: {Method: "PATCH", Path: "/v2/x", Body: map[string]any{"a": 1}},
		"DELETE /v2/x  ":                       {Method: "DELETE", Path: "/v2/x"},
		"POST /v2/x?period=1h  ":               {Method: "POST", Path: "/v2/x", Query: "period=1h"},
	} {
		if err := client.Send(t.Context(), somebody, request); err != nil {
			t.Fatal(err)
		}

		if got := <-seen; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
