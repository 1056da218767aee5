package test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/test/harness"
)

// Service B uses ids of service A: each is not found.
func TestServicesAreIsolated(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	shop, returnURL := s.AddService(t, "shop", anything())
	back := `"return_url":"` + returnURL + `"`

	ours := s.Granted(t, "user-1", invitee, "")
	theirs := shop.Granted(t, "user-1", invitee, back) // on the same connection, under the same external id
	opened := s.Invite(t, "user-2", "")

	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)
	browser.Login(t, invitee)
	code := browser.Allow(t)

	made := s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "same-key"), harness.CreateBody("ours")).
		Database(t, 201)

	s.HasNoEffect(t, func() {
		s.Do(t, "GET", harness.DatabasesPath, shop.With(ours.ID), "").IsProblem(t, 409, "grant_required")
		shop.Call(t, "GET", "/api/v1/grants/"+ours.ID, "").IsProblem(t, 404, "not_found")
		shop.Call(t, "PATCH", "/api/v1/grants/"+ours.ID, `{"scopes":["redis.list"]}`).IsProblem(t, 404, "not_found")
		shop.Call(t, "DELETE", "/api/v1/grants/"+ours.ID, "").IsProblem(t, 404, "not_found")
		shop.Call(t, "GET", "/api/v1/connect-sessions/"+opened.ID, "").IsProblem(t, 404, "not_found")
		shop.Complete(t, opened.ID, code, "user-2").IsProblem(t, 404, "not_found")
	})

	// Another principal's same key is independent: the response is its own database.
	other := s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(shop.As("user-1"), "same-key"), harness.CreateBody("ours"))
	if other.Header.Get("Idempotent-Replayed") != "" || other.Database(t, 201).ID == made.ID {
		t.Errorf("got %s, which is the other service's", other.Body)
	}

	for _, path := range []string{"", "/credentials"} {
		s.Do(t, "GET", harness.DatabasesPath+"/"+made.ID+path, shop.With(theirs.ID), "").IsProblem(t, 404, "database_not_found")
	}
	s.Complete(t, opened.ID, code, "user-2").Is(t, 201) // the other's attempt has not ended it
}

// A disconnect ends a grant permanently, also if the account returns, even under another e-mail.
func TestGrantEndsWithItsConnectionsEpoch(t *testing.T) {
	t.Parallel()
	harness.OnBothDatabases(t, func(t *testing.T, options ...harness.Option) {
		t.Helper()
		s := harness.StartService(t, options...)
		before := s.Granted(t, "user-1", invitee, "")
		s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").Is(t, 200)

		var answer struct {
			Ended int `json:"ended_grants"`
		}
		s.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(s.TokenOf(t, invitee)), "").Is(t, 200).JSON(t, &answer)

		if answer.Ended != 1 {
			t.Errorf("got %d ended grants, want 1", answer.Ended)
		}
		s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").IsProblem(t, 409, "grant_required")

		s.Connect(t, invitee).Connection(t, 201)
		s.HasNoEffect(t, func() {
			s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").IsProblem(t, 409, "grant_required")
			s.Do(t, "GET", harness.DatabasesPath, s.With(before.ID), "").IsProblem(t, 409, "grant_required")
			s.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"user-1","reconnect":"`+before.ID+`"}`).
				IsProblem(t, 409, "grant_required")
			s.Call(t, "PATCH", "/api/v1/grants/"+before.ID, `{"databases":"selected"}`).IsProblem(t, 404, "not_found")
		})

		var after harness.Grant
		s.Call(t, "GET", "/api/v1/grants/"+before.ID, "").Is(t, 200).JSON(t, &after)

		if after.State != "revoked" || after.RevokedBy != "disconnect" {
			t.Errorf("got %+v, want it revoked by the disconnect", after)
		}

		if again := s.Granted(t, "user-1", invitee, ""); again.ID == before.ID {
			t.Error("the new grant is the old one")
		}
	})
}

func TestGrantsAreNarrowedAndNeverWidened(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	grant := s.Granted(t, "user-1", invitee, `"scopes":["redis.list","redis.create"],"max_databases":5,"regions":["us-east-1"]`)
	browser := s.Browser(t)
	browser.Login(t, invitee)

	patch := func(body string) harness.Response { return s.Call(t, "PATCH", "/api/v1/grants/"+grant.ID, body) }
	byUser := func(body string) harness.Response {
		return browser.Page(t, "PATCH", "/api/v1/connection/grants/"+grant.ID, nil, body)
	}

	for _, wider := range []string{
		`{"scopes":["redis.list","redis.credentials"]}`, `{"databases":"all"}`, `{"max_databases":6}`,
		`{"max_databases":0}`, `{"regions":["us-east-1","eu-west-1"]}`,
	} {
		patch(wider).IsProblem(t, 422, "not_allowed")
		byUser(wider).IsProblem(t, 422, "not_allowed")
	}
	patch(`{"state":"active"}`).IsProblem(t, 400, "unknown_field")

	patch(`{"max_databases":3}`).Is(t, 200)
	byUser(`{"scopes":["redis.list"]}`).Is(t, 200)
	patch(`{"scopes":["redis.list","redis.create"]}`).IsProblem(t, 422, "not_allowed") // not back again
	byUser(`{"max_databases":5}`).IsProblem(t, 422, "not_allowed")

	s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "k"), harness.CreateBody("orders")).
		IsProblem(t, 403, "insufficient_scope")
}

// A database that is outside the grant: not by id, not in a list, not by a replayed key, not by an entity tag, and not
// in a list that the user's own call has cached.
func TestDatabasesOutsideTheGrantAreNotFound(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t, harness.WithListCache(4*time.Second))
	owner := s.AddMember(t, invitee)
	private := owner.Create(t, "", harness.CreateBody("private")).Database(t, 201)

	s.Granted(t, "user-1", invitee, "")
	made := s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "k"), harness.CreateBody("made")).Database(t, 201)

	full := s.Do(t, "GET", harness.DatabasesPath, owner.Header, "").Is(t, 200)
	list := s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").Is(t, 200)

	if strings.Contains(list.Body, private.ID) || !strings.Contains(list.Body, made.ID) {
		t.Errorf("got %s, want the database that the service made alone", list.Body)
	}

	one := s.Do(t, "GET", harness.DatabasesPath+"/"+made.ID, owner.Header, "").Is(t, 200).Header.Get("ETag")
	for _, tag := range []string{full.Header.Get("ETag"), one} {
		header := harness.Merged(s.As("user-1"), http.Header{"If-None-Match": {tag}})
		s.Do(t, "GET", harness.DatabasesPath, header, "").Is(t, 200)
		s.Do(t, "GET", harness.DatabasesPath+"/"+made.ID, header, "").Is(t, 200)
	}

	calls := len(s.Journal(t))
	for _, path := range []string{"", "/credentials"} {
		s.Do(t, "GET", harness.DatabasesPath+"/"+private.ID+path, s.As("user-1"), "").IsProblem(t, 404, "database_not_found")
	}

	if got := len(s.Journal(t)); got != calls {
		t.Errorf("%d calls reached Upstash, want none: the id is outside the grant", got-calls)
	}

	// A create of the same name makes its own database, and does not return the existing one.
	named := s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "k2"), harness.CreateBody("private"))
	if named.Status != 422 && named.Database(t, 201).ID == private.ID {
		t.Errorf("got %s, which is the user's own", named.Body)
	}

	// After the user narrows the grant to selected databases, the service loses those that it created, also by a
	// replayed key.
	browser := s.Browser(t)
	browser.Login(t, invitee)
	var grants struct{ Grants []harness.Grant }
	browser.Page(t, "GET", "/api/v1/connection/grants", nil, "").Is(t, 200).JSON(t, &grants)
	browser.Page(t, "PATCH", "/api/v1/connection/grants/"+grants.Grants[0].ID, nil, `{"databases":"selected"}`).Is(t, 200)

	s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "k"), harness.CreateBody("made")).
		IsProblem(t, 404, "database_not_found")
	s.Do(t, "GET", harness.DatabasesPath+"/"+made.ID, s.As("user-1"), "").IsProblem(t, 404, "database_not_found")

	if list := s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").Is(t, 200); strings.Contains(list.Body, made.ID) {
		t.Errorf("got %s, want an empty list", list.Body)
	}
}

func TestCreatesOfAServiceStayWithinTheGrant(t *testing.T) {
	t.Parallel()
	harness.OnBothDatabases(t, func(t *testing.T, options ...harness.Option) {
		t.Helper()
		s := harness.StartService(t, options...)
		s.Granted(t, "user-1", invitee, `"max_databases":2,"max_budget":100,"regions":["us-east-1"],"plans":["payg"]`)

		create := func(key, body string) harness.Response {
			return s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), key), body)
		}
		s.Do(t, "POST", harness.DatabasesPath, s.As("user-1"), harness.CreateBody("a")).IsProblem(t, 400, "idempotency_key_missing")

		for name, body := range map[string]string{
			"no plan":        `{"name":"a","primary_region":"us-east-1","budget":1}`,
			"another plan":   `{"name":"a","primary_region":"us-east-1","budget":1,"plan":"free"}`,
			"another region": `{"name":"a","primary_region":"eu-west-1","budget":1,"plan":"payg"}`,
			"a read region":  `{"name":"a","primary_region":"us-east-1","read_regions":["us-west-1"],"budget":1,"plan":"payg"}`,
			"no budget":      `{"name":"a","primary_region":"us-east-1","plan":"payg"}`,
			"a high budget":  `{"name":"a","primary_region":"us-east-1","budget":101,"plan":"payg"}`,
		} {
			t.Log(name)
			create(strings.ReplaceAll(name, " ", "-"), body).IsProblem(t, 422, "grant_limit")
		}

		create("k1", `{"name":"a","primary_region":"us-east-1","budget":60,"plan":"payg"}`).Database(t, 201)
		create("k2", `{"name":"b","primary_region":"us-east-1","budget":41,"plan":"payg"}`).IsProblem(t, 422, "grant_limit") // 101 together
		create("k3", `{"name":"b","primary_region":"us-east-1","budget":40,"plan":"payg"}`).Database(t, 201)
		create("k4", `{"name":"c","primary_region":"us-east-1","budget":0,"plan":"payg"}`).IsProblem(t, 422, "grant_limit") // the third

		if got := len(s.Account(t, invitee).Databases); got != 2 {
			t.Errorf("the account has %d databases, want 2", got)
		}
	})
}

// A grant that its user, its service or the operator ends is over in the same second, at every server.
func TestRevokedGrantEndsImmediately(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	browser := s.Browser(t)
	browser.Login(t, invitee)

	for by, revoke := range map[string]func(id string){
		"user":    func(id string) { browser.Page(t, "DELETE", "/api/v1/connection/grants/"+id, nil, "").Is(t, 204) },
		"service": func(id string) { s.Call(t, "DELETE", "/api/v1/grants/"+id, "").Is(t, 204) },
		"operator": func(string) {
			ofUser := partner.GrantSelection{User: invitee}
			if n, err := s.Registry().RevokeGrants(t.Context(), ofUser); n != 1 || err != nil {
				t.Errorf("got %d and %v, want one grant revoked", n, err)
			}
		},
	} {
		grant := s.Granted(t, "user-1", invitee, "")
		s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").Is(t, 200)
		revoke(grant.ID)
		s.HasNoEffect(t, func() {
			s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").IsProblem(t, 409, "grant_required")
			s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.With(grant.ID), "k"), harness.CreateBody("orders")).
				IsProblem(t, 409, "grant_required")
		})

		s.Call(t, "GET", "/api/v1/grants/"+grant.ID, "").Is(t, 200).JSON(t, &grant)

		if grant.State != "revoked" || grant.RevokedBy != by {
			t.Errorf("got %+v, want it revoked by %s", grant, by)
		}
	}
}

// The user sees which service did what on their behalf.
func TestUserSeesServiceActivity(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	grant := s.Granted(t, "user-1", invitee, "")
	made := s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "k"), harness.CreateBody("orders")).Database(t, 201)
	s.Do(t, "GET", harness.DatabasesPath+"/"+made.ID+"/credentials", s.As("user-1"), "").Is(t, 200)

	browser := s.Browser(t)
	browser.Login(t, invitee)

	var history struct {
		Events []struct {
			Action, Detail, Address string
			Actor                   struct{ Kind, ID, Name string }
			GrantID                 string `json:"grant_id"`
			RequestID               string `json:"request_id"`
		}
	}
	browser.Page(t, "GET", "/api/v1/connection/events", nil, "").Is(t, 200).JSON(t, &history)

	found := map[string]bool{}
	for _, event := range history.Events {
		if event.Actor.Kind != "service" {
			continue
		}
		found[event.Action] = true

		if event.Actor.ID != "self" || event.Actor.Name == "" || event.GrantID != grant.ID || event.RequestID == "" ||
			event.Address != "127.0.0.1" && event.Address != "::1" {
			t.Errorf("got %+v, want who did it, under which grant, by which request and from where", event)
		}
	}

	for _, action := range []string{"grant_created", "database_created", "credentials_revealed"} {
		if !found[action] {
			t.Errorf("the events lack %s: %+v", action, history.Events)
		}
	}

	other := s.Browser(t)
	other.Login(t, attacker)
	other.Page(t, "GET", "/api/v1/connection/events", nil, "").Is(t, 200).JSON(t, &history)

	for _, event := range history.Events {
		if event.Detail == made.ID || event.GrantID == grant.ID {
			t.Errorf("another account sees %+v", event)
		}
	}
	other.Page(t, "DELETE", "/api/v1/connection/grants/"+grant.ID, nil, "").IsProblem(t, 404, "not_found")
}
