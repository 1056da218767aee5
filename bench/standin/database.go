package standin

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Lengths are how many databases an account may have here.
func Lengths() []int { return []int{10, 100, 1000} }

// variants of the response of one length: accounts do not all have the same databases.
func variants(length int) int { return max(1, 640/length) }

// Key is the developer key of an account: like the vendor's it is a UUID, and it selects the account's response.
func Key(account, databases int) string {
	return fmt.Sprintf("%08x-%04x-4a3c-8d7e-%012x", account, databases, account*7919)
}

// answerOf reads what Key wrote.
func answerOf(key string) (databases, variant int, ok bool) {
	parts := strings.Split(key, "-")
	if len(parts) != 5 {
		return 0, 0, false
	}
	account, accountErr := strconv.ParseUint(parts[0], 16, 32)
	count, countErr := strconv.ParseUint(parts[1], 16, 16)

	if accountErr != nil || countErr != nil || count == 0 {
		return 0, 0, false
	}

	return int(count), int(account) % variants(int(count)), true
}

// list is the vendor's response to a list, including credentials.
func list(length, variant int) []byte {
	draw := rand.New(rand.NewPCG(uint64(length), uint64(variant))) //nolint:gosec // the same in every run

	var out bytes.Buffer
	out.WriteByte('[')

	for n := range length {
		if n > 0 {
			out.WriteByte(',')
		}
		writeDatabase(&out, draw, fmt.Sprintf("orders-%d-%d", variant, n))
	}
	out.WriteByte(']')

	return out.Bytes()
}

// secretMark begins every password and token that we make, to find any that leaks.
const secretMark = "AXsecret"

// writeDatabase writes an object as the vendor's API does, every field that is known of it.
func writeDatabase(out *bytes.Buffer, draw *rand.Rand, name string) {
	hex := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("0123456789abcdef"[draw.IntN(16)])
		}

		return b.String()
	}
	id := fmt.Sprintf("%s-%s-4%s-8%s-%s", hex(8), hex(4), hex(3), hex(3), hex(12))
	region := []string{"us-east-1", "eu-west-1", "ap-south-1"}[draw.IntN(3)]

	fmt.Fprintf(out, `{"database_id":"%s","database_name":"%s","database_type":"Pay as You Go","type":"paid",`+
		`"region":"global","primary_region":"%s","primary_members":["%s"],"all_members":["%s","us-west-1"],`+
		`"read_regions":["us-west-1"],"port":6379,"creation_time":%d,"state":"active","modifying_state":"",`+
		`"endpoint":"steady-stud-%s.upstash.io","password":"%s%s","rest_token":"%s%s","read_only_rest_token":"%s%s",`+
		`"user_email":"someone@example.com","customer_id":"someone@example.com","tls":true,"consistent":false,`+
		`"multizone":false,"eviction":false,"auto_upgrade":false,"db_eviction":false,"budget":360,`+
		`"daily_backup_enabled":false,"prod_pack_enabled":false,"prometheus_enabled":"false",`+
		`"db_acl_enabled":"false","db_acl_default_user_status":"true","db_max_clients":10000,`+
		`"db_max_request_size":10485760,"db_disk_threshold":107374182400,"db_max_entry_size":104857600,`+
		`"db_memory_threshold":3221225472,"db_daily_bandwidth_limit":53687091200,"db_max_commands_per_second":10000,`+
		`"db_request_limit":9223372036854775808,"db_resource_size":"L","db_type":"pebble",`+
		`"db_conn_idle_timeout":21600000000000,"db_lua_timeout":250000000,"db_store_max_idle":900000000000,`+
		`"db_lua_credits_per_min":10000000000,"db_max_loads_per_sec":1000000,"last_plan_upgrade_time":0,"replicas":5,`+
		`"reserved_per_region_price":0,"next_daily_backup_time":1741120356,"securityAddons":{"ipWhitelisting":false,`+
		`"vpcPeering":false,"privateLink":false,"tlsMutualAuth":false,"encryptionAtRest":false},`+
		`"allowed_ip_ranges":[],"cluster_id":"%s","pool_id":"%s"}`,
		id, name, region, region, region, 1_700_000_000+draw.IntN(80_000_000), hex(5),
		secretMark, hex(24), secretMark, hex(92), secretMark, hex(92), hex(8), hex(8))
}

// HoldsSecret reports whether a body has any of the credentials in the stand-in's responses.
func HoldsSecret(body []byte) bool { return bytes.Contains(body, []byte(secretMark)) }
