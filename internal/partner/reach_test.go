package partner_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// account is an Upstash account in memory that records the ids of all requests.
type account struct {
	ids       []string
	requested []string
	calls     int
}

func (a *account) List(context.Context, keys.Account) (*proxy.Listing, error) {
	a.calls++

	var databases []proxy.Database
	for _, id := range a.ids {
		databases = append(databases, proxy.Database{ID: id})
	}

	return &proxy.Listing{Databases: databases}, nil
}

func (a *account) Database(_ context.Context, _ keys.Account, id string) (proxy.Database, error) {
	a.calls++
	a.requested = append(a.requested, id)

	if !slices.Contains(a.ids, id) {
		return proxy.Database{}, proxy.ErrDatabaseNotFound
	}

	return proxy.Database{ID: id}, nil
}

func (a *account) Credentials(ctx context.Context, account keys.Account, id string) (proxy.Credentials, error) {
	database, err := a.Database(ctx, account, id)
	return proxy.Credentials{Database: database}, err
}

func (*account) Validate(proxy.CreateRequest) proxy.Validated { return proxy.Validated{} }

// CreateFor replays some database of the account: the worst that a stored response could name.
func (a *account) CreateFor(
	context.Context, proxy.Caller, string, proxy.Validated,
) (proxy.Database, bool, error) {
	a.calls++
	return proxy.Database{ID: a.ids[rand.IntN(len(a.ids))]}, true, nil
}

// Run returns whatever was requested, and a list of everything: the worst that Upstash could return.
func (a *account) Run(_ context.Context, _ proxy.Caller, call proxy.Call) (proxy.Result, error) {
	a.calls++
	result := proxy.Result{ID: call.ID, Elements: []proxy.Element{}}

	if call.ID != "" {
		a.requested = append(a.requested, call.ID)
	}

	for _, id := range a.ids {
		result.Elements = append(result.Elements, proxy.Element{ID: id})
	}

	return result, nil
}

func (*account) Find(context.Context, keys.Account) (keys.Connection, error) {
	return keys.Connection{}, keys.ErrNotFound
}

// oneGrant is a store with one grant.
type oneGrant struct {
	partner.Store
	grant partner.Grant
	of    []partner.GrantDatabase
}

func (s oneGrant) ActiveGrant(_ context.Context, serviceID, id, externalID string) (partner.Grant, error) {
	if serviceID != s.grant.ServiceID || (id != s.grant.ID && externalID != s.grant.ExternalID) {
		return partner.Grant{}, partner.ErrGrantRequired
	}

	return s.grant, nil
}

func (s oneGrant) GrantDatabases(context.Context, string) ([]partner.GrantDatabase, error) {
	return s.of, nil
}

func (oneGrant) RecordGrantUse(context.Context, string, string, time.Time) error { return nil }

const grantID = "grt_AAAAAAAAAAAAAAAAAAAAAAAAAA"

func pick[T any](from []T) T { return from[rand.IntN(len(from))] }

func some[T any](of []T) []T {
	var picked []T
	for _, each := range of {
		if rand.IntN(3) > 0 {
			picked = append(picked, each)
		}
	}

	return picked
}

func anyPolicy() partner.Policy {
	return partner.Policy{
		Scopes: some(partner.Scopes()),
		Databases: pick([]partner.Reach{
			partner.ReachSelected, partner.ReachCreated, partner.ReachAll, partner.ReachAll,
		}),
	}
}

// Over random layers of policy, databases and requests: no id outside the grant reaches Upstash or a response, and
// without the scope Upstash is not called at all.
func TestNoDatabaseOutsideTheGrantIsReturned(t *testing.T) {
	t.Parallel()

	var refused, answered int
	for round := range 20_000 {
		world := &account{}

		store := oneGrant{grant: partner.Grant{
			ID: grantID, ServiceID: "shop", ExternalID: "user-1", ConnectionState: keys.Active,
			Asked: anyPolicy(), Consent: anyPolicy(),
		}}
		for n := range 6 {
			id := "db-" + strconv.Itoa(n)
			world.ids = append(world.ids, id)

			if rand.IntN(2) == 0 {
				store.of = append(store.of, partner.GrantDatabase{
					ID: id, Selected: rand.IntN(2) == 0, Created: rand.IntN(2) == 0,
				})
			}
		}
		installation, ofService := anyPolicy(), anyPolicy()

		partners, err := partner.New(partner.Options{
			Store: store, Databases: world, Connections: world, Environment: partner.Live,
			Installation: installation, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}

		principal := partner.Principal{
			Service: partner.Service{ID: "shop", Policy: ofService}, Policy: partner.Permitted(installation, ofService),
		}

		acting, err := partners.Authorize(t.Context(), principal, "user-1", "")
		if err != nil {
			t.Fatal(err)
		}

		layers := []partner.Policy{installation, ofService, store.grant.Asked, store.grant.Consent}
		scope, ids, err := request(t, acting, pick(append(world.ids, "elsewhere")))

		for _, id := range append(ids, world.requested...) {
			if !reachable(layers, store.of, id) {
				t.Fatalf("round %d: %s left, with %+v and %+v", round, id, layers, store.of)
			}
		}

		if called, ok := operation.Find(scope); ok && called.Tier == operation.Guarded {
			for _, id := range world.requested {
				if !createdUnder(store.of, id) {
					t.Fatalf("round %d: %s on %s, which the service did not create", round, scope, id)
				}
			}
		}

		if !held(layers, scope) && (world.calls > 0 || problem.CodeOf(err) != problem.InsufficientScope) {
			t.Fatalf("round %d: %d calls without %s, and %v", round, world.calls, scope, err)
		}

		if err != nil {
			refused++
		} else {
			answered++
		}
	}

	if refused < 1000 || answered < 1000 {
		t.Errorf("%d requests were refused and %d answered: the test tries too little", refused, answered)
	}
}

// request makes one random call and returns the scope that it needs and the ids in its response.
func request(t *testing.T, acting partner.GrantAccess, id string) (scope string, ids []string, err error) {
	t.Helper()

	switch scope = pick(partner.Operations()); scope {
	default:
		called, _ := operation.Find(scope)
		call := proxy.Call{Operation: called}

		if strings.Contains(called.Path, "{id}") {
			call.ID = id
		}

		var result proxy.Result

		result, err = acting.Run(t.Context(), call)
		for _, element := range result.Elements {
			if called.List != "" && called.On.Of == nil { // a backup has an id of its own
				ids = append(ids, element.ID)
			}
		}
	case partner.ScopeCreate:
		var database proxy.Database

		database, _, err = acting.Create(t.Context(), "key", proxy.Validated{})
		ids = append(ids, database.ID)
	case partner.ScopeList:
		var listing *proxy.Listing

		if listing, err = acting.List(t.Context()); err != nil {
			return scope, nil, err
		}

		for _, database := range listing.Databases {
			ids = append(ids, database.ID)
		}
	case partner.ScopeGet:
		var database proxy.Database

		database, err = acting.Database(t.Context(), id)
		ids = append(ids, database.ID)
	case partner.ScopeCredentials:
		var revealed proxy.Credentials

		revealed, err = acting.Credentials(t.Context(), id)
		ids = append(ids, revealed.ID)
	}

	return scope, slices.DeleteFunc(ids, func(id string) bool { return id == "" }), err
}

// createdUnder reports whether the service created the resource under its grant.
func createdUnder(of []partner.GrantDatabase, id string) bool {
	return slices.ContainsFunc(of, func(d partner.GrantDatabase) bool { return d.ID == id && d.Created })
}

func held(layers []partner.Policy, scope string) bool {
	return !slices.ContainsFunc(layers, func(p partner.Policy) bool { return !slices.Contains(p.Scopes, scope) })
}

// reachable decides by the words of the contract, layer by layer, whether an id is within a grant.
func reachable(layers []partner.Policy, of []partner.GrantDatabase, id string) bool {
	for _, layer := range layers {
		switch layer.Databases {
		case partner.ReachAll:
			continue
		case partner.ReachCreated:
			if !slices.ContainsFunc(of, func(d partner.GrantDatabase) bool { return d.ID == id }) {
				return false
			}
		case partner.ReachSelected:
			if !slices.ContainsFunc(of, func(d partner.GrantDatabase) bool { return d.ID == id && d.Selected }) {
				return false
			}
		}
	}

	return true
}

func TestServiceActsOnlyUnderItsOwnActiveGrant(t *testing.T) {
	t.Parallel()

	world := &account{}
	for name, test := range map[string]struct {
		serviceID, externalID, id string
		state                     keys.State
		want                      error
	}{
		"by external id":               {"shop", "user-1", "", keys.Active, nil},
		"by the grant's id":            {"shop", "", grantID, keys.Active, nil},
		"a suspect key is tried":       {"shop", "user-1", "", keys.Suspect, nil},
		"another end user":             {"shop", "user-2", "", keys.Active, partner.ErrGrantRequired},
		"another service":              {"crm", "user-1", "", keys.Active, partner.ErrGrantRequired},
		"another service by its id":    {"crm", "", grantID, keys.Active, partner.ErrGrantRequired},
		"the key is no longer good":    {"shop", "user-1", "", keys.ReconnectRequired, partner.ErrGrantPaused},
		"an external id in upper case": {"shop", "USER-1", "", keys.Active, partner.ErrGrantRequired},
	} {
		partners, err := partner.New(partner.Options{
			Store: oneGrant{grant: partner.Grant{
				ID: grantID, ServiceID: "shop", ExternalID: "user-1", ConnectionState: test.state,
			}},
			Databases: world, Connections: world, Environment: partner.Live, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}

		principal := partner.Principal{Service: partner.Service{ID: test.serviceID}}
		if _, err := partners.Authorize(t.Context(), principal, test.externalID, test.id); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}
