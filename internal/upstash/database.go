package upstash

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
)

var (
	errNoKey   = errors.New("it holds no usable api_key")
	errNoID    = errors.New("it holds no usable database_id")
	errTooMany = errors.New("it lists too many databases")
)

// Database has the fields of Upstash's database object that we use. A field that is absent or unreadable is its zero
// value, except TLS, which cannot be disabled and is then true.
type Database struct {
	ID            string
	Name          string
	Type          string // free text, in older responses
	Plan          string
	Region        string
	Platform      string
	PrimaryRegion string
	ReadRegions   []string
	State         string
	Modifying     string // empty when idle
	Endpoint      string // a host, perhaps only its first label; no scheme
	Port          int
	TLS           bool
	CreatedAt     time.Time
}

// Secrets are the credentials of one database. Only ReadOnlyRestToken may be empty.
type Secrets struct {
	Password, RestToken, ReadOnlyRestToken secret.Text
}

// Listing is an account's databases. An element without a usable id and name is left out and counted as unreadable:
// with such elements, "not in the list" no longer proves that a database does not exist.
type Listing struct {
	Databases  []Database
	Unreadable int
}

// CreateRequest is the body of a create, in the dialect of Upstash's OpenAPI document.
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

// UsableID reports whether an id can be a database's: 1 to 64 ASCII letters, digits and hyphens, not beginning with a
// hyphen. No other id is put into a path. This excludes every path trick, which needs a slash, dot, percent sign or
// query.
func UsableID(id string) bool {
	if id == "" || len(id) > 64 || id[0] == '-' {
		return false
	}

	for i := range len(id) {
		if c := id[i]; c-'0' > 9 && (c|0x20)-'a' > 'z'-'a' && c != '-' {
			return false
		}
	}

	return true
}

func accountOf(credential Credential) [sha256.Size]byte {
	if credential.Account != "" {
		return sha256.Sum256([]byte(credential.Account))
	}

	return sha256.Sum256([]byte(credential.Email))
}

// Databases lists all databases of the account. It is also the cheapest check that a credential works.
func (c *Client) Databases(ctx context.Context, credential Credential) ([]Database, error) {
	listing, err := c.List(ctx, credential)
	return listing.Databases, err
}

// List lists all databases of the account, and counts the elements that it could not read.
func (c *Client) List(ctx context.Context, credential Credential) (Listing, error) {
	var listing Listing
	err := c.do(ctx, call{
		operation: OperationList, method: http.MethodGet, path: "/v2/redis/databases",
		authorization: basic(credential), account: accountOf(credential), timeout: ReadTimeout, limit: maxListBytes,
	}, func(a *answer) (err error) {
		listing, err = readListing(a)
		return err
	})

	return listing, err
}

// Database reads one database and asks Upstash to leave its credentials out.
func (c *Client) Database(ctx context.Context, credential Credential, id string) (Database, error) {
	database, _, err := c.one(ctx, credential, id, "credentials=hide", false)
	return database, err
}

// Secrets reads one database with its credentials. ErrUnexpectedResponse unless programs can use them.
func (c *Client) Secrets(ctx context.Context, credential Credential, id string) (Database, Secrets, error) {
	return c.one(ctx, credential, id, "", true)
}

func (c *Client) one(
	ctx context.Context, credential Credential, id, query string, reveal bool,
) (Database, Secrets, error) {
	if !UsableID(id) {
		return Database{}, Secrets{}, ErrNotFound
	}
	var object databaseDecoder

	err := c.do(ctx, call{
		operation: OperationRead, method: http.MethodGet, path: "/v2/redis/database/" + id, query: query, one: true,
		authorization: basic(credential), account: accountOf(credential), timeout: ReadTimeout, limit: maxObjectBytes,
	}, func(a *answer) (err error) {
		if object, err = decodeDatabase(a, reveal); err != nil {
			return err
		}

		if !strings.EqualFold(object.ID, id) { // else another database's credentials would be returned under this id
			return errNoID
		}

		if reveal {
			return object.secrets().check()
		}

		return nil
	})
	if err != nil {
		return Database{}, Secrets{}, err
	}

	return object.Database, object.secrets(), nil
}

// CreateDatabase creates a database. It is not idempotent upstream: after ErrOutcomeUnknown the database may exist.
func (c *Client) CreateDatabase(ctx context.Context, credential Credential, request CreateRequest) (Database, error) {
	var object databaseDecoder

	err := c.do(ctx, call{
		operation: OperationCreate, method: http.MethodPost, path: "/v2/redis/database", body: request,
		authorization: basic(credential), account: accountOf(credential), timeout: CreateTimeout, limit: maxObjectBytes,
	}, func(a *answer) (err error) {
		if object, err = decodeDatabase(a, false); err != nil {
			return err
		}

		if !UsableID(object.ID) {
			return errNoID
		}

		return nil
	})
	if err != nil {
		return Database{}, err
	}

	return object.Database, nil
}
