package rest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestCommandsThatNeedAConnectionAreRejected(t *testing.T) {
	handler, database := newHandler(t, 0)
	if _, err := database.XAdd("s", "1-1", []string{"f", "v"}); err != nil {
		t.Fatal(err)
	}

	for body, name := range map[string]string{
		`["BLPOP","l",0]`: "BLPOP", `["brpop","l",0]`: "BRPOP", `["BZPOPMIN","z",0]`: "BZPOPMIN", `["BLMOVE","a","b","LEFT","LEFT",0]`: "BLMOVE",
		`["WATCH","a"]`: "WATCH", `["UNWATCH"]`: "UNWATCH", `["MULTI"]`: "MULTI", `["EXEC"]`: "EXEC", `["DISCARD"]`: "DISCARD",
		`["AUTH","x"]`: "AUTH", `["HELLO",3]`: "HELLO", `["CLIENT","ID"]`: "CLIENT", `["SELECT",1]`: "SELECT", `["QUIT"]`: "QUIT", `["RESET"]`: "RESET",
		`["SUBSCRIBE","c"]`: "SUBSCRIBE", `["MONITOR"]`: "MONITOR",
		`["XREAD","COUNT",1,"block",0,"STREAMS","s","$"]`:            "XREAD",
		`["XREADGROUP","GROUP","g","c","BLOCK",0,"STREAMS","s",">"]`: "XREADGROUP",
	} {
		response := ask(t, handler, http.MethodPost, "/", body, asFull)

		want := fmt.Sprintf(
			`{"error":"ERR Command \"%s\" is not allowed in REST or it has a special context path"}`,
			name,
		)
		if got := response.text; response.status != 400 || got != want {
			t.Errorf("%s answered %d %s, want 400 %s", body, response.status, got, want)
		}
	}
	holdThemTo(t, handler, []exchange{
		{
			name:   "a stream named block",
			method: "POST",
			target: "/",
			body:   `["XREAD","STREAMS","block","0"]`,
			status: 200,
			want:   `{"result":null}`,
		},
		{
			name:   "a read that does not block",
			method: "POST",
			target: "/",
			body:   `["XREAD","STREAMS","s","0"]`,
			status: 200,
			want:   `{"result":[["s",[["1-1",["f","v"]]]]]}`,
		},
		{name: "ECHO", method: "GET", target: "/echo/hello", status: 200, want: `{"result":"hello"}`},
		{
			name:   "cluster",
			method: "GET",
			target: "/cluster/slots",
			status: 400,
			want:   `{"error":"ERR Command is not available: 'CLUSTER'. See https://upstash.com/docs/redis/overall/rediscompatibility for details"}`,
		},
		{
			name:   "unknown",
			method: "GET",
			target: "/nosuch/a",
			status: 400,
			want:   `{"error":"ERR Command is not available: 'NOSUCH'. See https://upstash.com/docs/redis/overall/rediscompatibility for details"}`,
		},
		{
			name:   "nameless",
			method: "GET",
			target: "//a",
			status: 400,
			want:   `{"error":"ERR Command is not available: ''. See https://upstash.com/docs/redis/overall/rediscompatibility for details"}`,
		},
		{
			name:   "monitor",
			method: "POST",
			target: "/monitor",
			status: 400,
			want:   `{"error":"ERR Command \"MONITOR\" is not allowed in REST or it has a special context path"}`,
		},
		{
			name:   "NOSCRIPT",
			method: "GET",
			target: "/evalsha/ffffffffffffffffffffffffffffffffffffffff/0",
			status: 400,
			want:   `{"error":"NOSCRIPT No matching script. Please use EVAL."}`,
		},
		{
			name:   "wrong type",
			method: "GET",
			target: "/incr/s",
			status: 400,
			want:   `{"error":"WRONGTYPE Operation against a key holding the wrong kind of value"}`,
		},
	})
}

func TestKeySize(t *testing.T) {
	handler, _ := newHandler(t, 0)

	fits, long := strings.Repeat("k", 32<<10), strings.Repeat("k", 32<<10+1)
	for _, body := range []string{
		`["SET","` + fits + `","v"]`, `["SET","k","` + long + `"]`, `["ECHO","` + long + `"]`, `["PUBLISH","c","` + long + `"]`, `["MSET","k","` + long + `"]`,
		`["EVAL","return ARGV[1]","1","k","` + long + `"]`, `["XADD","s","*","f","` + long + `"]`,
	} {
		if response := ask(t, handler, http.MethodPost, "/", body, asFull); response.status != 200 {
			t.Errorf("%.40s… answered %d %.200s", body, response.status, response.text)
		}
	}

	const want = `{"error":"ERR max key size exceeded. Limit: 32768 bytes, Actual: 32769 bytes"}`
	for _, body := range []string{
		`["SET","` + long + `","v"]`, `["get","` + long + `"]`, `["DEL","a","` + long + `"]`, `["MSET","a","1","` + long + `","2"]`, `["RENAME","a","` + long + `"]`,
		`["EVAL","return 1","1","` + long + `"]`, `["ZUNIONSTORE","d","2","a","` + long + `"]`, `["ZUNION","1","` + long + `"]`, `["BITOP","NOT","` + long + `","a"]`,
		`["XREAD","STREAMS","` + long + `","0"]`, `["XGROUP","CREATE","` + long + `","g","$","MKSTREAM"]`, `["HSET","` + long + `","f","v"]`,
	} {
		response := ask(t, handler, http.MethodPost, "/", body, asFull)
		if got := response.text; response.status != 400 || got != want {
			t.Errorf("%.40s… answered %d %.200s", body, response.status, got)
		}
	}
}

func TestRequestSize(t *testing.T) {
	const limit = 1000
	handler, database := newHandler(t, limit)
	tooLarge := func(actual int) string {
		return fmt.Sprintf("ERR max request size exceeded. Limit: %d bytes, Actual: %d bytes. "+
			"See https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded for details", limit, actual)
	}

	body := func(size int) string {
		frame := `["SET","k",""]`
		return `["SET","k","` + strings.Repeat("v", size-len(frame)) + `"]`
	}
	if response := ask(t, handler, http.MethodPost, "/", body(limit), asFull); response.status != 200 {
		t.Errorf("a request of the limit answered %d %s", response.status, response.text)
	}

	response := ask(t, handler, http.MethodPost, "/", body(limit+1), asFull)
	if got, want := response.text, `{"error":"`+tooLarge(limit+1)+`"}`; response.status != 400 || got != want {
		t.Errorf("a request above the limit answered %d %s, want 400 %s", response.status, got, want)
	}
	value := strings.Repeat("v", limit)

	got := ask(
		t,
		handler,
		http.MethodPost,
		"/pipeline",
		`[["SET","a","1"],["SET","b","`+value+`"],["GET","a"]]`,
		asFull,
	).text
	if want := `[{"result":"OK"},{"error":"` + tooLarge(limit+4) + `"},{"result":"1"}]`; got != want {
		t.Errorf("a pipeline with a large command answered %s, want %s", got, want)
	}

	response = ask(t, handler, http.MethodPost, "/multi-exec", `[["SET","c","1"],["SET","b","`+value+`"]]`, asFull)
	if got, want := response.text, `{"error":"`+tooLarge(
		limit+4,
	)+`"}`; response.status != 400 || got != want ||
		database.Exists("c") {
		t.Errorf(
			"a transaction with a large command answered %d %s, want 400 %s and nothing done",
			response.status,
			got,
			want,
		)
	}

	for range 2 {
		if _, err := database.Push("l", strings.Repeat("v", limit/2+1)); err != nil {
			t.Fatal(err)
		}
	}

	response = ask(t, handler, http.MethodGet, "/lrange/l/0/-1", "", asFull)
	if got, want := response.text, `{"error":"`+tooLarge(limit+2)+`"}`; response.status != 400 || got != want {
		t.Errorf("a large reply answered %d %s, want 400 %s", response.status, got, want)
	}
}
