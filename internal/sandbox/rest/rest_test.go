package rest_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/upstash-connect/bff/internal/sandbox/rest"
)

const (
	fullToken     = "full-token"
	readOnlyToken = "read-only-token"
	asFull        = "Authorization: Bearer " + fullToken
	asReader      = "Authorization: Bearer " + readOnlyToken
	inBase64      = "Upstash-Encoding: base64"
	inRESP2       = "Upstash-Response-Format: resp2"
)

// newHandler serves one database, by its two tokens, and a suspended one.
func newHandler(tb testing.TB, maxRequest int) (http.Handler, *miniredis.Miniredis) {
	tb.Helper()
	database := miniredis.NewMiniRedis()
	tb.Cleanup(database.Close)

	return rest.New(rest.Options{
		Authenticate: func(token string) (rest.Access, bool) {
			switch token {
			case fullToken:
				return rest.Access{Dial: database.Dial}, true
			case readOnlyToken:
				return rest.Access{Dial: database.Dial, ReadOnly: true}, true
			case "suspended-token":
				return rest.Access{Dial: database.Dial, Refusal: "ERR This database has been suspended"}, true
			default:
				return rest.Access{}, false
			}
		},
		MaxRequest: maxRequest,
		Now:        func() time.Time { return time.UnixMilli(1_700_000_000_000) },
		Logger:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	}), database
}

// ask sends one request. A header is "Name: value".
func ask(tb testing.TB, handler http.Handler, method, target, body string, headers ...string) answer {
	tb.Helper()

	request := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)

	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

type answer struct {
	status int
	header http.Header
	text   string
}

// exchange is one request with the full token and its complete response.
type exchange struct {
	name                 string
	method, target, body string
	headers              []string
	status               int
	want                 string
}

// holdThemTo sends the requests in order to one database, and compares status and body to the byte.
func holdThemTo(t *testing.T, handler http.Handler, exchanges []exchange) {
	t.Helper()

	for _, each := range exchanges {
		t.Run(each.name, func(t *testing.T) {
			response := ask(
				t,
				handler,
				each.method,
				each.target,
				each.body,
				append([]string{asFull}, each.headers...)...)
			if got := response.text; response.status != each.status || got != each.want {
				t.Errorf(
					"%s %s %q answered %d %s, want %d %s",
					each.method,
					each.target,
					each.body,
					response.status,
					got,
					each.status,
					each.want,
				)
			}
		})
	}
}

func TestNewRequiresAuthenticate(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New took options without Authenticate")
		}
	}()
	rest.New(rest.Options{})
}
