package cloud

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// noRequestLimit is the value that the real API sends for "no limit": 2^63, one more than an int64 holds. A client
// that decodes the field into an int64 fails on the complete response.
const noRequestLimit = json.Number("9223372036854775808")

// Description is a database as the API shows it: all fields that the real API was seen to send, including secrets.
type Description struct {
	DatabaseID     string   `json:"database_id"`
	DatabaseName   string   `json:"database_name"`
	DatabaseType   string   `json:"database_type"`
	Type           string   `json:"type"`
	Region         string   `json:"region"`
	Platform       string   `json:"platform"`
	PrimaryRegion  string   `json:"primary_region"`
	PrimaryMembers []string `json:"primary_members"`
	AllMembers     []string `json:"all_members"`
	ReadRegions    []string `json:"read_regions"`
	Port           int      `json:"port"`
	CreationTime   int64    `json:"creation_time"` // seconds, not milliseconds
	State          string   `json:"state"`
	ModifyingState string   `json:"modifying_state"`
	Endpoint       string   `json:"endpoint"` // a host without a scheme
	UserEmail      string   `json:"user_email"`
	CustomerID     string   `json:"customer_id"`

	Password          string `json:"password,omitempty"`
	RESTToken         string `json:"rest_token,omitempty"`
	ReadOnlyRESTToken string `json:"read_only_rest_token,omitempty"`

	TLS                bool   `json:"tls"`
	Consistent         bool   `json:"consistent"`
	Multizone          bool   `json:"multizone"`
	Eviction           bool   `json:"eviction"`
	DBEviction         bool   `json:"db_eviction"`
	AutoUpgrade        bool   `json:"auto_upgrade"`
	Budget             int64  `json:"budget"`
	DailyBackupEnabled bool   `json:"daily_backup_enabled"`
	ProdPackEnabled    bool   `json:"prod_pack_enabled"`
	PrometheusEnabled  string `json:"prometheus_enabled"` // a boolean as a string, as are the next two
	ACLEnabled         string `json:"db_acl_enabled"`
	ACLDefaultUser     string `json:"db_acl_default_user_status"`

	Limits
	SecurityAddons SecurityAddons `json:"securityAddons"`
}

// Limits are the limits of a plan: bytes, counts, and durations in nanoseconds.
type Limits struct {
	MaxClients           int64       `json:"db_max_clients"`
	MaxRequestSize       int64       `json:"db_max_request_size"`
	DiskThreshold        int64       `json:"db_disk_threshold"`
	MaxEntrySize         int64       `json:"db_max_entry_size"`
	MemoryThreshold      int64       `json:"db_memory_threshold"`
	DailyBandwidthLimit  int64       `json:"db_daily_bandwidth_limit"`
	MaxCommandsPerSecond int64       `json:"db_max_commands_per_second"`
	RequestLimit         json.Number `json:"db_request_limit"`
	ResourceSize         string      `json:"db_resource_size"`
	StorageType          string      `json:"db_type"`
	ConnIdleTimeout      int64       `json:"db_conn_idle_timeout"`
	LuaTimeout           int64       `json:"db_lua_timeout"`
	LuaCreditsPerMin     int64       `json:"db_lua_credits_per_min"`
	StoreMaxIdle         int64       `json:"db_store_max_idle"`
	MaxLoadsPerSec       int64       `json:"db_max_loads_per_sec"`
	LastPlanUpgradeTime  int64       `json:"last_plan_upgrade_time"`
	Replicas             int64       `json:"replicas"`
}

// SecurityAddons is the only object of the API with camel-case fields.
type SecurityAddons struct {
	IPWhitelisting   bool `json:"ipWhitelisting"`
	VPCPeering       bool `json:"vpcPeering"`
	PrivateLink      bool `json:"privateLink"`
	TLSMutualAuth    bool `json:"tlsMutualAuth"`
	EncryptionAtRest bool `json:"encryptionAtRest"`
}

// Describe returns a database with its secrets.
func Describe(account state.Account, database state.Database) Description {
	kind, text := planWords(database.Plan)

	return Description{
		DatabaseID:         database.ID,
		DatabaseName:       database.Name,
		DatabaseType:       text,
		Type:               kind,
		Region:             "global",
		Platform:           database.Platform,
		PrimaryRegion:      database.PrimaryRegion,
		PrimaryMembers:     []string{database.PrimaryRegion},
		AllMembers:         append([]string{database.PrimaryRegion}, database.ReadRegions...),
		ReadRegions:        database.ReadRegions,
		Port:               database.Port,
		CreationTime:       database.CreatedAt.Unix(),
		State:              database.State,
		Endpoint:           database.Endpoint,
		UserEmail:          customer(account, database.Owner),
		CustomerID:         customer(account, database.Owner),
		Password:           database.Password,
		RESTToken:          database.RESTToken,
		ReadOnlyRESTToken:  database.ReadOnlyRESTToken,
		TLS:                database.TLS,
		Eviction:           database.Eviction,
		DBEviction:         database.Eviction,
		AutoUpgrade:        database.AutoUpgrade,
		ProdPackEnabled:    database.ProdPack,
		DailyBackupEnabled: database.DailyBackup,
		Budget:             database.Budget,
		PrometheusEnabled:  "false",
		ACLEnabled:         "false",
		ACLDefaultUser:     "true",
		Limits:             limits(database),
	}
}

// customer returns how the API names an owner: by e-mail, or by the team's id.
func customer(account state.Account, owner string) string {
	if owner == account.Subject {
		return account.Email
	}

	return strings.TrimPrefix(owner, state.TeamOwner(""))
}

func planWords(plan string) (kind, text string) {
	switch plan {
	case state.PlanFree:
		return "free", "Free"
	case state.PlanPAYG:
		return "payg", "Pay as You Go"
	default:
		return "pro", "Fixed"
	}
}

func limits(database state.Database) Limits {
	const mebibyte, gibibyte = 1 << 20, 1 << 30

	found := Limits{
		MaxClients:           10_000,
		MaxRequestSize:       10 * mebibyte,
		DiskThreshold:        100 * gibibyte,
		MaxEntrySize:         100 * mebibyte,
		MemoryThreshold:      3 * gibibyte,
		DailyBandwidthLimit:  50 * gibibyte,
		MaxCommandsPerSecond: 10_000,
		RequestLimit:         noRequestLimit,
		ResourceSize:         "L",
		StorageType:          "pebble",
		ConnIdleTimeout:      int64(6 * time.Hour),
		LuaTimeout:           int64(250 * time.Millisecond),
		LuaCreditsPerMin:     10_000_000_000,
		StoreMaxIdle:         int64(15 * time.Minute),
		MaxLoadsPerSec:       1_000_000,
		Replicas:             int64(1 + len(database.ReadRegions)),
	}
	if !database.PlanChangedAt.IsZero() {
		found.LastPlanUpgradeTime = database.PlanChangedAt.Unix()
	}

	if database.Plan == state.PlanFree {
		found.DiskThreshold = 256 * mebibyte
		found.MemoryThreshold = 256 * mebibyte
		found.ResourceSize = "S"
	}

	return found
}
