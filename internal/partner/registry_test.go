package partner_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

// registryStore is a partner.RegistryStore in memory.
type registryStore struct {
	services    []partner.Service
	tokens      []partner.Token
	grants      []partner.Grant
	connections []keys.Connection
	events      []keys.Event
	endFails    error // of the next EndToken
}

func (s *registryStore) InsertService(_ context.Context, service partner.Service, event keys.Event) error {
	s.services, s.events = append(s.services, service), append(s.events, event)
	return nil
}

func (s *registryStore) Services(context.Context) ([]partner.Service, error) { return s.services, nil }

func (s *registryStore) FindService(_ context.Context, id string) (partner.Service, error) {
	for _, service := range s.services {
		if service.ID == id {
			return service, nil
		}
	}

	return partner.Service{}, partner.ErrServiceNotFound
}

func (s *registryStore) DisableService(_ context.Context, id string, at time.Time, event keys.Event) error {
	for i := range s.services {
		if s.services[i].ID == id {
			s.services[i].DisabledAt, s.events = at, append(s.events, event)
			return nil
		}
	}

	return partner.ErrServiceNotFound
}

func (s *registryStore) InsertToken(_ context.Context, token partner.Token, event keys.Event) error {
	s.tokens, s.events = append(s.tokens, token), append(s.events, event)
	return nil
}

func (s *registryStore) Tokens(_ context.Context, serviceID string) ([]partner.Token, error) {
	var found []partner.Token
	for _, token := range s.tokens {
		if serviceID == "" || token.ServiceID == serviceID {
			found = append(found, token)
		}
	}

	return found, nil
}

func (s *registryStore) FindToken(ctx context.Context, id string) (partner.Token, partner.Service, error) {
	for _, token := range s.tokens {
		if token.ID == id {
			service, err := s.FindService(ctx, token.ServiceID)
			return token, service, err
		}
	}

	return partner.Token{}, partner.Service{}, partner.ErrInvalidToken
}

func (s *registryStore) EndToken(
	_ context.Context, id string, until time.Time, revoke bool, event keys.Event,
) error {
	if err := s.endFails; err != nil {
		s.endFails = nil
		return err
	}

	for i := range s.tokens {
		if s.tokens[i].ID != id {
			continue
		}

		if until.Before(s.tokens[i].ExpiresAt) {
			s.tokens[i].ExpiresAt = until
		}

		if revoke && s.tokens[i].RevokedAt.IsZero() {
			s.tokens[i].RevokedAt = until
		}
		s.events = append(s.events, event)

		return nil
	}

	return partner.ErrTokenNotFound
}

func picks(filter partner.GrantFilter, grant partner.Grant) bool {
	return (filter.ServiceID == "" || filter.ServiceID == grant.ServiceID) &&
		(filter.ConnectionID == "" || filter.ConnectionID == grant.ConnectionID) &&
		(!filter.Active || grant.RevokedAt.IsZero())
}

func (s *registryStore) Grants(_ context.Context, filter partner.GrantFilter) ([]partner.Grant, error) {
	var found []partner.Grant
	for _, grant := range s.grants {
		if picks(filter, grant) {
			found = append(found, grant)
		}
	}

	return found, nil
}

func (s *registryStore) RevokeGrants(
	_ context.Context, filter partner.GrantFilter, by string, event keys.Event,
) (int, error) {
	count := 0
	for i := range s.grants {
		if picks(filter, s.grants[i]) {
			s.grants[i].RevokedAt, s.grants[i].RevokedBy = event.At, by
			s.events = append(s.events, event)
			count++
		}
	}

	return count, nil
}

func (s *registryStore) EraseConnection(_ context.Context, id string, event keys.Event) error {
	s.connections = slices.DeleteFunc(s.connections, func(c keys.Connection) bool { return c.ID == id })
	s.events = append(s.events, event)

	return nil
}

func (s *registryStore) ConnectionsOf(_ context.Context, emailOrID string) ([]keys.Connection, error) {
	var found []keys.Connection
	for _, connection := range s.connections {
		if connection.ID == emailOrID || connection.Email == emailOrID {
			found = append(found, connection)
		}
	}

	return found, nil
}

var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func newRegistry() (partner.Registry, *registryStore) {
	store := &registryStore{}
	return partner.Registry{Store: store, Now: func() time.Time { return start }}, store
}

func shop() partner.Service {
	return partner.Service{ID: "shop", Name: "Shop", ReturnURLs: []string{"https://shop.example/back"}}
}

// lastEvent is the newest event, which must be the operator's.
func lastEvent(t *testing.T, store *registryStore) keys.Event {
	t.Helper()

	if len(store.events) == 0 {
		t.Fatal("nothing is in the audit log")
	}

	event := store.events[len(store.events)-1]
	if event.Actor.Kind != keys.ActorOperator || !event.At.Equal(start) {
		t.Errorf("got the event %+v, want the operator's, of now", event)
	}

	return event
}

func faulty(err error) string {
	found := problem.Of(err)
	if found == nil {
		return ""
	}

	var text strings.Builder
	for _, field := range found.Fields {
		text.WriteString(field.Pointer() + " " + field.Detail() + "\n")
	}

	return text.String()
}

func TestAddService(t *testing.T) {
	t.Parallel()
	registry, store := newRegistry()

	added, err := registry.AddService(t.Context(), shop())
	if err != nil {
		t.Fatal(err)
	}

	if added.Policy.Databases != partner.ReachCreated ||
		!slices.Equal(added.Policy.Scopes, partner.DefaultOperations()) ||
		!added.CreatedAt.Equal(start) {
		t.Errorf("got %+v, want the defaults", added)
	}

	if event := lastEvent(t, store); event.Action != keys.ActionServiceAdded || event.Detail != "service shop" {
		t.Errorf("got the event %+v", event)
	}

	if _, err := registry.AddService(t.Context(), shop()); !errors.Is(err, partner.ErrServiceExists) {
		t.Errorf("the same id again: got %v, want ErrServiceExists", err)
	}

	for name, tc := range map[string]struct {
		change func(*partner.Service)
		want   string
	}{
		"an id":              {func(s *partner.Service) { s.ID = "Shop 2" }, "/id must be"},
		"the built-in id":    {func(s *partner.Service) { s.ID = "self" }, "/id must not be"},
		"another's name":     {func(s *partner.Service) { s.Name = "SHOP" }, `/name looks like "Shop"`},
		"no return URL":      {func(s *partner.Service) { s.ReturnURLs = nil }, "/return_urls must be 1 to 20"},
		"a return URL":       {func(s *partner.Service) { s.ReturnURLs = []string{"http://x.example/"} }, "/return_urls/0 must be https"},
		"a scope":            {func(s *partner.Service) { s.Policy.Scopes = []string{"teams.delete"} }, "/scopes has"},
		"a reach":            {func(s *partner.Service) { s.Policy.Databases = "some" }, "/databases must be"},
		"a region":           {func(s *partner.Service) { s.Policy.Regions = []string{"moon-1"} }, `/regions has "moon-1"`},
		"a plan":             {func(s *partner.Service) { s.Policy.Plans = []string{"gold"} }, `/plans has "gold"`},
		"a negative number":  {func(s *partner.Service) { s.Policy.MaxDatabases = -1 }, "/max_databases must be"},
		"a negative budget":  {func(s *partner.Service) { s.Policy.MaxBudget = -1 }, "/max_budget must be"},
		"too many addresses": {func(s *partner.Service) { s.ReturnURLs = slices.Repeat(s.ReturnURLs, 21) }, "/return_urls must be"},
	} {
		service := shop()
		service.ID, service.Name = "other", "Other"
		tc.change(&service)

		if _, err := registry.AddService(t.Context(), service); !strings.Contains(faulty(err), tc.want) {
			t.Errorf("%s: got %v (%s), want %q", name, err, faulty(err), tc.want)
		}
	}

	if len(store.services) != 1 {
		t.Errorf("got the services %+v, want the first alone", store.services)
	}
}

func TestCreateToken(t *testing.T) {
	t.Parallel()
	registry, store := newRegistry()
	registry.Environment = partner.Test

	service := shop()
	service.Policy.Scopes = []string{partner.ScopeList}

	if _, err := registry.AddService(t.Context(), service); err != nil {
		t.Fatal(err)
	}

	text, token, err := registry.CreateToken(t.Context(), "shop", nil, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}

	parsed, err := partner.ParseToken(text.Reveal(), partner.Test)
	if err != nil || parsed.ID != token.ID || parsed.Hash != token.Hash {
		t.Errorf("got %+v (%v), want the token that was stored: %+v", parsed, err, token)
	}

	want := []string{partner.ScopeConnectSessions, partner.ScopeGrants, partner.ScopeList}
	if !slices.Equal(token.Scopes, want) || !token.ExpiresAt.Equal(start.Add(24*time.Hour)) {
		t.Errorf("got %+v, want the scopes %v for a day", token, want)
	}

	event := lastEvent(t, store)
	if event.Action != keys.ActionTokenCreated || event.Detail != "token "+token.ID+" of service shop" ||
		strings.Contains(event.Detail, text.Reveal()) {
		t.Errorf("got the event %+v", event)
	}

	for name, tc := range map[string]struct {
		service string
		scopes  []string
		ttl     time.Duration
		want    string
	}{
		"no ttl":              {"shop", nil, 0, "/ttl must be"},
		"too short":           {"shop", nil, time.Hour - 1, "/ttl must be"},
		"too long":            {"shop", nil, partner.MaxTokenTTL + 1, "/ttl must be"},
		"a scope of nobody":   {"shop", []string{"redis.*"}, time.Hour, "/scopes has"},
		"a scope beyond it":   {"shop", []string{partner.ScopeCreate}, time.Hour, "/scopes has"},
		"the built-in one":    {"self", nil, time.Hour, "/service reads its tokens from BFF_SERVICE_TOKEN_FILE"},
		"a service not there": {"shp", nil, time.Hour, ""},
	} {
		_, _, err := registry.CreateToken(t.Context(), tc.service, tc.scopes, tc.ttl)
		if err == nil || !strings.Contains(faulty(err), tc.want) {
			t.Errorf("%s: got %v (%s), want %q", name, err, faulty(err), tc.want)
		}
	}

	if err := registry.DisableService(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}

	if event := lastEvent(t, store); event.Action != keys.ActionServiceDisabled {
		t.Errorf("got the event %+v", event)
	}

	if _, _, err := registry.CreateToken(
		t.Context(), "shop", nil, time.Hour,
	); !strings.Contains(faulty(err), "is disabled") {
		t.Errorf("for a disabled service: got %v", err)
	}

	if _, err := registry.ListTokens(t.Context(), "shp"); !errors.Is(err, partner.ErrServiceNotFound) {
		t.Errorf("tokens of nobody: got %v, want ErrServiceNotFound", err)
	}
}

func TestRotateToken(t *testing.T) {
	t.Parallel()
	registry, store := newRegistry()

	if _, err := registry.AddService(t.Context(), shop()); err != nil {
		t.Fatal(err)
	}

	_, first, err := registry.CreateToken(t.Context(), "shop", []string{partner.ScopeGrants}, 48*time.Hour)
	if err != nil {
		t.Fatal(err)
	}

	_, second, old, err := registry.RotateToken(t.Context(), first.ID, 90*24*time.Hour, partner.DefaultOverlap)
	if err != nil {
		t.Fatal(err)
	}

	if !slices.Equal(second.Scopes, first.Scopes) || second.ID == first.ID ||
		!old.ExpiresAt.Equal(start.Add(24*time.Hour)) || !store.tokens[0].ExpiresAt.Equal(old.ExpiresAt) {
		t.Errorf("got %+v in place of %+v, want the same scopes, and the old one to end in a day", second, store.tokens[0])
	}

	if event := lastEvent(
		t, store,
	); event.Action != keys.ActionTokenRotated || !strings.Contains(event.Detail, first.ID) {
		t.Errorf("got the event %+v", event)
	}

	if _, _, _, err := registry.RotateToken(
		t.Context(), "nobody", time.Hour, 0,
	); !errors.Is(err, partner.ErrTokenNotFound) {
		t.Errorf("of a token not there: got %v, want ErrTokenNotFound", err)
	}

	if _, _, _, err := registry.RotateToken(t.Context(), second.ID, time.Hour, 2*time.Hour); faulty(err) == "" {
		t.Errorf("an overlap beyond the lifetime: got %v", err)
	}

	_, _, old, err = registry.RotateToken(t.Context(), first.ID, 90*24*time.Hour, 30*24*time.Hour)
	if err != nil || !old.ExpiresAt.Equal(start.Add(24*time.Hour)) {
		t.Errorf("an overlap beyond the old one's end: got %+v, %v, want it to end as before", old, err)
	}

	store.endFails = errors.New("disk gone")

	if _, _, _, err := registry.RotateToken(t.Context(), second.ID, time.Hour, 0); err == nil {
		t.Error("a rotation that failed half-way is no error")
	}

	if lost := store.tokens[len(store.tokens)-1]; lost.ID == second.ID || lost.RevokedAt.IsZero() {
		t.Errorf("the token that nobody learned is %+v, want it revoked", lost)
	}

	if err := registry.RevokeToken(t.Context(), second.ID); err != nil {
		t.Fatal(err)
	}

	if event := lastEvent(t, store); event.Action != keys.ActionTokenRevoked {
		t.Errorf("got the event %+v", event)
	}

	if _, _, _, err := registry.RotateToken(
		t.Context(), second.ID, time.Hour, 0,
	); !strings.Contains(faulty(err), "has expired or was revoked") {
		t.Errorf("of a revoked token: got %v", err)
	}
}

func TestRevokeGrantsAndEraseUser(t *testing.T) {
	t.Parallel()
	registry, store := newRegistry()
	store.services = []partner.Service{{ID: "shop"}, {ID: "blog"}}
	store.connections = []keys.Connection{
		{ID: "one", Email: "a@example.com"}, {ID: "two", Email: "a@example.com"}, {ID: "three", Email: "b@example.com"},
	}
	store.grants = []partner.Grant{
		{ID: "1", ServiceID: "shop", ConnectionID: "one"},
		{ID: "2", ServiceID: "blog", ConnectionID: "two"},
		{ID: "3", ServiceID: "shop", ConnectionID: "three", CreatedAt: start},
		{ID: "4", ServiceID: "shop", ConnectionID: "one", RevokedAt: start},
	}

	if _, err := registry.RevokeGrants(t.Context(), partner.GrantSelection{}); !errors.Is(err, partner.ErrNoFilter) {
		t.Errorf("of nobody: got %v, want ErrNoFilter", err)
	}

	if _, err := registry.RevokeGrants(
		t.Context(), partner.GrantSelection{User: "x@example.com"},
	); !errors.Is(err, keys.ErrNotFound) {
		t.Errorf("of a user not there: got %v, want keys.ErrNotFound", err)
	}

	if _, err := registry.ListGrants(
		t.Context(), partner.GrantSelection{ServiceID: "shp"},
	); !errors.Is(err, partner.ErrServiceNotFound) {
		t.Errorf("of a service not there: got %v, want ErrServiceNotFound", err)
	}

	if all, err := registry.ListGrants(
		t.Context(), partner.GrantSelection{},
	); err != nil || len(all) != 4 || all[0].ID != "3" {
		t.Errorf("got %+v, %v, want four grants, the newest first", all, err)
	}

	count, err := registry.RevokeGrants(t.Context(), partner.GrantSelection{User: "a@example.com"})
	if err != nil || count != 2 || store.grants[0].RevokedBy != "operator" || !store.grants[2].RevokedAt.IsZero() {
		t.Errorf("got %d revoked, %v: %+v, want two of the user's", count, err, store.grants)
	}

	if event := lastEvent(t, store); event.Action != keys.ActionGrantRevoked {
		t.Errorf("got the event %+v", event)
	}

	if count, err := registry.RevokeGrants(
		t.Context(), partner.GrantSelection{User: "three", ServiceID: "blog"},
	); err != nil || count != 0 {
		t.Errorf("of another service: got %d, %v, want none", count, err)
	}

	ofShop := partner.GrantSelection{ServiceID: "shop"}
	if count, err := registry.RevokeGrants(t.Context(), ofShop); err != nil || count != 1 {
		t.Errorf("of the service: got %d, %v, want the one that is left", count, err)
	}

	erased, err := registry.EraseUser(t.Context(), "a@example.com")
	if err != nil || len(erased) != 2 || len(store.connections) != 1 {
		t.Errorf("got %+v, %v, and %+v left, want two connections erased", erased, err, store.connections)
	}

	event := lastEvent(t, store)
	if event.Action != keys.ActionUserErased || event.ConnectionID != "two" || event.Detail != "" {
		t.Errorf("got the event %+v, want nothing in it of the user", event)
	}

	if _, err := registry.EraseUser(t.Context(), "a@example.com"); !errors.Is(err, keys.ErrNotFound) {
		t.Errorf("again: got %v, want keys.ErrNotFound", err)
	}
}
