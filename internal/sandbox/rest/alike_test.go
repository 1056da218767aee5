package rest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// command sends one command over REST and returns the complete response.
func command(t *testing.T, s *sandbox.Sandbox, token string, words ...string) (status int, answer string) {
	t.Helper()

	body, err := json.Marshal(words)
	if err != nil {
		t.Fatal(err)
	}

	request, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, s.RESTURL(), strings.NewReader(string(body)),
	)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()

	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}

	return response.StatusCode, string(text)
}

func TestADatabaseIsTheSameOverRESTAndTCP(t *testing.T) {
	s := sandboxtest.Start(t)

	mine, other := sandboxtest.NewDatabase(t, s, "a@example.com"), sandboxtest.NewDatabase(t, s, "b@example.com")
	if status, answer := command(
		t, s, mine.Token, "SET", "greeting", "hello",
	); status != 200 ||
		answer != `{"result":"OK"}` {
		t.Fatalf("SET over REST answered %d %s", status, answer)
	}

	if got, err := sandboxtest.Dial(
		t, s, "default", mine.Password,
	).Get(
		t.Context(), "greeting",
	).Result(); err != nil ||
		got != "hello" {
		t.Errorf("GET over TCP: got %q, %v", got, err)
	}

	if status, answer := command(t, s, other.Token, "GET", "greeting"); status != 200 || answer != `{"result":null}` {
		t.Errorf("another database answered %d %s", status, answer)
	}

	for name, token := range map[string]string{"a guess": "guess", "none": "", "the password": mine.Password, "the id": mine.ID} {
		if status, answer := command(
			t, s, token, "PING",
		); status != 401 ||
			!strings.HasPrefix(answer, `{"error":"WRONGPASS invalid or missing auth token`) {
			t.Errorf("%s as a token: answered %d %s", name, status, answer)
		}
	}
}

// TestAReaderMayDoTheSameOverRESTAndTCP holds two lists of commands together, which two packages have for themselves.
func TestAReaderMayDoTheSameOverRESTAndTCP(t *testing.T) {
	s := sandboxtest.Start(t)
	mine := sandboxtest.NewDatabase(t, s, "a@example.com")
	reader := sandboxtest.Dial(t, s, "default_ro", mine.ReadOnlyToken)

	refused := 0
	for _, name := range strings.Fields(`APPEND BITCOUNT BITOP BITPOS COPY DBSIZE DECR DECRBY DEL DUMP ECHO EVAL EVALSHA EVALSHA_RO EVAL_RO EXISTS EXPIRE
		EXPIREAT EXPIRETIME FLUSHALL FLUSHDB GEOADD GEODIST GEOPOS GEORADIUS GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GET GETBIT
		GETDEL GETEX GETRANGE GETSET HDEL HEXISTS HEXPIRE HGET HGETALL HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST HPTTL HRANDFIELD HSCAN
		HSET HSETEX HSETNX HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT INFO KEYS LINDEX LINSERT LLEN LMOVE LMPOP LPOP LPOS LPUSH LPUSHX LRANGE LREM
		LSET LTRIM MEMORY MGET MSET MSETNX OBJECT PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT PFMERGE PING PSETEX PTTL PUBLISH
		PUBSUB RANDOMKEY RENAME RENAMENX RESTORE RPOP RPOPLPUSH RPUSH RPUSHX SADD SCAN SCARD SCRIPT SDIFF SDIFFSTORE SET SETBIT SETEX SETNX SETRANGE
		SINTER SINTERCARD SINTERSTORE SISMEMBER SMEMBERS SMISMEMBER SMOVE SPOP SRANDMEMBER SREM SSCAN STRLEN SUNION SUNIONSTORE TIME TOUCH
		TTL TYPE UNLINK XACK XADD XAUTOCLAIM XCLAIM XDEL XGROUP XINFO XLEN XPENDING XRANGE XREAD XREADGROUP XREVRANGE XTRIM ZADD ZCARD ZCOUNT ZINCRBY
		ZINTER ZINTERSTORE ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREM ZREMRANGEBYLEX
		ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION ZUNIONSTORE`) {
		// Without arguments most are malformed: permission is checked first, which is what this test checks.
		overTCP := ""
		if err := reader.Do(t.Context(), name).Err(); err != nil && strings.HasPrefix(err.Error(), "NOPERM") {
			overTCP = `{"error":"` + err.Error() + `"}`
			refused++
		}

		_, overREST := command(t, s, mine.ReadOnlyToken, name)
		if !strings.HasPrefix(overREST, `{"error":"NOPERM`) {
			overREST = ""
		}

		if overREST != overTCP {
			t.Errorf("%s: refused over TCP with %q, over REST with %q", name, overTCP, overREST)
		}
	}

	if refused < 90 {
		t.Errorf("only %d commands are refused", refused)
	}
}
