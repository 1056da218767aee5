package webhook

import (
	"encoding/json"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
)

// message is the JSON text that services receive. Its field names are part of the contract.
type message struct {
	ID        string    `json:"id"`
	Type      Type      `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	Sequence   int64    `json:"sequence"`
	Grant      snapshot `json:"grant"`
	DatabaseID string   `json:"database_id"`
	Product    string   `json:"product"`
}

// snapshot is a grant at the time of the event. It has neither the e-mail of the account nor the display name, so that
// the outbox holds no personal data of a user who is erased later.
type snapshot struct {
	ID           string     `json:"id"`
	ServiceID    string     `json:"service_id"`
	ExternalID   string     `json:"external_id"`
	State        string     `json:"state"`
	Scopes       []string   `json:"scopes"`
	Databases    string     `json:"databases"`
	Regions      []string   `json:"regions"`
	Plans        []string   `json:"plans"`
	MaxDatabases int        `json:"max_databases"`
	MaxBudget    int64      `json:"max_budget"`
	DatabaseIDs  []string   `json:"database_ids"`
	CreatedAt    time.Time  `json:"created_at"`
	RevokedAt    *time.Time `json:"revoked_at"`
	RevokedBy    string     `json:"revoked_by"`
}

// Subject is the database of a database event; the zero value for a grant event.
type Subject struct {
	DatabaseID string
	Product    string // redis, vector or search
}

// Payload returns the JSON text of an event, with the grant as it is now.
func Payload(event Event, grant partner.Grant, subject Subject) ([]byte, error) {
	effective := grant.Effective()

	shown := snapshot{
		ID: grant.ID, ServiceID: grant.ServiceID, ExternalID: grant.ExternalID, State: string(grant.State()),
		Scopes: effective.Scopes, Databases: string(effective.Databases), Regions: effective.Regions,
		Plans: effective.Plans, MaxDatabases: effective.MaxDatabases, MaxBudget: effective.MaxBudget,
		DatabaseIDs: append([]string{}, grant.DatabaseIDs...), CreatedAt: grant.CreatedAt.UTC(),
		RevokedBy: grant.RevokedBy,
	}

	if !grant.RevokedAt.IsZero() {
		at := grant.RevokedAt.UTC()
		shown.RevokedAt = &at
	}

	return json.Marshal(message{
		ID: event.ID, Type: event.Type, Timestamp: event.At.UTC(),
		Data: data{
			Sequence: event.Sequence, Grant: shown, DatabaseID: subject.DatabaseID, Product: subject.Product,
		},
	})
}
