package rest_test

import (
	"net/http"
	"testing"
)

// TestPipeline has the example of Upstash's documentation, with its responses.
func TestPipeline(t *testing.T) {
	handler, _ := newHandler(t, 0)
	holdThemTo(t, handler, []exchange{
		{
			name:   "each answer in its place",
			method: "POST",
			target: "/pipeline",
			body:   `[["SET","key1","valuex"],["SETEX","key2",13,"valuez"],["INCR","key1"],["ZADD","myset",11,"item1",22,"item2"]]`,
			status: 200,
			want:   `[{"result":"OK"},{"result":"OK"},{"error":"ERR value is not an int or out of range"},{"result":2}]`,
		},
		{
			name:   "a refused command is one of them",
			method: "POST",
			target: "/pipeline",
			body:   `[["SET","a","1"],["BLPOP","a","1"],["NOSUCH"],["GET","a"]]`,
			status: 200,
			want: `[{"result":"OK"},{"error":"ERR Command \"BLPOP\" is not allowed in REST or it has a special context path"},` +
				`{"error":"ERR Command is not available: 'NOSUCH'. See https://upstash.com/docs/redis/overall/rediscompatibility for details"},{"result":"1"}]`,
		},
		{
			name:   "a slash at the end",
			method: "PUT",
			target: "/pipeline/",
			body:   `[["PING"]]`,
			status: 200,
			want:   `[{"result":"PONG"}]`,
		},
		{
			name:   "no array",
			method: "POST",
			target: "/pipeline",
			body:   `{}`,
			status: 400,
			want:   `{"error":"expected JSON array"}`,
		},
		{
			name:   "no arrays inside",
			method: "POST",
			target: "/pipeline",
			body:   `[{"command":["GET","a"]}]`,
			status: 400,
			want:   `{"error":"ERR failed to parse pipeline command"}`,
		},
		{
			name:   "a single command",
			method: "POST",
			target: "/pipeline",
			body:   `["GET","a"]`,
			status: 400,
			want:   `{"error":"ERR failed to parse pipeline command"}`,
		},
		{
			name:   "no command",
			method: "POST",
			target: "/pipeline",
			body:   `[]`,
			status: 400,
			want:   `{"error":"ERR empty pipeline request"}`,
		},
		{
			name:   "an empty command",
			method: "POST",
			target: "/pipeline",
			body:   `[[]]`,
			status: 400,
			want:   `{"error":"ERR empty command"}`,
		},
		{
			name:   "a null spoils all",
			method: "POST",
			target: "/pipeline",
			body:   `[["SET","b","1"],["SET","c",null]]`,
			status: 400,
			want:   `{"error":"ERR null args are not supported"}`,
		},
		{name: "so that none was run", method: "GET", target: "/exists/b", status: 200, want: `{"result":0}`},
		{name: "cut off", method: "POST", target: "/pipeline", body: `[["PING"]`, status: 400, want: `{"error":"EOF"}`},
		{name: "no body", method: "GET", target: "/pipeline", status: 400, want: `{"error":"EOF"}`},
	})
}

func TestTransaction(t *testing.T) {
	handler, _ := newHandler(t, 0)
	holdThemTo(t, handler, []exchange{
		{
			name:   "a command that fails does not undo the others",
			method: "POST",
			target: "/multi-exec",
			body:   `[["SET","key1","valuex"],["SETEX","key2",13,"valuez"],["INCR","key1"],["ZADD","myset",11,"item1",22,"item2"]]`,
			status: 200,
			want:   `[{"result":"OK"},{"result":"OK"},{"error":"ERR value is not an int or out of range"},{"result":2}]`,
		},
		{
			name: "wrong arity discards all", method: "POST", target: "/multi-exec", body: `[["SET","a","1"],["GET"]]`,
			status: 400, want: `{"error":"ERR wrong number of arguments for 'get' command"}`,
		},
		{
			name:   "an unknown command discards all",
			method: "POST",
			target: "/multi-exec",
			body:   `[["SET","a","1"],["NOSUCH"]]`,
			status: 400,
			want:   `{"error":"ERR Command is not available: 'NOSUCH'. See https://upstash.com/docs/redis/overall/rediscompatibility for details"}`,
		},
		{
			name:   "an unsupported command discards all",
			method: "POST",
			target: "/multi-exec",
			body:   `[["SET","a","1"],["WATCH","a"]]`,
			status: 400,
			want:   `{"error":"ERR Command \"WATCH\" is not allowed in REST or it has a special context path"}`,
		},
		{name: "indeed", method: "GET", target: "/exists/a", status: 200, want: `{"result":0}`},
		{
			name:   "no command",
			method: "POST",
			target: "/multi-exec",
			body:   `[]`,
			status: 400,
			want:   `{"error":"ERR empty pipeline request"}`,
		},
		{
			name:   "no arrays inside",
			method: "POST",
			target: "/multi-exec",
			body:   `["GET","a"]`,
			status: 400,
			want:   `{"error":"ERR failed to parse pipeline command"}`,
		},
	})
	response := ask(t, handler, http.MethodPost, "/multi-exec", `[["GET","key1"],["SET","a","1"]]`, asReader)

	const want = `{"error":"NOPERM this user has no permissions to run the 'set' command or its subcommand"}`
	if got := response.text; response.status != 400 || got != want {
		t.Errorf("a read-only token's transaction with a write answered %d %s, want 400 %s", response.status, got, want)
	}
}
