package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// databaseID is the form of Upstash's ids. A name may have it too.
var databaseID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// withDatabase lends the id of the database that was named, by its id or its name.
func withDatabase(ctx context.Context, d *desktop.Desktop, named string, work func(id string) error) error {
	if databaseID.MatchString(named) {
		if err := work(named); !errors.Is(err, proxy.ErrDatabaseNotFound) {
			return err
		}
	}

	listing, err := d.Databases.List(ctx, d.Account)
	if err != nil {
		return err
	}

	id, err := idOf(listing.Databases, named)
	if err != nil {
		return err
	}

	return work(id)
}

// idOf finds a database by its id or its name. Upstash lets several bear one name: then only an id says which is meant.
func idOf(databases []proxy.Database, named string) (string, error) {
	var ids []string

	for _, database := range databases {
		switch named {
		case database.ID:
			return database.ID, nil
		case database.Name:
			ids = append(ids, database.ID)
		}
	}

	switch len(ids) {
	case 0:
		return "", proxy.ErrDatabaseNotFound
	case 1:
		return ids[0], nil
	}

	return "", problem.New(problem.ValidationFailed, fmt.Sprintf(
		"%d databases bear this name. Say which one is meant by its id:\n  %s", len(ids), strings.Join(ids, "\n  "),
	))
}
