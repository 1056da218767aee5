package upstash

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
)

var (
	errNoKey = errors.New("answer holds no usable api_key")
	errNoID  = errors.New("answer holds no database_id")
)

// Database holds the fields of the vendor's database object that we use. Every other field, secrets first, is skipped
// while decoding: some do not even fit Go's types (db_request_limit may be 2^63).
type Database struct {
	ID            string   `json:"database_id"`
	Name          string   `json:"database_name"`
	Type          string   `json:"database_type"` // human text, in older answers
	Plan          string   `json:"type"`
	Region        string   `json:"region"`
	Platform      string   `json:"platform"`
	PrimaryRegion string   `json:"primary_region"`
	ReadRegions   []string `json:"read_regions"`
	State         string   `json:"state"`
	Modifying     string   `json:"modifying_state"` // empty when idle
	Endpoint      string   `json:"endpoint"`        // a host, perhaps only its first label; no scheme
	Port          int      `json:"port"`
	TLS           bool     `json:"tls"`
	CreationTime  unixTime `json:"creation_time"`
}

// CreatedAt is when the database was made; zero when the vendor does not say.
func (d Database) CreatedAt() time.Time { return time.Time(d.CreationTime) }

// Secrets are the credentials of one database.
type Secrets struct {
	Password, RestToken, ReadOnlyRestToken secret.Text
}

// CreateRequest is the body of a create, in the dialect of the vendor's OpenAPI document.
type CreateRequest struct {
	Name          string   `json:"database_name"`
	Platform      string   `json:"platform"`
	PrimaryRegion string   `json:"primary_region"`
	ReadRegions   []string `json:"read_regions,omitempty"`
	Plan          string   `json:"plan,omitempty"`
	Budget        *int64   `json:"budget,omitempty"`
	Eviction      *bool    `json:"eviction,omitempty"`
	TLS           bool     `json:"tls"`
}

func accountOf(credential Credential) [sha256.Size]byte {
	return sha256.Sum256([]byte(credential.Email))
}

// Databases lists all databases of the account. It is also the cheapest proof that a credential works.
func (c *Client) Databases(ctx context.Context, credential Credential) ([]Database, error) {
	var databases []Database
	err := c.do(ctx, call{
		method: http.MethodGet, path: "/v2/redis/databases",
		authorize: basic(credential), account: accountOf(credential), timeout: ReadTimeout, limit: maxListBytes,
	}, &databases)
	if err != nil {
		return nil, err
	}
	for _, database := range databases {
		if database.ID == "" {
			return nil, answerFault(http.MethodGet, errNoID)
		}
	}
	return databases, nil
}

// Database reads one database and asks the vendor to leave its credentials out.
func (c *Client) Database(ctx context.Context, credential Credential, id string) (Database, error) {
	var database Database
	err := c.do(ctx, call{
		method: http.MethodGet, path: "/v2/redis/database/" + id, query: url.Values{"credentials": {"hide"}},
		authorize: basic(credential), account: accountOf(credential), timeout: ReadTimeout, limit: maxObjectBytes,
	}, &database)
	if err == nil && database.ID == "" {
		err = answerFault(http.MethodGet, errNoID)
	}
	return database, err
}

// Secrets reads one database with its credentials.
func (c *Client) Secrets(ctx context.Context, credential Credential, id string) (Database, Secrets, error) {
	var answer struct {
		Database
		Password          string `json:"password"`
		RestToken         string `json:"rest_token"`
		ReadOnlyRestToken string `json:"read_only_rest_token"`
	}
	err := c.do(ctx, call{
		method: http.MethodGet, path: "/v2/redis/database/" + id,
		authorize: basic(credential), account: accountOf(credential), timeout: ReadTimeout, limit: maxObjectBytes,
	}, &answer)
	if err == nil && answer.ID == "" {
		err = answerFault(http.MethodGet, errNoID)
	}
	return answer.Database, Secrets{
		Password:          secret.New(answer.Password),
		RestToken:         secret.New(answer.RestToken),
		ReadOnlyRestToken: secret.New(answer.ReadOnlyRestToken),
	}, err
}

// CreateDatabase makes a database. It is not idempotent upstream: after ErrOutcomeUnknown one may exist.
func (c *Client) CreateDatabase(ctx context.Context, credential Credential, request CreateRequest) (Database, error) {
	var database Database
	err := c.do(ctx, call{
		method: http.MethodPost, path: "/v2/redis/database", body: request,
		authorize: basic(credential), account: accountOf(credential), timeout: CreateTimeout, limit: maxObjectBytes,
	}, &database)
	if err == nil && database.ID == "" {
		err = answerFault(http.MethodPost, errNoID)
	}
	return database, err
}
