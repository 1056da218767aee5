package operation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/secret"
)

const planted = "planted-secret-4b1e77"

// Whatever values a response holds, only the fields of the allow-list leave, and secrets only when they are revealed.
func TestEncodeReturnsTheAllowListOnly(t *testing.T) {
	t.Parallel()

	objects := map[string]*operation.Object{}
	for _, called := range operation.All() {
		objects[called.On.Object.Name] = called.On.Object
		if called.On.ReadBack != nil {
			objects[called.On.ReadBack.Name] = called.On.ReadBack
		}

		if called.Response != nil {
			objects[called.Response.Name] = called.Response
		}
	}

	for name, object := range objects {
		values := operation.Values{
			"token": secret.New(planted), "read_only_token": secret.New(planted), "password": secret.New(planted),
			"rest_token": secret.New(planted), "unknown": planted, object.IDField: "an-id",
		}

		body, err := object.Encode(values, false)
		if (err != nil) != object.HasSecrets() || strings.Contains(string(body)+fmt.Sprint(err), planted) {
			t.Errorf("%s: got %s, %v; want an error instead of secrets", name, body, err)
		}

		body, err = object.Encode(values, true)
		if err != nil || strings.Contains(string(body), planted) != object.HasSecrets() ||
			strings.Contains(string(body), "unknown") {
			t.Errorf("%s, revealed: got %s, %v", name, body, err)
		}
	}
}

func TestEncodeWritesOurNamesAndOrder(t *testing.T) {
	t.Parallel()

	object := &operation.Object{Fields: []operation.Out{
		{Name: "b", As: "renamed", Type: operation.OutText},
		{Name: "a", Type: operation.OutTime},
		{Name: "absent", Type: operation.OutInteger},
		{Name: "texts", Type: operation.OutTexts},
		{Name: "points", Type: operation.OutPoints},
		{Name: "series", Type: operation.OutSeries},
		{Name: "n", Type: operation.OutNumber},
		{Name: "on", Type: operation.OutBoolean},
	}}
	points := []operation.Point{{X: "now", Y: 0.5}}

	body, err := object.Encode(operation.Values{
		"on": false, "n": 0.0, "a": time.Unix(0, 999).In(time.FixedZone("", 3600)), "b": `<"'>`, "texts": []string{},
		"points": points, "series": []operation.Series{{ID: "one", DataPoints: points}},
	}, false)
	want := `{"renamed":"\u003c\"'\u003e","a":"1970-01-01T00:00:00Z","texts":[],"points":[{"x":"now","y":0.5}],` +
		`"series":[{"id":"one","data_points":[{"x":"now","y":0.5}]}],"n":0,"on":false}`

	if string(body) != want || err != nil {
		t.Errorf("got %s, %v\nwant %s", body, err, want)
	}

	if empty, err := object.Encode(nil, false); string(empty) != "{}" || err != nil {
		t.Errorf("got %s, %v, want an empty object", empty, err)
	}
}

// Formatting the values for a log never shows a secret.
func TestValuesDoNotShowSecrets(t *testing.T) {
	t.Parallel()

	values := operation.Values{"token": secret.New(planted)}
	if text := fmt.Sprintf("%v %+v %#v %s", values, values, values, values); strings.Contains(text, planted) {
		t.Errorf("got %s", text)
	}
}
