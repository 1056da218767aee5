package connect

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// OpenConnectSession invites one of your users to connect their Upstash account. Send the user's browser to URL, which
// works once, within 30 minutes.
func (c *Client) OpenConnectSession(
	ctx context.Context, request ConnectSessionRequest,
) (opened OpenedConnectSession, err error) {
	err = c.Call(ctx, http.MethodPost, "/connect-sessions", request, by(&opened, "id", "url", "status_token"))
	return opened, err
}

// GetConnectSession returns the state of a connect session.
func (c *Client) GetConnectSession(ctx context.Context, id string) (session ConnectSession, err error) {
	err = c.Call(ctx, http.MethodGet, "/connect-sessions/"+url.PathEscape(id), nil, by(&session, "id", "state"))
	return session, err
}

// CompleteConnectSession turns an approved session into a grant. code comes from the address of your return page.
// externalID must be the user who is logged in to your product there: read it from your own session, never from the
// address. If it is not the invited user, the session ends (CodeTransactionMismatch).
func (c *Client) CompleteConnectSession(
	ctx context.Context, id, code, externalID string,
) (completion Completion, err error) {
	body := map[string]string{"code": code, "external_id": externalID}

	err = c.Call(
		ctx, http.MethodPost, "/connect-sessions/"+url.PathEscape(id)+"/complete", body,
		by(&completion, "id", "external_id", "state"),
	)

	return completion, err
}

// ListGrants returns your service's grants, newest first: those of one user, or all if externalID is empty.
func (c *Client) ListGrants(ctx context.Context, externalID string) ([]Grant, error) {
	var list struct {
		Grants []Grant `json:"grants"`
	}
	path := "/grants"

	if externalID != "" {
		path += "?external_id=" + url.QueryEscape(externalID)
	}

	err := c.Call(ctx, http.MethodGet, path, nil, by(&list, "grants"))

	return list.Grants, err
}

// GetGrant returns one grant.
func (c *Client) GetGrant(ctx context.Context, id string) (grant Grant, err error) {
	err = c.Call(ctx, http.MethodGet, "/grants/"+url.PathEscape(id), nil, by(&grant, "id", "external_id", "state"))
	return grant, err
}

// NarrowGrant reduces what a grant allows. No call widens a grant: open a connect session to request more.
func (c *Client) NarrowGrant(ctx context.Context, id string, change GrantChange) (grant Grant, err error) {
	err = c.Call(ctx, http.MethodPatch, "/grants/"+url.PathEscape(id), change, by(&grant, "id", "external_id", "state"))
	return grant, err
}

// RevokeGrant ends a grant.
func (c *Client) RevokeGrant(ctx context.Context, id string) error {
	return c.Call(ctx, http.MethodDelete, "/grants/"+url.PathEscape(id), nil, nil)
}

// ListDatabases returns the databases that the grant covers. The client must act for a user or under a grant.
func (c *Client) ListDatabases(ctx context.Context) ([]Database, error) {
	var list struct {
		Databases []Database `json:"databases"`
	}
	err := c.Call(ctx, http.MethodGet, "/databases", nil, by(&list, "databases"))

	return list.Databases, err
}

// GetDatabase returns one database; CodeDatabaseNotFound if the grant does not cover it.
func (c *Client) GetDatabase(ctx context.Context, id string) (database Database, err error) {
	err = c.Call(ctx, http.MethodGet, "/databases/"+url.PathEscape(id), nil, by(&database, "id", "name"))
	return database, err
}

// CreateDatabase creates a database. idempotencyKey is required and your own, such as the number of an order: the same
// key and request return the same database for 24 hours, so that you can repeat the call after any failure.
func (c *Client) CreateDatabase(
	ctx context.Context, request CreateDatabaseRequest, idempotencyKey string,
) (database Database, err error) {
	if idempotencyKey == "" {
		return Database{}, errors.New("connect: CreateDatabase needs an idempotency key")
	}

	err = c.Call(
		ctx, http.MethodPost, "/databases", request, by(&database, "id", "name"), IdempotencyKey(idempotencyKey),
	)

	return database, err
}

// GetDatabaseCredentials returns the secrets of a database.
func (c *Client) GetDatabaseCredentials(ctx context.Context, id string) (credentials Credentials, err error) {
	err = c.Call(
		ctx, http.MethodGet, "/databases/"+url.PathEscape(id)+"/credentials", nil,
		by(&credentials, "endpoint", "password", "rest_token"),
	)

	return credentials, err
}

// GetCatalog returns the operations, regions and plans that this grant may use.
func (c *Client) GetCatalog(ctx context.Context) (catalog Catalog, err error) {
	err = c.Call(ctx, http.MethodGet, "/catalog", nil, by(&catalog, "operations", "regions"))
	return catalog, err
}

// EventPage is a part of your service's events, oldest first.
type EventPage struct {
	Events []Event `json:"events"`
	Next   string  `json:"next"` // pass it as after to continue
}

// ListEvents returns what happened to your service's grants in the last 72 hours, after a position: "", "latest", or
// Next of the previous page. With wait (at most 25 s), the call returns as soon as there is an event. Webhooks deliver
// the same events.
func (c *Client) ListEvents(ctx context.Context, after string, wait time.Duration) (page EventPage, err error) {
	query := url.Values{"after": {after}, "wait": {strconv.Itoa(int(wait.Seconds()))}}
	err = c.Call(ctx, http.MethodGet, "/webhook-events?"+query.Encode(), nil, by(&page, "events", "next"))
	return page, err
}
