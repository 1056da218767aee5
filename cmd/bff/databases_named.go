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

// databaseID matches Upstash's IDs. A name may match too.
var databaseID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// withDatabase calls work with the ID of a database that the user named by its ID or name.
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

// idOf finds a database by its ID or name. Upstash allows several databases with the same name; then the ID is needed.
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
		"%d databases have this name. Use the ID of one:\n  %s", len(ids), strings.Join(ids, "\n  "),
	))
}
