package api

import (
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/session"
)

// ConfigResponse is the configuration that the page needs to start a login.
type ConfigResponse struct {
	Issuer      string `json:"issuer" example:"https://auth.upstash.com/"`                    // the identity provider, with its trailing slash
	ClientID    string `json:"client_id" example:"m4Qx0aYpZ8"`                                // the OAuth client ID of the page
	Audience    string `json:"audience" example:"upstash-api"`                                // audience to request from the identity provider
	Scope       string `json:"scope" example:"openid email"`                                  // scope to request from the identity provider
	AppName     string `json:"app_name" example:"ACME"`                                       // the name of the partner's product
	Sandbox     bool   `json:"sandbox" example:"false"`                                       // whether this is a sandbox without real accounts
	ConsoleURL  string `json:"console_url" example:"https://console.upstash.com/account/api"` // the page of the Upstash console where a user deletes developer keys
	RedisCAFile string `json:"redis_ca_file,omitempty"`                                       // in a sandbox with TLS databases: the file with the CA certificate of the databases
} // @name Config

// SessionResponse is a browser's session.
type SessionResponse struct {
	Connection ConnectionResponse `json:"connection"`
	IdleUntil  time.Time          `json:"idle_until" format:"date-time" example:"2026-11-22T12:00:00Z"` // the session ends at this time unless a request extends it
	ExpiresAt  time.Time          `json:"expires_at" format:"date-time" example:"2026-11-24T10:00:00Z"` // the session ends at this time in any case
} // @name Session

// ConnectionResponse is an account's connection.
type ConnectionResponse struct {
	ID           string        `json:"id" example:"con_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
	State        string        `json:"state" example:"active" extensions:"x-extensible-enum=pending|active|suspect|reconnect_required|disconnected"` // more may be added
	Email        string        `json:"email" example:"demo@example.com"`                                                                             // the e-mail of the Upstash account
	ConnectedAt  *time.Time    `json:"connected_at" format:"date-time" example:"2026-11-22T10:00:00Z" extensions:"x-nullable"`                       // null if the account was never connected
	KeyName      string        `json:"key_name" example:"ACME_API_KEY_1795341600000_k3v9q2ab"`                                                       // name of the developer key in use, as shown in the Upstash console
	LeftoverKeys []LeftoverKey `json:"leftover_keys"`                                                                                                // unused keys of this server that may still exist at Upstash
} // @name Connection

// LeftoverKey is an unused developer key that only its owner can delete, in the Upstash console.
type LeftoverKey struct {
	Name       string    `json:"name" example:"ACME_API_KEY_1795341600000_k3v9q2ab"`
	State      string    `json:"state" example:"left_behind" extensions:"x-extensible-enum=left_behind|uncertain"` // left_behind: the key exists; uncertain: the key may exist; more may be added
	Since      time.Time `json:"since" format:"date-time" example:"2026-11-22T10:00:00Z"`                          // when the server chose the key's name
	ConsoleURL string    `json:"console_url" example:"https://console.upstash.com/account/api"`                    // the page where the user can delete the key
} // @name LeftoverKey

// DisconnectResponse lists the keys that the user must delete.
type DisconnectResponse struct {
	ManualActionRequired bool          `json:"manual_action_required" example:"true"` // whether the user must delete keys in the Upstash console
	LeftoverKeys         []LeftoverKey `json:"leftover_keys"`
	EndedGrants          int           `json:"ended_grants" example:"1"` // how many services lost access to the account
} // @name Disconnected

// DatabaseResponse is a database without credentials.
type DatabaseResponse struct {
	ID            string     `json:"id" example:"96ad0856-03b1-4ee7-9666-e81abd0349e1"`
	Name          string     `json:"name" example:"myredis"`
	State         string     `json:"state" example:"active" extensions:"x-extensible-enum=active|creating|suspended|passive"` // as reported by Upstash; clients can connect only while it is active; more may be added
	Plan          string     `json:"plan" example:"payg"`
	Platform      string     `json:"platform" example:"aws"`
	PrimaryRegion string     `json:"primary_region" example:"us-east-1"`
	ReadRegions   []string   `json:"read_regions" example:"us-west-1,us-west-2"`
	Endpoint      string     `json:"endpoint" example:"beloved-stallion-58500.upstash.io"` // host name
	Port          int        `json:"port" example:"6379"`
	TLS           bool       `json:"tls" example:"true"`
	RestURL       string     `json:"rest_url" example:"https://beloved-stallion-58500.upstash.io"`
	CreatedAt     *time.Time `json:"created_at" format:"date-time" example:"2026-11-22T10:05:00Z" extensions:"x-nullable"` // null if Upstash does not report it
} // @name Database

// DatabasesResponse lists the databases of the account.
type DatabasesResponse struct {
	Databases []DatabaseResponse `json:"databases"`
} // @name DatabaseList

// CredentialsResponse contains the credentials of one database.
type CredentialsResponse struct {
	Endpoint          string `json:"endpoint" example:"beloved-stallion-58500.upstash.io"`
	Port              int    `json:"port" example:"6379"`
	TLS               bool   `json:"tls" example:"true"`
	Password          string `json:"password" example:"0123456789abcdef0123456789abcdef"`
	RestURL           string `json:"rest_url" example:"https://beloved-stallion-58500.upstash.io"`
	RestToken         string `json:"rest_token" example:"AYxEASQgOTZhZDA4NTY"`
	ReadOnlyRestToken string `json:"read_only_rest_token" example:"AoxEASQgOTZhZDA4NTY"` // empty if Upstash sends none
} // @name Credentials

// PingResponse is the outcome of a connection test.
type PingResponse struct {
	Reachable bool   `json:"reachable" example:"true"`                                                                                                                                                                                       // whether the database answered the server and accepted its token
	LatencyMS int64  `json:"latency_ms,omitempty" example:"23" minimum:"1" maximum:"5000"`                                                                                                                                                   // milliseconds, rounded up, from the server to the database and back, without the time to open the connection; absent if the database is not reachable
	Reason    string `json:"reason,omitempty" extensions:"x-extensible-enum=suspended|not_active|address_not_allowed|name_not_resolved|connection_failed|timeout|tls_failed|proxy_failed|token_rejected|command_rejected|unexpected_answer"` // why the database is not reachable; absent if it is. suspended, not_active: Upstash reports this state, and the server sent nothing; address_not_allowed: Upstash reports a host that is not below upstash.io or has no public address, and the server sent nothing; name_not_resolved: the server could not resolve the host's name; connection_failed: the connection was refused or closed without an answer; timeout: no answer within 5 seconds; tls_failed: the TLS certificate is invalid, or the TLS handshake failed; proxy_failed: the server's forward proxy did not connect it; token_rejected: the database rejected the token that Upstash reports; command_rejected: the database answered PING with an error, for example because a limit is reached; unexpected_answer: something answered that does not behave like a database, for example with a redirect. More may be added
} // @name PingResult

// CatalogResponse lists the operations that this caller may use, and the platforms, regions and plans that the create
// of a database may name.
type CatalogResponse struct {
	Platforms  []PlatformResponse  `json:"platforms"`
	Regions    []RegionResponse    `json:"regions"`
	Plans      []PlanResponse      `json:"plans"`
	Operations []OperationResponse `json:"operations"`
} // @name Catalog

// OperationResponse is an operation that is open to the caller.
type OperationResponse struct {
	Name       string `json:"name" example:"vector.create"`                                                             // also the scope that a service needs
	Effect     string `json:"effect" example:"create" extensions:"x-extensible-enum=read|create|change|destroy|reveal"` // what the operation does at Upstash; more may be added
	FreshLogin bool   `json:"fresh_login" example:"false"`                                                              // whether a user needs a login of the last 10 minutes, and must repeat the resource's name in Confirm-Name
} // @name Operation

// PlatformResponse is a cloud platform.
type PlatformResponse struct {
	ID    string `json:"id" example:"aws"`
	Label string `json:"label" example:"AWS"`
} // @name Platform

// RegionResponse is a region of a platform.
type RegionResponse struct {
	ID          string `json:"id" example:"us-east-1"`
	Label       string `json:"label" example:"US East (N. Virginia)"`
	Platform    string `json:"platform" example:"aws"`
	ReadReplica bool   `json:"read_replica" example:"true"` // whether the region can be a read region
} // @name Region

// PlanResponse is a pricing plan.
type PlanResponse struct {
	ID    string `json:"id" example:"payg"`
	Label string `json:"label" example:"Pay as you go"`
} // @name Plan

// keysPage returns the URL of the console page where a user deletes developer keys: Account > API Keys.
func keysPage(console string) string { return strings.TrimRight(console, "/") + "/account/api" }

func leftoverKeys(leftovers []problem.Leftover, console string) []LeftoverKey {
	answer := make([]LeftoverKey, 0, len(leftovers))
	for _, leftover := range leftovers {
		state := "uncertain"
		if leftover.Certain {
			state = "left_behind"
		}
		answer = append(
			answer,
			LeftoverKey{Name: leftover.Name, State: state, Since: leftover.Since, ConsoleURL: keysPage(console)},
		)
	}

	return answer
}

func connectionResponse(connection keys.Connection, console string) ConnectionResponse {
	return ConnectionResponse{
		ID:           connection.ID,
		State:        string(connection.State),
		Email:        connection.Email,
		ConnectedAt:  optional(connection.ConnectedAt),
		KeyName:      connection.KeyName,
		LeftoverKeys: leftoverKeys(connection.Leftovers(), console),
	}
}

func sessionResponse(s session.Session, connection keys.Connection, console string) SessionResponse {
	return SessionResponse{
		Connection: connectionResponse(connection, console),
		IdleUntil:  s.IdleUntil.UTC(),
		ExpiresAt:  s.ExpiresAt.UTC(),
	}
}

func databaseResponse(d proxy.Database) DatabaseResponse {
	return DatabaseResponse{
		ID:            d.ID,
		Name:          d.Name,
		State:         d.State,
		Plan:          d.Plan,
		Platform:      d.Platform,
		PrimaryRegion: d.PrimaryRegion,
		ReadRegions:   d.ReadRegions,
		Endpoint:      d.Endpoint,
		Port:          d.Port,
		TLS:           d.TLS,
		RestURL:       d.RestURL,
		CreatedAt:     optional(d.CreatedAt),
	}
}

// pingResponse rounds the latency up, because 0 ms would mean that nothing was measured.
func pingResponse(outcome proxy.Ping) PingResponse {
	latency := int64((outcome.Latency + time.Millisecond - 1) / time.Millisecond)
	if outcome.Reachable {
		latency = max(1, latency)
	}

	return PingResponse{Reachable: outcome.Reachable, LatencyMS: latency, Reason: outcome.Reason}
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}

	return &t
}
