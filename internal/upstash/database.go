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

// Database holds the fields of the vendor's database object that we use. A field the vendor leaves out, or sends as
// something we cannot read, is its zero value; TLS, which cannot be switched off, is then true.
type Database struct {
	ID            string
	Name          string
	Type          string // human text, in older answers
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

// Secrets are the credentials of one database.
type Secrets struct {
	Password, RestToken, ReadOnlyRestToken secret.Text
}

// Listing is an account's databases. An element without a usable id and name is odd: it is left out and counted,
// because "it is not in the list" is no longer certain then.
type Listing struct {
	Databases  []Database
	Unreadable int
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

// UsableID reports whether an id can be a database's: 1 to 64 ASCII letters, digits and hyphens, no hyphen first. No
// other is put into a path; this is narrower than any path trick, which needs a slash, dot, percent sign or query.
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

// Databases lists all databases of the account. It is also the cheapest proof that a credential works.
func (c *Client) Databases(ctx context.Context, credential Credential) ([]Database, error) {
	listing, err := c.List(ctx, credential)
	return listing.Databases, err
}

// List lists all databases of the account, and says whether anything in the list could not be read.
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

// Database reads one database and asks the vendor to leave its credentials out.
func (c *Client) Database(ctx context.Context, credential Credential, id string) (Database, error) {
	database, _, err := c.one(ctx, credential, id, "credentials=hide", false)
	return database, err
}

// Secrets reads one database with its credentials.
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

		if !strings.EqualFold(object.ID, id) { // another database's credentials would leave under this one's name
			return errNoID
		}

		return nil
	})
	if err != nil {
		return Database{}, Secrets{}, err
	}

	return object.Database, object.secrets(), nil
}

// CreateDatabase makes a database. It is not idempotent upstream: after ErrOutcomeUnknown one may exist.
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
