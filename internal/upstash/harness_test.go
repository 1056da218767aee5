package upstash_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

var somebody = upstash.Credential{Email: "someone@example.com", Key: secret.New("a-key-that-is-one")}

// far is a far end whose answers the test decides. It remembers every request.
type far struct {
	*httptest.Server
	mu       sync.Mutex
	requests []string
	bodies   []string
}

func newFar(t testing.TB, answer http.HandlerFunc) *far {
	t.Helper()
	f := &far{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, r.Method+" "+r.URL.RequestURI())
		f.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// count is how many requests of a method arrived.
func (f *far) count(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, request := range f.requests {
		if strings.HasPrefix(request, method+" ") {
			n++
		}
	}
	return n
}

func newClient(t testing.TB, url string) *upstash.Client {
	t.Helper()
	client, err := upstash.New(upstash.Options{BaseURL: url})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// says answers every request with a status and a body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

const goodID = "96ad0856-03b1-4ee7-9666-e81abd0349e1"

// vendorDatabase is a database object as the vendor sends it, secrets and oddities included.
const vendorDatabase = `{
	"database_id":"96ad0856-03b1-4ee7-9666-e81abd0349e1","database_name":"MyRedis","database_type":"Pay as You Go","type":"paid",
	"region":"global","platform":"aws","primary_region":"us-east-1","primary_members":["us-east-1"],"all_members":["us-east-1","us-east-2"],
	"read_regions":["us-east-2"],"port":6379,"creation_time":1752649602,"state":"active","modifying_state":"",
	"endpoint":"beloved-stallion-58500.upstash.io","password":"0123456789abcdef0123456789abcdef","rest_token":"AYxEASQgOTZh","read_only_rest_token":"AoxEASQgOTZh",
	"user_email":"example@upstash.com","customer_id":"example@upstash.com","tls":true,"consistent":false,"multizone":true,"eviction":false,"auto_upgrade":false,
	"budget":360,"daily_backup_enabled":false,"prod_pack_enabled":false,"prometheus_enabled":"false","db_acl_enabled":"false","db_acl_default_user_status":"true",
	"db_max_clients":10000,"db_max_request_size":10485760,"db_disk_threshold":107374182400,"db_max_entry_size":104857600,"db_memory_threshold":3221225472,
	"db_daily_bandwidth_limit":53687091200,"db_max_commands_per_second":10000,"db_request_limit":9223372036854775808,"db_resource_size":"L","db_type":"pebble",
	"db_conn_idle_timeout":21600000000000,"db_lua_timeout":250000000,"db_lua_credits_per_min":10000000000,"db_store_max_idle":900000000000,"db_max_loads_per_sec":1000000,
	"last_plan_upgrade_time":0,"replicas":5,"next_daily_backup_time":1741120356,
	"securityAddons":{"ipWhitelisting":false,"vpcPeering":false,"privateLink":false,"tlsMutualAuth":false,"encryptionAtRest":false},
	"allowed_ip_ranges":["0.0.0.0/0"],"cluster_id":"12345678","pool_id":"12345678"}`
