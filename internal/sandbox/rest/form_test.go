package rest_test

import (
	"net/http"
	"testing"
)

func TestACommandInTheBody(t *testing.T) {
	handler, _ := newHandler(t, 0)
	holdThemTo(t, handler, []exchange{
		{
			name:   "status",
			method: "POST",
			target: "/",
			body:   `["SET","foo","bar","EX",100]`,
			status: 200,
			want:   `{"result":"OK"}`,
		},
		{name: "string", method: "POST", target: "/", body: `["GET","foo"]`, status: 200, want: `{"result":"bar"}`},
		{name: "null", method: "POST", target: "/", body: `["GET","nothing"]`, status: 200, want: `{"result":null}`},
		{name: "integer", method: "POST", target: "/", body: `["INCR","n"]`, status: 200, want: `{"result":1}`},
		{
			name:   "the largest integer",
			method: "POST",
			target: "/",
			body:   `["INCRBY","large",9223372036854775807]`,
			status: 200,
			want:   `{"result":9223372036854775807}`,
		},
		{
			name:   "array with a hole",
			method: "POST",
			target: "/",
			body:   `["MGET","foo","nothing","n"]`,
			status: 200,
			want:   `{"result":["bar",null,"1"]}`,
		},
		{
			name:   "empty array",
			method: "POST",
			target: "/",
			body:   `["LRANGE","nothing",0,-1]`,
			status: 200,
			want:   `{"result":[]}`,
		},
		{
			name:   "nested array",
			method: "POST",
			target: "/",
			body:   `["EVAL","return {1,{'a',{false}}}",0]`,
			status: 200,
			want:   `{"result":[1,["a",[null]]]}`,
		},
		{
			name:   "a number keeps its form",
			method: "POST",
			target: "/",
			body:   `["ECHO",1.50]`,
			status: 200,
			want:   `{"result":"1.50"}`,
		},
		{
			name:   "a truth becomes its word",
			method: "POST",
			target: "/",
			body:   `["ECHO",true]`,
			status: 200,
			want:   `{"result":"true"}`,
		},
		{
			name:   "signs stay signs",
			method: "POST",
			target: "/",
			body:   `["ECHO","<a href=\"?x&y\">é😀</a>"]`,
			status: 200,
			want:   `{"result":"<a href=\"?x&y\">é😀</a>"}`,
		},
		{name: "PUT", method: "PUT", target: "/", body: `["get","foo"]`, status: 200, want: `{"result":"bar"}`},
		{name: "no body", method: "GET", target: "/", status: 400, want: `{"error":"EOF"}`},
		{name: "nothing", method: "POST", target: "/", status: 400, want: `{"error":"EOF"}`},
		{
			name:   "no JSON",
			method: "POST",
			target: "/",
			body:   `set foo bar`,
			status: 400,
			want:   `{"error":"invalid character 's' looking for beginning of value"}`,
		},
		{name: "half an array", method: "POST", target: "/", body: `["GET"`, status: 400, want: `{"error":"EOF"}`},
		{
			name:   "an object",
			method: "POST",
			target: "/",
			body:   `{"command":["GET","foo"]}`,
			status: 400,
			want:   `{"error":"expected JSON array"}`,
		},
		{
			name:   "an empty array",
			method: "POST",
			target: "/",
			body:   `[]`,
			status: 400,
			want:   `{"error":"ERR empty command"}`,
		},
		{
			name:   "a null",
			method: "POST",
			target: "/",
			body:   `["SET","foo",null]`,
			status: 400,
			want:   `{"error":"ERR null args are not supported"}`,
		},
		{
			name:   "an array inside",
			method: "POST",
			target: "/",
			body:   `[["GET","foo"]]`,
			status: 400,
			want:   `{"error":"ERR unsupported arg type: \"[\": json.Delim"}`,
		},
		{
			name:   "an object inside",
			method: "POST",
			target: "/",
			body:   `["SET","foo",{"a":1}]`,
			status: 400,
			want:   `{"error":"ERR unsupported arg type: \"{\": json.Delim"}`,
		},
		{
			name:   "more than one",
			method: "POST",
			target: "/",
			body:   `["PING"]["PING"]`,
			status: 400,
			want:   `{"error":"ERR unexpected data after the JSON array"}`,
		},
	})
}

func TestACommandInThePath(t *testing.T) {
	handler, database := newHandler(t, 0)
	holdThemTo(t, handler, []exchange{
		{name: "GET", method: "GET", target: "/set/foo/bar/EX/100", status: 200, want: `{"result":"OK"}`},
		{name: "POST without a body", method: "POST", target: "/get/foo", status: 200, want: `{"result":"bar"}`},
		{
			name:   "the body is the last argument",
			method: "POST",
			target: "/set/body",
			body:   "{\"any\": \"thing\"}\n\x00",
			status: 200,
			want:   `{"result":"OK"}`,
		},
		{
			name:   "as it was",
			method: "GET",
			target: "/get/body",
			status: 200,
			want:   `{"result":"{\"any\": \"thing\"}\n\u0000"}`,
		},
		{
			name:   "PUT has a body too",
			method: "PUT",
			target: "/set/put",
			body:   "1",
			status: 200,
			want:   `{"result":"OK"}`,
		},
		{
			name:   "the body of a GET is none",
			method: "GET",
			target: "/get/put",
			body:   "2",
			status: 200,
			want:   `{"result":"1"}`,
		},
		{
			name:   "parameters follow the body",
			method: "POST",
			target: "/set/timed?EX=100&NX",
			body:   "1",
			status: 200,
			want:   `{"result":"OK"}`,
		},
		{
			name:   "and count",
			method: "POST",
			target: "/set/timed?EX=100&NX",
			body:   "1",
			status: 200,
			want:   `{"result":null}`,
		},
		{
			name:   "a token among them does not",
			method: "GET",
			target: "/get/timed?_token=" + fullToken,
			status: 200,
			want:   `{"result":"1"}`,
		},
		{name: "escapes", method: "GET", target: "/echo/a%2Fb%20%C3%A9+", status: 200, want: `{"result":"a/b é+"}`},
		{
			name:   "escapes in parameters",
			method: "GET",
			target: "/set/escaped?a%3Db+c",
			status: 200,
			want:   `{"result":"OK"}`,
		},
		{name: "are undone", method: "GET", target: "/get/escaped", status: 200, want: `{"result":"a=b c"}`},
		{name: "an empty argument", method: "GET", target: "/set/empty//EX/100", status: 200, want: `{"result":"OK"}`},
		{name: "is one", method: "GET", target: "/strlen/empty", status: 200, want: `{"result":0}`},
		{name: "a slash at the end is none", method: "GET", target: "/get/foo/", status: 200, want: `{"result":"bar"}`},
		{
			name:   "HEAD runs too",
			method: "HEAD",
			target: "/set/head/1",
			status: 200,
			want:   `{"result":"OK"}`,
		}, // net/http drops the body
		{
			name:   "a broken escape",
			method: "GET",
			target: "/get/foo?%zz",
			status: 400,
			want:   `{"error":"ERR invalid URL escape in path or query"}`,
		},
	})

	if got := database.TTL("timed").Seconds(); got != 100 {
		t.Errorf("the parameter set a TTL of %v s, want 100", got)
	}
}

func TestBase64(t *testing.T) {
	handler, database := newHandler(t, 0)
	for key, value := range map[string]string{"foo": "bar", "ok": "OK", "bytes": "\xff\x00\x80"} {
		if err := database.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	encoded := []string{inBase64}
	holdThemTo(t, handler, []exchange{
		{name: "a string", method: "GET", target: "/get/foo", headers: encoded, status: 200, want: `{"result":"YmFy"}`},
		{
			name:    "the status OK stays",
			method:  "GET",
			target:  "/set/a/b",
			headers: encoded,
			status:  200,
			want:    `{"result":"OK"}`,
		},
		{
			name:    "another status does not",
			method:  "GET",
			target:  "/ping",
			headers: encoded,
			status:  200,
			want:    `{"result":"UE9ORw=="}`,
		},
		{
			name:    "a value OK does not",
			method:  "GET",
			target:  "/get/ok",
			headers: encoded,
			status:  200,
			want:    `{"result":"T0s="}`,
		},
		{
			name:    "null and numbers stay",
			method:  "POST",
			target:  "/",
			body:    `["EVAL","return {1,false,'a',{'b'}}",0]`,
			headers: encoded,
			status:  200,
			want:    `{"result":[1,null,"YQ==",["Yg=="]]}`,
		},
		{
			name:    "errors stay",
			method:  "GET",
			target:  "/get",
			headers: encoded,
			status:  400,
			want:    `{"error":"ERR wrong number of arguments for 'get' command"}`,
		},
		{
			name:    "a pipeline",
			method:  "POST",
			target:  "/pipeline",
			body:    `[["GET","foo"],["INCR","n"],["GET"]]`,
			headers: encoded,
			status:  200,
			want:    `[{"result":"YmFy"},{"result":1},{"error":"ERR wrong number of arguments for 'get' command"}]`,
		},
		{
			name:    "a transaction",
			method:  "POST",
			target:  "/multi-exec",
			body:    `[["SET","x","y"],["GET","x"]]`,
			headers: encoded,
			status:  200,
			want:    `[{"result":"OK"},{"result":"eQ=="}]`,
		},
		{name: "bytes", method: "GET", target: "/get/bytes", headers: encoded, status: 200, want: `{"result":"/wCA"}`},
		{
			name:   "bytes without it",
			method: "GET",
			target: "/get/bytes",
			status: 200,
			want:   `{"result":"\ufffd\u0000\ufffd"}`,
		},
		{
			name:    "another encoding",
			method:  "GET",
			target:  "/get/foo",
			headers: []string{"Upstash-Encoding: gzip"},
			status:  400,
			want:    `{"error":"ERR unsupported Upstash-Encoding, only base64 is supported"}`,
		},
	})
}

func TestRESP2(t *testing.T) {
	handler, _ := newHandler(t, 0)
	raw := []string{inRESP2}
	holdThemTo(t, handler, []exchange{
		{name: "a status", method: "GET", target: "/set/foo/bar", headers: raw, status: 200, want: "+OK\r\n"},
		{name: "a string", method: "GET", target: "/get/foo", headers: raw, status: 200, want: "$3\r\nbar\r\n"},
		{name: "null", method: "GET", target: "/get/nothing", headers: raw, status: 200, want: "$-1\r\n"},
		{name: "an integer", method: "GET", target: "/strlen/foo", headers: raw, status: 200, want: ":3\r\n"},
		{
			name:    "an array",
			method:  "GET",
			target:  "/mget/foo/nothing",
			headers: raw,
			status:  200,
			want:    "*2\r\n$3\r\nbar\r\n$-1\r\n",
		},
		{
			name:    "an error",
			method:  "GET",
			target:  "/get",
			headers: raw,
			status:  400,
			want:    "-ERR wrong number of arguments for 'get' command\r\n",
		},
		{
			name:    "a pipeline",
			method:  "POST",
			target:  "/pipeline",
			body:    `[["GET","foo"],["STRLEN","foo"]]`,
			headers: raw,
			status:  200,
			want:    "$3\r\nbar\r\n:3\r\n",
		},
		{
			name:    "not a transaction",
			method:  "POST",
			target:  "/multi-exec",
			body:    `[["GET","foo"]]`,
			headers: raw,
			status:  200,
			want:    `[{"result":"bar"}]`,
		},
		{
			name:    "JSON by its name",
			method:  "GET",
			target:  "/get/foo",
			headers: []string{"Upstash-Response-Format: json"},
			status:  200,
			want:    `{"result":"bar"}`,
		},
		{
			name:    "another format",
			method:  "GET",
			target:  "/get/foo",
			headers: []string{"Upstash-Response-Format: resp3"},
			status:  400,
			want:    `{"error":"ERR unsupported Upstash-Response-Format, only json and resp2 are supported"}`,
		},
		{
			name:    "with base64",
			method:  "GET",
			target:  "/get/foo",
			headers: []string{inRESP2, inBase64},
			status:  400,
			want:    `{"error":"ERR Upstash-Encoding: base64 is not permitted with Upstash-Response-Format: resp2"}`,
		},
	})

	if got := ask(
		t, handler, http.MethodGet, "/get/foo", "", asFull, inRESP2,
	).header.Get(
		"Content-Type",
	); got != "application/octet-stream" {
		t.Errorf("RESP2 is sent as %s", got)
	}

	if got := ask(
		t, handler, http.MethodGet, "/get/foo", "", asFull,
	).header.Get(
		"Content-Type",
	); got != "application/json" {
		t.Errorf("JSON is sent as %s", got)
	}
}
