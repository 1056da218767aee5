package main

import (
	"context"
	"errors"
	"log"

	connect "github.com/upstash-connect/bff/clients/go"
)

// view is what the page shows.
type view struct {
	User      user
	State     string // none, active, paused, revoked or unreachable
	Account   string // e-mail address of the Upstash account
	RevokedBy string
	Databases []connect.Database
	Chosen    string // id of the database that the user connected
	Events    []connect.Event
	Upstash   string // origin of Upstash Connect
}

// look asks Upstash Connect every time: the user may have revoked the access there a moment ago.
func (s *shop) look(ctx context.Context, who user) view {
	seen := view{User: who, State: "none", Events: s.news.of(who), Upstash: s.upstash}

	grant, err := s.newestGrant(ctx, who)
	if err == nil && grant.State == "active" {
		seen.Databases, err = s.client.ForUser(who.ID).ListDatabases(ctx)
	}

	var problem *connect.Problem

	switch {
	case err == nil && grant.ID != "":
		seen.State = string(grant.State)
	case errors.As(err, &problem) && problem.Code == connect.CodeGrantPaused:
		seen.State = "paused"
	case errors.As(err, &problem) && problem.Code == connect.CodeGrantRequired:
		seen.State = "revoked"
	case err != nil:
		log.Printf("look at the grant of %s: %v", who.ID, err)
		seen.State = "unreachable"
	}

	seen.Chosen = s.databaseOf(who, grant)
	seen.Account, seen.RevokedBy = grant.Account.Email, string(grant.RevokedBy)

	return seen
}

// newestGrant returns the user's current grant, or else the last one; without any, a zero Grant.
func (s *shop) newestGrant(ctx context.Context, who user) (connect.Grant, error) {
	grants, err := s.client.ListGrants(ctx, who.ID)
	if err != nil || len(grants) == 0 {
		return connect.Grant{}, err
	}

	return grants[0], nil
}
