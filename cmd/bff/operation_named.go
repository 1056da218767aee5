package main

import (
	"context"
	"fmt"

	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// finder finds resources that the user named.
type finder struct {
	desktop *desktop.Desktop
	offered offered
}

// find returns the ID of a resource that the user named by its ID or name. parent is the ID of the resource that owns
// it; empty: none. A text in the form of an ID is one: whatever the command destroys is never found by a name that
// looks like the ID of something else.
func (f finder) find(ctx context.Context, of *operation.Resource, parent, named string) (string, error) {
	if of.Object.NameField == "" || databaseID.MatchString(named) {
		return named, nil
	}

	list, hasList := listOf(of)
	if hasList && !f.offered.includes(list) {
		return "", problem.New(problem.OperationDisabled, fmt.Sprintf(
			"Only %s finds a name, and it is not open here. Nothing was sent. Use the ID, or set %s.",
			list.Name, f.offered.setting(list),
		))
	}

	all, err := f.all(ctx, of, parent)
	if err != nil {
		return "", err
	}

	notFound := proxy.ErrResourceNotFound
	if isDatabase(of) {
		notFound = proxy.ErrDatabaseNotFound
	}

	return idAmong(all, named, plural(of), notFound)
}

// isDatabase reports whether the runner lists the resources with a method of its own.
func isDatabase(of *operation.Resource) bool { return of.Product == operation.Redis && of.Of == nil }

// listOf returns the operation that lists resources of a kind. The databases have none in the catalogue's form.
func listOf(of *operation.Resource) (*operation.Operation, bool) {
	for _, called := range operation.All() {
		if called.On == of && called.List != "" {
			return called, true
		}
	}

	return nil, false
}

// all lists the account's resources of a kind.
func (f finder) all(ctx context.Context, of *operation.Resource, parent string) ([]resource, error) {
	d := f.desktop

	list, hasList := listOf(of)
	if isDatabase(of) || !hasList {
		return databasesOf(ctx, d)
	}

	result, err := d.Databases.Run(ctx, proxy.Caller{Account: d.Account}, proxy.Call{Operation: list, ID: parent})
	if err != nil {
		return nil, err
	}
	all := make([]resource, 0, len(result.Elements))

	for _, element := range result.Elements {
		object, err := decodeObject(list.Response, element.Body)
		if err != nil {
			return nil, err
		}
		all = append(all, resource{id: element.ID, name: object.text(of.Object.NameField)})
	}

	return all, nil
}

func databasesOf(ctx context.Context, d *desktop.Desktop) ([]resource, error) {
	listing, err := d.Databases.List(ctx, d.Account)
	if err != nil {
		return nil, err
	}
	all := make([]resource, 0, len(listing.Databases))

	for _, database := range listing.Databases {
		all = append(all, resource{id: database.ID, name: database.Name})
	}

	return all, nil
}
