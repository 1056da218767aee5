package sandboxtest

import (
	"crypto/x509"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// RedisPort is the port at which the sandbox serves databases.
func RedisPort(t *testing.T, s *sandbox.Sandbox) string {
	t.Helper()

	address, err := url.Parse(s.RedisURL())
	if err != nil {
		t.Fatal(err)
	}

	return address.Port()
}

// database is a new database, as the Developer API returns it.
type database struct{ ID, Password, Token, ReadOnlyToken string }

// NewDatabase creates a database in the account, which may be new.
func NewDatabase(t *testing.T, s *sandbox.Sandbox, email string) database {
	t.Helper()
	key := MustMint(t, s, email)

	got := Upstash(
		t,
		s,
		email,
		key,
		"POST",
		"/v2/redis/database",
		`{"database_name":"mine","platform":"aws","primary_region":"us-east-1"}`,
	)
	if got.Status != 200 {
		t.Fatalf("create a database: got %d %s", got.Status, got.Body)
	}

	return database{
		got.Text(t, "database_id"),
		got.Text(t, "password"),
		got.Text(t, "rest_token"),
		got.Text(t, "read_only_rest_token"),
	}
}

// Dial is go-redis with its defaults, as in the page's snippet: the URL and no options.
func Dial(t *testing.T, s *sandbox.Sandbox, user, password string, query ...string) *redis.Client {
	t.Helper()
	address := strings.Replace(
		s.RedisURL(),
		"://",
		"://"+user+":"+url.QueryEscape(password)+"@",
		1,
	) + "/" + strings.Join(query,
		"")

	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}

	if file := s.RedisCAFile(); file != "" {
		options.TLSConfig.RootCAs = Authority(t, file)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })

	return client
}

// Authority trusts only the certificates in a file.
func Authority(t *testing.T, file string) *x509.CertPool {
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
