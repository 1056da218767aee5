package db

import "testing"

// The certificate of a remote Postgres is verified, unless the URL disables that.
func TestRemotePostgresRequiresTLS(t *testing.T) {
	tests := map[string]struct {
		address string
		checked bool // including the server's name
		plain   bool // may be, or is
	}{
		"another host":            {"postgres://u:p@db.example.com/x", true, false},
		"its other scheme":        {"postgresql://u:p@db.example.com:5433/x", true, false},
		"an address":              {"postgres://u:p@10.0.0.7/x", true, false},
		"a host by its parameter": {"postgres:///x?host=db.example.com", true, false},
		"a name like loopback":    {"postgres://u:p@127.0.0.1.example.com/x", true, false},
		"localhost":               {"postgres://u:p@localhost/x", false, true},
		"loopback":                {"postgres://u:p@127.0.0.1:5432/x", false, true},
		"a socket":                {"postgres:///x?host=/var/run/postgresql", false, true},
		"an empty sslmode":        {"postgres://u:p@db.example.com/x?sslmode=", true, false},
		"sslmode=disable":         {"postgres://u:p@db.example.com/x?sslmode=disable", false, true},
		"sslmode=require":         {"postgres://u:p@db.example.com/x?sslmode=require", false, false},
		"verify-full, localhost":  {"postgres://u:p@localhost/x?sslmode=verify-full", true, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			config, err := postgresConfig(tc.address)
			if err != nil {
				t.Fatal(err)
			}

			plain := config.TLSConfig == nil
			for _, fallback := range config.Fallbacks {
				plain = plain || fallback.TLSConfig == nil
			}

			checked := config.TLSConfig != nil && !config.TLSConfig.InsecureSkipVerify &&
				config.TLSConfig.ServerName != ""
			if checked != tc.checked || plain != tc.plain {
				t.Errorf("got checked %t, plain %t; want %t, %t", checked, plain, tc.checked, tc.plain)
			}
		})
	}
}

// The added sslmode changes no other parameter: a space encoded as %20 must not become a plus sign, which pgx would not
// decode.
func TestURLParametersAreUnchanged(t *testing.T) {
	for _, how := range []string{"", "&sslmode=verify-full"} {
		config, err := postgresConfig(
			"postgres://db.example.com/x?password=a%20b%2Bc+d==&options=-c%20geqo=off&application_name=%26" + how,
		)
		if err != nil {
			t.Fatal(err)
		}

		if config.Password != "a b+c+d==" || config.RuntimeParams["options"] != "-c geqo=off" ||
			config.RuntimeParams["application_name"] != "&" || config.TLSConfig == nil {
			t.Errorf("with %q: got password %q, parameters %q", how, config.Password, config.RuntimeParams)
		}
	}
}

// CheckURL and the dialer must agree on where the user ends and the host begins.
func TestAmbiguousURLHostIsRejected(t *testing.T) {
	for _, address := range []string{
		"postgres://bff:p@ss@db.example.com/x", "postgres://bff:p@ss@localhost/x",
		"postgres://bff:p@ss@db.example.com/x?sslmode=require",
	} {
		if config, err := postgresConfig(address); err == nil {
			t.Errorf("%s: got the host %s, want an error", address, config.Host)
		}
	}

	config, err := postgresConfig("postgres://bff:p%40ss@db.example.com/x")
	if err != nil || config.Host != "db.example.com" || config.Password != "p@ss" {
		t.Errorf("encoded: got %+v, %v", config, err)
	}
}

func TestDefaultTimeoutsApplyUnlessTheURLSetsThem(t *testing.T) {
	database, address := openPostgresForTest(t)

	get := func(d *DB, name string) (value string) {
		t.Helper()

		if err := d.read.Raw("SELECT current_setting(?)", name).Scan(&value).Error; err != nil {
			t.Fatal(err)
		}

		return value
	}
	for name, want := range map[string]string{"statement_timeout": "10s", "lock_timeout": "8s", "idle_in_transaction_session_timeout": "20s", "application_name": "bff"} {
		if got := get(database, name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}

	if got := get(openAt(t, address+"?statement_timeout=1234"), "statement_timeout"); got != "1234ms" {
		t.Errorf("got statement_timeout %s, want the URL's", got)
	}
}
