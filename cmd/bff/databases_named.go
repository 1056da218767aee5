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

	all, err := databasesOf(ctx, d)
	if err != nil {
		return err
	}

	id, err := idAmong(all, named, "databases", proxy.ErrDatabaseNotFound)
	if err != nil {
		return err
	}

	return work(id)
}

// resource is what a user can name: by its ID, or by its name if that is unique.
type resource struct{ id, name string }

// idAmong finds a resource by its ID or name; notFound is the error if no resource matches. Upstash allows several resources
// with the same name; then the ID is needed.
func idAmong(all []resource, named, kind string, notFound error) (string, error) {
	var ids []string

	for _, one := range all {
		switch named {
		case one.id:
			return one.id, nil
		case one.name:
			ids = append(ids, one.id)
		}
	}

	switch len(ids) {
	case 0:
		return "", notFound
	case 1:
		return ids[0], nil
	}

	return "", problem.New(problem.ValidationFailed, fmt.Sprintf(
		"%d %s have this name. Use the ID of one:\n  %s", len(ids), kind, strings.Join(ids, "\n  "),
	))
}
