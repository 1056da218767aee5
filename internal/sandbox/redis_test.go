package sandbox_test

import (
	"crypto/x509"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// redisPort is the port at which the sandbox serves databases.
func redisPort(t *testing.T, s *sandbox.Sandbox) string {
	t.Helper()
	address, err := url.Parse(s.RedisURL())
	if err != nil {
		t.Fatal(err)
	}
	return address.Port()
}

// database is a new database, as the Developer API shows it.
type database struct{ id, password, token, readOnlyToken string }

// newDatabase creates a database in the account, which may be new.
func newDatabase(t *testing.T, s *sandbox.Sandbox, email string) database {
	t.Helper()
	key := mustMint(t, s, email)
	got := upstash(t, s, email, key, "POST", "/v2/redis/database", `{"database_name":"mine","platform":"aws","primary_region":"us-east-1"}`)
	if got.status != 200 {
		t.Fatalf("create a database: got %d %s", got.status, got.body)
	}
	return database{got.text(t, "database_id"), got.text(t, "password"), got.text(t, "rest_token"), got.text(t, "read_only_rest_token")}
}

// dial is go-redis on its defaults, as the page's snippet has it: the URL, and
// no option.
func dial(t *testing.T, s *sandbox.Sandbox, user, password string, query ...string) *redis.Client {
	t.Helper()
	address := strings.Replace(s.RedisURL(), "://", "://"+user+":"+url.QueryEscape(password)+"@", 1) + "/" + strings.Join(query, "")
	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	if file := s.RedisCAFile(); file != "" {
		options.TLSConfig.RootCAs = authority(t, file)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func authority(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	certificate, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(certificate) {
		t.Fatalf("%s holds no certificate", file)
	}
	return pool
}

func withTLS(o *sandbox.Options) { o.RedisTLS = true }

func TestADatabaseIsALiveRedis(t *testing.T) {
	s := start(t)
	mine, other := newDatabase(t, s, "a@example.com"), newDatabase(t, s, "b@example.com")
	client, stranger := dial(t, s, "default", mine.password), dial(t, s, "default", other.password)
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
	s := start(t)
	mine := newDatabase(t, s, "a@example.com")
	for name, row := range map[string]struct{ user, password, want string }{
		"a guess":                   {"default", "guess", "WRONGPASS"},
		"another user":              {"root", mine.password, "WRONGPASS"},
		"a REST token":              {"default", mine.token, "WRONGPASS"},
		"the reader's, as default":  {"default", mine.readOnlyToken, "WRONGPASS"},
		"the password, as a reader": {"default_ro", mine.password, "WRONGPASS"},
		"the reader's":              {"default_ro", mine.readOnlyToken, ""},
		"the password":              {"default", mine.password, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := dial(t, s, row.user, row.password).Ping(t.Context()).Err()
			if (err == nil) != (row.want == "") || (err != nil && !strings.HasPrefix(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
	if err := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + redisPort(t, s)}).Ping(t.Context()).Err(); err == nil ||
		err.Error() != "NOAUTH Authentication required." {
		t.Errorf("nobody: got %v", err)
	}
}

func TestTheReadOnlyUserOnlyReads(t *testing.T) {
	s := start(t)
	mine := newDatabase(t, s, "a@example.com")
	owner, reader := dial(t, s, "default", mine.password), dial(t, s, "default_ro", mine.readOnlyToken)
	if err := owner.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := reader.Get(t.Context(), "k").Result(); err != nil || got != "v" {
		t.Errorf("GET: got %q, %v", got, err)
	}
	for _, command := range [][]any{{"SET", "k", "w"}, {"DEL", "k"}, {"KEYS", "*"}, {"SCAN", "0"}, {"FLUSHALL"}, {"EVAL", "return 1", "0"}, {"PUBLISH", "c", "m"}} {
		err := reader.Do(t.Context(), command...).Err()
		want := "NOPERM this user has no permissions to run the '" + strings.ToLower(command[0].(string)) + "' command or its subcommand"
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
	s := start(t)
	key := mustMint(t, s, "a@example.com")
	got := upstash(t, s, "a@example.com", key, "POST", "/v2/redis/database", `{"database_name":"mine","platform":"aws","primary_region":"us-east-1"}`)
	client := dial(t, s, "default", got.text(t, "password"))
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := upstash(t, s, "a@example.com", key, "DELETE", "/v2/redis/database/"+got.text(t, "database_id"), ""); got.status != 200 {
		t.Fatalf("delete: got %d %s", got.status, got.body)
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

func TestACommandThatIsTooLargeIsRefusedAlone(t *testing.T) {
	s := start(t)
	client := dial(t, s, "default", newDatabase(t, s, "a@example.com").password)
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

func TestASuspendedDatabaseServesNobody(t *testing.T) {
	s := start(t)
	mine := newDatabase(t, s, "a@example.com")
	connection := dial(t, s, "default", mine.password).Conn()
	t.Cleanup(func() { _ = connection.Close() })
	if err := connection.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	path := s.ControlURL() + "/accounts/a@example.com/databases/" + mine.id
	if got := call(t, "PATCH", path, `{"state":"suspended"}`); got.status != 200 {
		t.Fatalf("suspend: got %d %s", got.status, got.body)
	}
	if got, err := connection.Get(t.Context(), "k").Result(); err == nil {
		t.Errorf("an open connection still reads %q", got)
	}
	if got := talk(t, s, "AUTH "+mine.password+"\r\nGET k\r\n"); !strings.HasPrefix(got, "-ERR This database has been suspended") {
		t.Errorf("a new one: got %q", got)
	}
	if got := call(t, "PATCH", path, `{"state":"active"}`); got.status != 200 {
		t.Fatalf("resume: got %d %s", got.status, got.body)
	}
	if got := talk(t, s, "AUTH "+mine.password+"\r\nGET k\r\n"); got != "+OK\r\n$1\r\nv\r\n" {
		t.Errorf("afterwards: got %q", got)
	}
}
