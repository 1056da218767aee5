package rest_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func TestToken(t *testing.T) {
	handler, _ := newHandler(t, 0)

	const wrong = `{"error":"WRONGPASS invalid or missing auth token. See https://docs.upstash.com/redis/troubleshooting/http_unauthorized for details."}`
	for name, c := range map[string]struct {
		target, header string
		status         int
	}{
		"bearer":                        {"/ping", asFull, 200},
		"bearer in small letters":       {"/ping", "Authorization: bearer  " + fullToken, 200},
		"without the word":              {"/ping", "Authorization: " + fullToken, 200},
		"parameter":                     {"/ping?_token=" + fullToken, "", 200},
		"parameter, escaped":            {"/ping?_token=full%2Dtoken", "", 200},
		"parameter before header":       {"/ping?_token=wrong", asFull, 401},
		"empty parameter before header": {"/ping?_token=", asFull, 200},
		"none":                          {"/ping", "", 401},
		"wrong":                         {"/ping", "Authorization: Bearer wrong", 401},
		"another scheme":                {"/ping", "Authorization: Basic " + fullToken, 401},
		"none at the root":              {"/", "", 401},
		"none for what is not there":    {"/nosuch", "", 401},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{}
			if c.header != "" {
				headers = append(headers, c.header)
			}
			response := ask(t, handler, http.MethodGet, c.target, "", headers...)

			want := `{"result":"PONG"}`
			if c.status == 401 {
				want = wrong
			}

			if got := response.text; response.status != c.status || got != want {
				t.Errorf("answered %d %s, want %d %s", response.status, got, c.status, want)
			}
		})
	}
}

func TestReadOnlyToken(t *testing.T) {
	handler, database := newHandler(t, 0)
	if err := database.Set("foo", "bar"); err != nil {
		t.Fatal(err)
	}

	for _, read := range []string{"/get/foo", "/ttl/foo", "/exists/foo", "/hgetall/h", "/lrange/l/0/-1", "/zrange/z/0/-1", "/xrange/s/-/+", "/ping", "/dbsize", "/eval_ro/return 1/0"} {
		if response := ask(
			t, handler, http.MethodGet, strings.ReplaceAll(read, " ", "%20"), "", asReader,
		); response.status != 200 {
			t.Errorf("%s answered %d %s", read, response.status, response.text)
		}
	}

	for target, command := range map[string]string{
		"/set/foo/2": "set", "/del/foo": "del", "/GETDEL/foo": "getdel", "/scan/0": "scan", "/keys/*": "keys", "/flushall": "flushall",
		"/eval/return 1/0": "eval", "/evalsha/abc/0": "evalsha", "/publish/c/m": "publish", "/randomkey": "randomkey", "/nosuch": "nosuch",
		"/script/flush": "script", "/getex/foo": "getex",
	} {
		response := ask(t, handler, http.MethodPost, strings.ReplaceAll(target, " ", "%20"), "", asReader)

		want := `{"error":"NOPERM this user has no permissions to run the '` + command + `' command or its subcommand"}`
		if got := response.text; response.status != 400 || got != want {
			t.Errorf("%s answered %d %s, want 400 %s", target, response.status, got, want)
		}
	}

	const want = `[{"result":"bar"},{"error":"NOPERM this user has no permissions to run the 'set' command or its subcommand"}]`
	if got := ask(
		t,
		handler,
		http.MethodPost,
		"/pipeline",
		`[["GET","foo"],["SET","foo","2"]]`,
		asReader,
	).text; got != want {
		t.Errorf("a pipeline answered %s, want %s", got, want)
	}

	if got, err := database.Get("foo"); err != nil || got != "bar" {
		t.Errorf("a read-only token left foo at %q (%v)", got, err)
	}
}

func TestSuspendedDatabase(t *testing.T) {
	handler, _ := newHandler(t, 0)
	response := ask(t, handler, http.MethodGet, "/ping", "", "Authorization: Bearer suspended-token")

	const want = `{"error":"ERR This database has been suspended"}`
	if got := response.text; response.status != 400 || got != want {
		t.Errorf("answered %d %s, want 400 %s", response.status, got, want)
	}
}

func TestMethods(t *testing.T) {
	handler, _ := newHandler(t, 0)
	for _, method := range []string{"DELETE", "PATCH", "TRACE", "CONNECT", "BREW"} {
		response := ask(t, handler, method, "/ping", "", asFull)
		if got := response.text; response.status != 405 || got != "" {
			t.Errorf("%s answered %d %q, want 405 and nothing", method, response.status, got)
		}
	}
}

func TestSyncToken(t *testing.T) {
	handler, _ := newHandler(t, 0)
	token := func(method, target, body string, headers ...string) uint64 {
		t.Helper()
		response := ask(t, handler, method, target, body, append([]string{asFull}, headers...)...)

		number, err := strconv.ParseUint(response.header.Get("upstash-sync-token"), 32, 64)
		if err != nil {
			t.Fatalf("%s %s answered %d without a sync token: %v", method, target, response.status, err)
		}

		return number
	}

	first := token("GET", "/get/foo", "")
	if got := token("GET", "/set/foo/bar", ""); got <= first {
		t.Errorf("a write left the token at %d", got)
	}

	second := token("GET", "/get/foo", "", "upstash-sync-token: any old garbage \xff")
	if got := token("GET", "/get/foo", "", "upstash-sync-token: "+strconv.FormatUint(second+1000, 32)); got != second {
		t.Errorf("a read moved the token from %d to %d", second, got)
	}

	third := token("POST", "/pipeline", `[["GET","foo"],["SET","foo","2"]]`)
	if third <= second {
		t.Errorf("a pipeline with a write left the token at %d", third)
	}

	if got := token("POST", "/multi-exec", `[["SET","foo","3"]]`); got <= third {
		t.Errorf("a transaction left the token at %d", got)
	}
	token("GET", "/get", "") // rejected, and has one all the same

	if got := ask(t, handler, http.MethodGet, "/get/foo", "").header.Values("upstash-sync-token"); len(got) != 0 {
		t.Errorf("a stranger was given the sync token %q", got)
	}
}
