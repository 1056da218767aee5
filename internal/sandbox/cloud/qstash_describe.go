package cloud

import (
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// QStashDescription is a QStash user as the API shows it, including secrets.
type QStashDescription struct {
	CustomerID      string `json:"customer_id"`
	ID              string `json:"id"`
	Token           string `json:"token,omitempty"`
	ReadOnlyToken   string `json:"read_only_token"`
	Active          bool   `json:"active"`
	State           string `json:"state"`
	Type            string `json:"type"` // free or paid
	ReservedType    string `json:"reserved_type"`
	ReservedPrice   int64  `json:"reserved_price"`
	Region          string `json:"region"`
	Budget          int64  `json:"budget"` // dollars
	ProdPackEnabled bool   `json:"prod_pack_enabled"`
	Prometheus      string `json:"prometheus_enabled"` // a boolean as a string
	CreatedBy       string `json:"created_by"`
	CreationTime    int64  `json:"creation_time"` // seconds, as the next two
	DeletionTime    int64  `json:"deletion_time"`
	LastPlanUpgrade int64  `json:"last_plan_upgrade_time"`
	QStashLimits
}

// QStashLimits are the limits of a plan. The numbers are guesses.
type QStashLimits struct {
	MaxMessageSize        int64 `json:"max_message_size"` // bytes
	MaxRequestsPerDay     int64 `json:"max_requests_per_day"`
	MaxRequestsPerDayHard int64 `json:"max_requests_per_day_hard"`
	MaxRequestsPerSecond  int64 `json:"max_requests_per_second"`
	MaxEndpointsPerTopic  int64 `json:"max_endpoints_per_topic"`
	MaxTopics             int64 `json:"max_topics"`
	MaxSchedules          int64 `json:"max_schedules"`
	MaxQueues             int64 `json:"max_queues"`
	MaxRetries            int64 `json:"max_retries"`
	MaxDelay              int64 `json:"max_delay"` // seconds
	MaxDLQSize            int64 `json:"max_dlq_size"`
	MaxDLQRetention       int64 `json:"max_dlq_retention_time_milis"` // the real spelling
	MaxEventsSize         int64 `json:"max_events_size"`
	MaxParallelism        int64 `json:"max_parallelism"`
	MaxGlobalParallelism  int64 `json:"max_global_parallelism"`
	MaxBandwidthPerSecond int64 `json:"max_bandwidth_per_second"` // bytes
	Timeout               int64 `json:"timeout"`                  // seconds
}

// DescribeQStash returns a QStash user with its secrets.
func DescribeQStash(account state.Account, user state.QStash) QStashDescription {
	described := QStashDescription{
		CustomerID:      customer(account, user.Owner),
		ID:              user.ID,
		Token:           user.Token,
		ReadOnlyToken:   user.ReadOnlyToken,
		Active:          true,
		State:           state.StateActive,
		Type:            qstashPaid,
		Region:          user.Region,
		Budget:          user.Budget,
		ProdPackEnabled: user.ProdPack,
		Prometheus:      "false",
		CreatedBy:       user.CreatedBy,
		CreationTime:    user.CreatedAt.Unix(),
		QStashLimits:    qstashLimits(user.Plan),
	}
	if user.Plan == state.PlanFree {
		described.Type = "free"
	}

	if fixedQStash(user.Plan) {
		described.ReservedType, described.ReservedPrice = user.Plan, 180
	}

	if !user.PlanChangedAt.IsZero() {
		described.LastPlanUpgrade = user.PlanChangedAt.Unix()
	}

	return described
}

func qstashLimits(plan string) QStashLimits {
	const mebibyte = 1 << 20

	found := QStashLimits{
		MaxMessageSize:        10 * mebibyte,
		MaxRequestsPerDay:     1_000_000,
		MaxRequestsPerDayHard: 1_000_000,
		MaxRequestsPerSecond:  500,
		MaxEndpointsPerTopic:  100,
		MaxTopics:             1000,
		MaxSchedules:          1000,
		MaxQueues:             1000,
		MaxRetries:            1000,
		MaxDelay:              int64(365 * 24 * time.Hour / time.Second),
		MaxDLQSize:            1_000_000,
		MaxDLQRetention:       (30 * 24 * time.Hour).Milliseconds(),
		MaxEventsSize:         1_000_000,
		MaxParallelism:        200,
		MaxGlobalParallelism:  1000,
		MaxBandwidthPerSecond: 100 * mebibyte,
		Timeout:               int64(12 * time.Hour / time.Second),
	}
	if plan == state.PlanFree {
		found.MaxMessageSize, found.MaxBandwidthPerSecond = mebibyte, mebibyte
		found.MaxRequestsPerDay, found.MaxRequestsPerDayHard = 1000, 1000
		found.MaxTopics, found.MaxSchedules, found.MaxQueues = 1, 10, 10
		found.MaxParallelism, found.MaxGlobalParallelism, found.MaxRetries = 2, 10, 3
		found.MaxDelay = int64(7 * 24 * time.Hour / time.Second)
		found.MaxDLQRetention = (3 * 24 * time.Hour).Milliseconds()
		found.Timeout = int64(15 * time.Minute / time.Second)
	}

	return found
}
