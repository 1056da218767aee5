package connect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	connect "github.com/upstash-connect/bff/clients/go"
)

// No way to print or to encode a client shows its token: by value, by pointer, or inside a struct whose fields fmt
// reads by reflection.
func TestPrintersDoNotShowTheToken(t *testing.T) {
	const token = "upc_hunter2"
	option := connect.WithToken(token)

	client, err := connect.New("https://connect.example.com", option, connect.WithHTTPClient(http.DefaultClient))
	if err != nil {
		t.Fatal(err)
	}
	acting := client.ForUser("user_4711")

	type holder struct{ client connect.Client }
	type pointer struct{ client *connect.Client }

	values := map[string]any{
		"the client": client, "its value": *client, "an acting client": acting, "its own value": *acting,
		"a struct with the value": holder{*client}, "a pointer to it": &holder{*client},
		"a struct with the client": pointer{client}, "a list": []connect.Client{*client},
		"an option": option, "options": []connect.Option{option},
	}

	for name, value := range values {
		for format := range strings.FieldsSeq("%v %+v %#v %s %q %x %X %+x %d %t %p %T %!") {
			for _, text := range []string{fmt.Sprintf(format, value), fmt.Errorf(format, value).Error()} {
				if shows(text, token) {
					t.Errorf("%s with %s: %s", name, format, text)
				}
			}
		}

		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)

		encoded, _ := json.Marshal(value)
		if text := log.String() + string(encoded); shows(text, token) {
			t.Errorf("%s in a log or JSON: %s", name, text)
		}
	}
}

// shows reports whether a text has the token, also as hexadecimal digits or as a list of decimal bytes.
func shows(text, token string) bool {
	for _, form := range []string{"%s", "%x", "% x", "%d"} {
		if strings.Contains(strings.ToLower(text), fmt.Sprintf(form, []byte(token))) {
			return true
		}
	}

	return false
}

func TestWhatAClientPrints(t *testing.T) {
	client, err := connect.New("https://connect.example.com/", connect.WithToken("upc_1"))
	if err != nil {
		t.Fatal(err)
	}

	for _, value := range []any{client, *client} {
		if got, want := fmt.Sprintf("%#v", value), "connect.Client(https://connect.example.com)"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}

		if logged := slog.AnyValue(value).Resolve(); logged.Kind() != slog.KindString {
			t.Errorf("the log has %v of kind %v, want a text", logged, logged.Kind())
		}

		got, err := json.Marshal(value)
		if want := `{"url":"https://connect.example.com"}`; err != nil || string(got) != want {
			t.Errorf("got %s, %v; want %s", got, err, want)
		}
	}
}
