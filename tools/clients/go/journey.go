// Command journey runs the complete journey with the client that oapi-codegen generates.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"reflect"

	"example.com/partner/connect"
)

func main() {
	if err := journey(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func journey(ctx context.Context) error {
	api, err := connect.NewClientWithResponses(os.Getenv("CONNECT")+"/api/v1", connect.WithRequestEditorFn(
		func(_ context.Context, request *http.Request) error {
			request.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
			return nil
		}))
	if err != nil {
		return err
	}
	connected, err := api.ConnectWithResponse(ctx, connect.ConnectRequest{})
	if err != nil {
		return err
	}
	if made := connected.JSON201; made == nil || made.State != "active" || made.ConnectedAt == nil {
		return fmt.Errorf("connect: %s %s", connected.Status(), connected.Body)
	}
	database, err := create(ctx, api)
	if err != nil {
		return err
	}
	if err := read(ctx, api, *database); err != nil {
		return err
	}
	if err := checkValidationError(ctx, api); err != nil {
		return err
	}
	disconnected, err := api.DisconnectWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	if left := disconnected.JSON200; left == nil || !left.ManualActionRequired || len(left.LeftoverKeys) != 1 {
		return fmt.Errorf("disconnect: %s %s", disconnected.Status(), disconnected.Body)
	}
	after, err := api.ListDatabasesWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	if problem := after.ApplicationproblemJSONDefault; problem == nil || problem.Code != "connect_required" {
		return fmt.Errorf("list after the disconnect: %s %s", after.Status(), after.Body)
	}
	fmt.Println(database.Id)
	return nil
}

// create creates twice with one Idempotency-Key: it gets one database, and a replayed response.
func create(ctx context.Context, api *connect.ClientWithResponses) (*connect.Database, error) {
	key, reads := "journey-1", []string{"us-west-1"}
	params := &connect.CreateDatabaseParams{IdempotencyKey: &key}
	wanted := connect.CreateDatabaseRequest{Name: "journey", PrimaryRegion: "us-east-1", ReadRegions: &reads}
	first, err := api.CreateDatabaseWithResponse(ctx, params, wanted)
	if err != nil {
		return nil, err
	}
	again, err := api.CreateDatabaseWithResponse(ctx, params, wanted)
	if err != nil {
		return nil, err
	}
	switch made := first.JSON201; {
	case made == nil || first.HTTPResponse.Header.Get("Idempotent-Replayed") != "":
		return nil, fmt.Errorf("create: %s %s", first.Status(), first.Body)
	case made.Name != "journey" || !reflect.DeepEqual(made.ReadRegions, reads) || made.CreatedAt == nil:
		return nil, fmt.Errorf("create made %s", first.Body)
	case again.HTTPResponse.Header.Get("Idempotent-Replayed") != "true" || !reflect.DeepEqual(again.JSON201, made):
		return nil, fmt.Errorf("create again: %s %s", again.Status(), again.Body)
	}
	return first.JSON201, nil
}

// read finds the database in the list and by its id, and reveals its credentials.
func read(ctx context.Context, api *connect.ClientWithResponses, database connect.Database) error {
	list, err := api.ListDatabasesWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	if list.JSON200 == nil || len(list.JSON200.Databases) != 1 || list.JSON200.Databases[0].Id != database.Id {
		return fmt.Errorf("list: %s %s", list.Status(), list.Body)
	}
	one, err := api.GetDatabaseWithResponse(ctx, database.Id, nil)
	if err != nil {
		return err
	}
	if one.JSON200 == nil || one.JSON200.Endpoint != database.Endpoint {
		return fmt.Errorf("get: %s %s", one.Status(), one.Body)
	}
	credentials, err := api.GetDatabaseCredentialsWithResponse(ctx, database.Id, nil)
	if err != nil {
		return err
	}
	if got := credentials.JSON200; got == nil || got.Endpoint != database.Endpoint || got.Password == "" ||
		got.RestToken == "" || got.ReadOnlyRestToken == "" {
		return fmt.Errorf("credentials: %s, or incomplete", credentials.Status())
	}
	return nil
}

// checkValidationError requests a region that does not exist, and reads the problem.
func checkValidationError(ctx context.Context, api *connect.ClientWithResponses) error {
	nowhere := connect.CreateDatabaseRequest{Name: "journey", PrimaryRegion: "atlantis-1"}
	response, err := api.CreateDatabaseWithResponse(ctx, nil, nowhere)
	if err != nil {
		return err
	}
	problem := response.ApplicationproblemJSONDefault
	if problem == nil || response.JSON201 != nil || problem.Status != 422 || problem.Code != "validation_failed" {
		return fmt.Errorf("create nowhere: %s %s", response.Status(), response.Body)
	}
	if errors := list(problem.Errors); len(errors) != 1 || errors[0].Pointer != "/primary_region" {
		return fmt.Errorf("create nowhere: errors %s", response.Body)
	}
	return nil
}

// list accepts the field errors as a list, or as a pointer to a list, which the document of version 1.0.0 generates.
func list(errors any) []connect.FieldFault {
	if pointer, ok := errors.(*[]connect.FieldFault); ok && pointer != nil {
		return *pointer
	}
	plain, _ := errors.([]connect.FieldFault)
	return plain
}
