package proxy

import (
	"context"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// Database is the part of Upstash's database object that clients see.
type Database struct {
	ID, Name, State, Plan, Platform, PrimaryRegion string
	ReadRegions                                    []string
	Endpoint                                       string // a full host name
	Port                                           int
	TLS                                            bool
	RestURL                                        string
	CreatedAt                                      time.Time // zero when unknown
}

// Credentials are a database and the secrets that clients need to use it.
type Credentials struct {
	Database
	Password, RestToken, ReadOnlyRestToken secret.Text
}

const maxHost = 255

// isHost reports whether an endpoint is only a host. A REST URL is built from it.
func isHost(endpoint string) bool {
	if endpoint == "" || len(endpoint) > maxHost {
		return false
	}

	for n := range len(endpoint) {
		switch b := endpoint[n]; {
		case isAlphanumeric(b):
		case b == '.', b == ':', b == '_', b == '[', b == ']', b == '-':
		default:
			return false
		}
	}

	return true
}

func isAlphanumeric(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

// exists reports whether the database was not deleted: lists include deleted databases for a while.
func exists(database upstash.Database) bool { return database.State != "deleted" }

// Database returns one database; ErrDatabaseNotFound when the account has none with this id.
func (s *Service) Database(ctx context.Context, account keys.Account, id string) (Database, error) {
	if !upstash.UsableID(id) {
		return Database{}, ErrDatabaseNotFound
	}

	answer, err := withRecentCredential(ctx, s, account, func(credential keys.Credential) (upstash.Database, error) {
		return callWith(ctx, s, credential, func(auth upstash.Credential) (upstash.Database, error) {
			return s.options.Upstream.Database(ctx, auth, id)
		})
	})
	if err != nil {
		return Database{}, err
	}

	return s.database(answer), nil
}

// Credentials returns one database's credentials and records that in the audit log. ErrCredentialsDisabled when this
// installation does not reveal credentials.
func (s *Service) Credentials(ctx context.Context, account keys.Account, id string) (Credentials, error) {
	if !s.options.ExposeCredentials {
		return Credentials{}, ErrCredentialsDisabled
	}

	if !upstash.UsableID(id) {
		return Credentials{}, ErrDatabaseNotFound
	}

	credential, err := s.options.Credentials.Credential(ctx, account)
	if err != nil {
		return Credentials{}, err
	}

	database, secrets, err := s.secrets(ctx, credential, id)
	if err != nil {
		return Credentials{}, err
	}

	// A snippet without them would fail in the user's program. Only the read-only token may be absent.
	if secrets.Password.IsZero() || secrets.RestToken.IsZero() {
		return Credentials{}, upstash.ErrUnexpectedResponse
	}

	// Recorded first: without an audit event, no credentials are revealed.
	if err := s.record(ctx, credential.ConnectionID, keys.ActionCredentialsRevealed, database.ID); err != nil {
		return Credentials{}, err
	}

	return Credentials{
		Database: database, Password: secrets.Password,
		RestToken: secrets.RestToken, ReadOnlyRestToken: secrets.ReadOnlyRestToken,
	}, nil
}

// secrets reads a database with its credentials.
func (s *Service) secrets(ctx context.Context, credential keys.Credential, id string) (
	Database, upstash.Secrets, error,
) {
	var secrets upstash.Secrets

	answer, err := callWith(ctx, s, credential, func(auth upstash.Credential) (upstash.Database, error) {
		database, revealed, err := s.options.Upstream.Secrets(ctx, auth, id)
		secrets = revealed
		return database, err
	})
	if err != nil {
		return Database{}, upstash.Secrets{}, err
	}

	return s.database(answer), secrets, nil
}

func (s *Service) record(ctx context.Context, connectionID string, action keys.Action, detail string) error {
	return s.options.Audit.Record(ctx, keys.Event{
		At: s.options.Now(), Action: action, ConnectionID: connectionID, Detail: detail,
	})
}

// database maps Upstash's object to ours, and fills in what older or newer responses leave out.
func (s *Service) database(d upstash.Database) Database {
	endpoint := d.Endpoint
	if !isHost(endpoint) {
		endpoint = ""
	}

	if endpoint != "" && !strings.Contains(endpoint, ".") && !strings.Contains(endpoint, ":") &&
		endpoint != "localhost" {
		endpoint += ".upstash.io" // some responses have only the first label
	}

	primary := d.PrimaryRegion
	if primary == "" && d.Region != "global" {
		primary = d.Region // old regional databases have only this field
	}

	platform := d.Platform
	if platform == "" {
		platform = s.full.platformOf(primary)
	}

	state := d.State
	if state == "active" && d.Modifying != "" {
		state = d.Modifying
	}

	readRegions := d.ReadRegions
	if readRegions == nil {
		readRegions = []string{}
	}

	return Database{
		ID:            d.ID,
		Name:          d.Name,
		State:         state,
		Plan:          planOf(d),
		Platform:      platform,
		PrimaryRegion: primary,
		ReadRegions:   readRegions,
		Endpoint:      endpoint,
		Port:          d.Port,
		TLS:           d.TLS,
		RestURL:       s.restURL(endpoint),
		CreatedAt:     d.CreatedAt,
	}
}

func (s *Service) restURL(endpoint string) string {
	if endpoint == "" {
		return ""
	}

	return strings.ReplaceAll(s.options.RestURL, "{endpoint}", endpoint)
}

func planOf(d upstash.Database) string {
	if d.Plan != "" {
		return d.Plan
	}

	return strings.ToLower(d.Type)
}
