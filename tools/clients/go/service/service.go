// Command service acts as a partner's backend, with the client that oapi-codegen generates.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"

	"example.com/partner/connect"
)

// backend is one service and one of its users.
type backend struct {
	api        *connect.ClientWithResponses
	externalID string
}

func main() {
	if err := journey(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func journey(ctx context.Context) error {
	api, err := connect.NewClientWithResponses(os.Getenv("CONNECT")+"/api/v1", connect.WithRequestEditorFn(
		func(_ context.Context, request *http.Request) error {
			request.Header.Set("Authorization", "Bearer "+os.Getenv("SERVICE_TOKEN"))
			return nil
		}))
	if err != nil {
		return err
	}
	b := backend{api: api, externalID: os.Getenv("EXTERNAL_ID")}

	grant, err := b.connect(ctx)
	if err != nil {
		return err
	}
	database, err := b.create(ctx)
	if err != nil {
		return err
	}
	if err := b.list(ctx, grant, database); err != nil {
		return err
	}
	if err := b.revoke(ctx, grant); err != nil {
		return err
	}

	fmt.Println(database)
	return nil
}

// connect invites the user, sends their browser to the invitation, and completes the connect session.
func (b backend) connect(ctx context.Context) (grant string, err error) {
	back, scopes := "http://localhost:3000/connected", []string{"redis.list", "redis.create"}
	opened, err := b.api.OpenConnectSessionWithResponse(ctx, connect.ConnectSessionRequest{
		ExternalId: b.externalID, ReturnUrl: &back, Scopes: &scopes,
	})
	if err != nil {
		return "", err
	}
	if opened.JSON201 == nil || opened.JSON201.State != "open" {
		return "", fmt.Errorf("open: %s %s", opened.Status(), opened.Body)
	}

	returned, err := browse(opened.JSON201.Url)
	if err != nil {
		return "", err
	}
	id, code := returned.Get("connect_session"), returned.Get("code")
	state, err := b.api.GetConnectSessionWithResponse(ctx, id)
	if err != nil {
		return "", err
	}
	if state.JSON200 == nil || id != opened.JSON201.Id || state.JSON200.State != "awaiting_completion" {
		return "", fmt.Errorf("state: %s %s", state.Status(), state.Body)
	}

	completed, err := b.api.CompleteConnectSessionWithResponse(ctx, id,
		connect.CompleteRequest{Code: code, ExternalId: b.externalID})
	if err != nil {
		return "", err
	}
	if made := completed.JSON201; made == nil || made.State != "active" || made.Service.Id != "self" {
		return "", fmt.Errorf("complete: %s %s", completed.Status(), completed.Body)
	}
	return completed.JSON201.Id, nil
}

// browse makes the user's browser open a URL, and returns the query of its final URL.
func browse(address string) (url.Values, error) {
	response, err := http.Post(os.Getenv("BROWSER"), "text/plain", strings.NewReader(address))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	back, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	returned, err := url.Parse(string(back))
	if err != nil {
		return nil, err
	}
	return returned.Query(), nil
}

// create needs an Idempotency-Key, and returns the same database for the same key.
func (b backend) create(ctx context.Context) (id string, err error) {
	wanted := connect.CreateDatabaseRequest{Name: "service", PrimaryRegion: "us-east-1"}
	without, err := b.api.CreateDatabaseWithResponse(ctx,
		&connect.CreateDatabaseParams{ConnectUser: &b.externalID}, wanted)
	if err != nil {
		return "", err
	}
	if problem := without.ApplicationproblemJSONDefault; problem == nil || problem.Code != "idempotency_key_missing" {
		return "", fmt.Errorf("create without a key: %s %s", without.Status(), without.Body)
	}

	key := "order-1"
	params := &connect.CreateDatabaseParams{ConnectUser: &b.externalID, IdempotencyKey: &key}
	for range 2 {
		made, err := b.api.CreateDatabaseWithResponse(ctx, params, wanted)
		if err != nil {
			return "", err
		}
		if made.JSON201 == nil || (id != "" && id != made.JSON201.Id) {
			return "", fmt.Errorf("create: %s %s", made.Status(), made.Body)
		}
		id = made.JSON201.Id
	}
	return id, nil
}

// list finds the database by user and by grant.
func (b backend) list(ctx context.Context, grant, database string) error {
	for _, params := range []*connect.ListDatabasesParams{{ConnectUser: &b.externalID}, {ConnectGrant: &grant}} {
		list, err := b.api.ListDatabasesWithResponse(ctx, params)
		if err != nil {
			return err
		}
		if list.JSON200 == nil || len(list.JSON200.Databases) != 1 || list.JSON200.Databases[0].Id != database {
			return fmt.Errorf("list: %s %s", list.Status(), list.Body)
		}
	}

	// The grant does not have this scope.
	refused, err := b.api.GetDatabaseCredentialsWithResponse(ctx, database,
		&connect.GetDatabaseCredentialsParams{ConnectUser: &b.externalID})
	if err != nil {
		return err
	}
	if problem := refused.ApplicationproblemJSONDefault; problem == nil || problem.Code != "insufficient_scope" {
		return fmt.Errorf("credentials: %s", refused.Status())
	}
	return nil
}

// revoke revokes the grant. Then the service can no longer act for the user.
func (b backend) revoke(ctx context.Context, grant string) error {
	grants, err := b.api.ListGrantsWithResponse(ctx, &connect.ListGrantsParams{ExternalId: &b.externalID})
	if err != nil {
		return err
	}
	if grants.JSON200 == nil || len(grants.JSON200.Grants) != 1 || grants.JSON200.Grants[0].Id != grant {
		return fmt.Errorf("grants: %s %s", grants.Status(), grants.Body)
	}

	revoked, err := b.api.RevokeGrantWithResponse(ctx, grant)
	if err != nil {
		return err
	}
	if revoked.StatusCode() != http.StatusNoContent {
		return fmt.Errorf("revoke: %s %s", revoked.Status(), revoked.Body)
	}

	after, err := b.api.ListDatabasesWithResponse(ctx, &connect.ListDatabasesParams{ConnectUser: &b.externalID})
	if err != nil {
		return err
	}
	if problem := after.ApplicationproblemJSONDefault; problem == nil || problem.Code != "grant_required" {
		return fmt.Errorf("list after the revocation: %s %s", after.Status(), after.Body)
	}
	return nil
}
