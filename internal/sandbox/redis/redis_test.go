package redis_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func withTLS(o *sandbox.Options) { o.RedisTLS = true }

func TestADatabaseIsALiveRedis(t *testing.T) {
	s := sandboxtest.Start(t)
	mine, other := sandboxtest.NewDatabase(t, s, "a@example.com"), sandboxtest.NewDatabase(t, s, "b@example.com")

	client, stranger := sandboxtest.Dial(
		t, s, "default", mine.Password,
	), sandboxtest.Dial(
		t, s, "default", other.Password,
	)
	if err := client.Set(t.Context(), "greeting", "hello", 0).Err(); err != nil {
		t.Fatal(err)
	}

	if got, err := client.Get(t.Context(), "greeting").Result(); err != nil || got != "hello" {
		t.Errorf("got %q, %v", got, err)
	}

	if got, err := stranger.Get(t.Context(), "greeting").Result(); !errors.Is(err, redis.Nil) {
		t.Errorf("another database: got %q, %v, want none", got, err)
	}
}

func TestOnlyADatabasesOwnPasswordsOpenIt(t *testing.T) {
	s := sandboxtest.Start(t)

	mine := sandboxtest.NewDatabase(t, s, "a@example.com")
	for name, row := range map[string]struct{ user, password, want string }{
		"a guess":                   {"default", "guess", "WRONGPASS"},
		"another user":              {"root", mine.Password, "WRONGPASS"},
		"a REST token":              {"default", mine.Token, "WRONGPASS"},
		"the reader's, as default":  {"default", mine.ReadOnlyToken, "WRONGPASS"},
		"the password, as a reader": {"default_ro", mine.Password, "WRONGPASS"},
		"the reader's":              {"default_ro", mine.ReadOnlyToken, ""},
		"the password":              {"default", mine.Password, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := sandboxtest.Dial(t, s, row.user, row.password).Ping(t.Context()).Err()
			if (err == nil) != (row.want == "") || (err != nil && !strings.HasPrefix(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}

	if err := redis.NewClient(
		&redis.Options{Addr: "127.0.0.1:" + sandboxtest.RedisPort(t, s)},
	).Ping(
		t.Context(),
	).Err(); err == nil ||
		err.Error() != "NOAUTH Authentication required." {
		t.Errorf("nobody: got %v", err)
	}
}

func TestTheReadOnlyUserOnlyReads(t *testing.T) {
	s := sandboxtest.Start(t)
	mine := sandboxtest.NewDatabase(t, s, "a@example.com")

	owner, reader := sandboxtest.Dial(
		t, s, "default", mine.Password,
	), sandboxtest.Dial(
		t, s, "default_ro", mine.ReadOnlyToken,
	)
	if err := owner.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}

	if got, err := reader.Get(t.Context(), "k").Result(); err != nil || got != "v" {
		t.Errorf("GET: got %q, %v", got, err)
	}

	for _, command := range [][]any{{"SET", "k", "w"}, {"DEL", "k"}, {"KEYS", "*"}, {"SCAN", "0"}, {"FLUSHALL"}, {"EVAL", "return 1", "0"}, {"PUBLISH", "c", "m"}} {
		err := reader.Do(t.Context(), command...).Err()

		want := "NOPERM this user has no permissions to run the '" + strings.ToLower(
			command[0].(string),
		) + "' command or its subcommand"
		if err == nil || err.Error() != want {
			t.Errorf("%v: got %v, want %s", command, err, want)
		}
	}

	_, err := reader.TxPipelined(t.Context(), func(p redis.Pipeliner) error {
		p.Get(t.Context(), "k")
		return p.Set(t.Context(), "k", "w", 0).Err()
	})
	if err == nil || !strings.HasPrefix(err.Error(), "EXECABORT") {
		t.Errorf("in a transaction: got %v", err)
	}

	if got, err := owner.Get(t.Context(), "k").Result(); err != nil || got != "v" {
		t.Errorf("after all: got %q, %v, want it untouched", got, err)
	}
}

func TestADeletedDatabaseIsGone(t *testing.T) {
	s := sandboxtest.Start(t)
	key := sandboxtest.MustMint(t, s, "a@example.com")
	got := sandboxtest.Upstash(
		t,
		s,
		"a@example.com",
		key,
		"POST",
		"/v2/redis/database",
		`{"database_name":"mine","platform":"aws","primary_region":"us-east-1"}`,
	)

	client := sandboxtest.Dial(t, s, "default", got.Text(t, "password"))
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}

	if got := sandboxtest.Upstash(
		t, s, "a@example.com", key, "DELETE", "/v2/redis/database/"+got.Text(t, "database_id"), "",
	); got.Status != 200 {
		t.Fatalf("delete: got %d %s", got.Status, got.Body)
	}

	if err := client.Get(t.Context(), "k").Err(); err == nil || !strings.HasPrefix(err.Error(), "WRONGPASS") {
		t.Errorf("after the end: got %v, want WRONGPASS", err)
	}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

func without(list []string, gone string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(one string) bool { return one == gone })
}

func TestOnlyTheTooLargeCommandIsRejected(t *testing.T) {
	s := sandboxtest.Start(t)
	client := sandboxtest.Dial(t, s, "default", sandboxtest.NewDatabase(t, s, "a@example.com").Password)
	connection := client.Conn()
	t.Cleanup(func() { _ = connection.Close() })

	err := connection.Set(t.Context(), "k", make([]byte, 10<<20), 0).Err()
	if err == nil || !strings.HasPrefix(err.Error(), "ERR max request size exceeded. Limit: 10485760 bytes") {
		t.Errorf("got %v", err)
	}

	if got, err := connection.Ping(t.Context()).Result(); err != nil || got != "PONG" {
		t.Errorf("afterwards: got %q, %v", got, err)
	}
}

func TestASuspendedDatabaseRejectsEveryClient(t *testing.T) {
	s := sandboxtest.Start(t)
	mine := sandboxtest.NewDatabase(t, s, "a@example.com")
	connection := sandboxtest.Dial(t, s, "default", mine.Password).Conn()
	t.Cleanup(func() { _ = connection.Close() })

	if err := connection.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}

	path := s.ControlURL() + "/accounts/a@example.com/databases/" + mine.ID
	if got := sandboxtest.Call(t, "PATCH", path, `{"state":"suspended"}`); got.Status != 200 {
		t.Fatalf("suspend: got %d %s", got.Status, got.Body)
	}

	if got, err := connection.Get(t.Context(), "k").Result(); err == nil {
		t.Errorf("an open connection still reads %q", got)
	}

	if got := talk(
		t, s, "AUTH "+mine.Password+"\r\nGET k\r\n",
	); !strings.HasPrefix(
		got, "-ERR This database has been suspended",
	) {
		t.Errorf("a new one: got %q", got)
	}

	if got := sandboxtest.Call(t, "PATCH", path, `{"state":"active"}`); got.Status != 200 {
		t.Fatalf("resume: got %d %s", got.Status, got.Body)
	}

	if got := talk(t, s, "AUTH "+mine.Password+"\r\nGET k\r\n"); got != "+OK\r\n$1\r\nv\r\n" {
		t.Errorf("afterwards: got %q", got)
	}
}
