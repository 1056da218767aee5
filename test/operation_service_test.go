package test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/test/harness"
)

// scopesOf is a connect session's request for every operation.
func scopesOf(operations []*operation.Operation) string {
	scopes, _ := json.Marshal(operation.Names(operations))
	return `"scopes":` + string(scopes)
}

// startServiceWithOperations is startWithOperations with a service that may have every scope.
func startServiceWithOperations(
	t *testing.T, f *harness.Front,
) (s harness.Service, returnURL string, made harness.Resources) {
	t.Helper()

	m, made := startWithOperations(t, harness.WithFront(t, f), harness.WithService())
	s, returnURL = m.AddService(t, "shop", anything())

	return s, returnURL, made
}

// Threat model: O06.
func TestOperationsNeedTheirScope(t *testing.T) {
	t.Parallel()
	var f harness.Front
	s, returnURL, made := startServiceWithOperations(t, &f)
	header := s.With(s.Granted(t, "user-1", "someone@example.com", `"databases":"all","return_url":"`+returnURL+`"`).ID)

	// A grant whose request names no scopes has the default ones.
	for _, called := range generic(t) {
		f.SendsNothing(t, func() {
			call := harness.Sample(called, made)
			s.Do(t, call.Method, call.Path, call.With(header, "key"), call.Body).IsProblem(t, 403, "insufficient_scope")
		})
	}
}

// Threat model: O06.
func TestServicesActOnTheirOwnResourcesOnly(t *testing.T) {
	t.Parallel()
	var f harness.Front
	s, returnURL, made := startServiceWithOperations(t, &f)
	back := `"return_url":"` + returnURL + `",` + scopesOf(operation.All())
	wide := s.With(s.Granted(t, "user-1", "someone@example.com", `"databases":"all",`+back).ID)

	for _, called := range generic(t) {
		call := harness.Sample(called, made)
		if called.Tier != operation.Guarded {
			got := s.Do(t, call.Method, call.Path, call.With(wide, "wide-"+called.Name), call.Body)
			if got.Status/100 != 2 {
				t.Errorf("%s under a grant of everything: got %d %s", called.Name, got.Status, got.Body)
			}

			continue
		}

		f.SendsNothing(t, func() { // its user's own, which the grant covers, but the service did not create
			s.Do(t, call.Method, call.Path, call.With(wide, "k"), call.Body).IsProblem(t, 404, absent(called))
		})
	}
	narrow := s.With(s.Granted(t, "user-2", "someone@example.com", `"databases":"created",`+back).ID)

	for _, called := range generic(t) {
		call := harness.Sample(called, made)
		if strings.Contains(called.Path, "{") {
			f.SendsNothing(t, func() {
				s.Do(t, call.Method, call.Path, call.With(narrow, "k"), call.Body).IsProblem(t, 404, absent(called))
			})
		} else if called.List != "" {
			got := s.Do(t, call.Method, call.Path, call.With(narrow, ""), "").Is(t, 200)
			if strings.Contains(got.Body, made.Of(called)) {
				t.Errorf("%s: got %s, which the grant does not cover", called.Name, got.Body)
			}
		}
	}
}

// A service may use guarded operations on what it created. It has no login, but must repeat the name.
func TestServicesUseGuardedOperationsOnWhatTheyCreated(t *testing.T) {
	t.Parallel()
	var f harness.Front
	s, returnURL, _ := startServiceWithOperations(t, &f)
	header := s.With(s.Granted(t, "user-1", "someone@example.com",
		`"databases":"created","return_url":"`+returnURL+`",`+scopesOf(operation.All())).ID)

	for _, product := range []string{"vector", "search"} {
		create, _ := operation.Find(product + ".create")
		call := harness.Sample(create, harness.Resources{})
		s.Do(t, call.Method, call.Path, header, call.Body).IsProblem(t, 400, "idempotency_key_missing")

		var index struct{ ID string }
		got := s.Do(t, call.Method, call.Path, call.With(header, product), call.Body).Is(t, 201)
		got.JSON(t, &index)

		if want := "/api/v1" + create.Path + "/" + index.ID; got.Header.Get("Location") != want {
			t.Errorf("got Location %q, want %q", got.Header.Get("Location"), want)
		}
		ids := harness.Resources{Vector: index.ID, Search: index.ID}

		for _, name := range []string{".list", ".get", ".stats", ".credentials", ".reset-password", ".rename", ".delete"} {
			called, _ := operation.Find(product + name)
			call := harness.Sample(called, ids)

			if called.Tier == operation.Guarded {
				s.Do(t, call.Method, call.Path, header, call.Body).IsProblem(t, 422, "confirmation_mismatch")
			}
			got := s.Do(t, call.Method, call.Path, call.With(header, product+name), call.Body)

			if got.Status/100 != 2 || called.List != "" && strings.Count(got.Body, index.ID) != 1 {
				t.Errorf("%s: got %d %s", called.Name, got.Status, got.Body)
			}
		}
	}
}

// The grant's budget is for all databases together, so a service cannot raise single ones afterwards.
func TestServicesCannotRaiseBudgetsAboveTheGrants(t *testing.T) {
	t.Parallel()
	m := harness.StartWithMember(t, harness.WithOperations(), harness.WithService())
	policy := anything()
	policy.MaxBudget = 30
	s, returnURL := m.AddService(t, "shop", policy)
	header := s.With(s.Granted(t, "user-1", "someone@example.com", `"databases":"created","max_budget":30,`+
		`"return_url":"`+returnURL+`",`+scopesOf(operation.All())).ID)

	ids := []string{}
	for _, name := range []string{"a", "b"} {
		ids = append(ids, s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(header, name),
			`{"name":"`+name+`","primary_region":"us-east-1","budget":15}`).Database(t, 201).ID)
	}
	budget := func(value string) harness.Response {
		return s.Do(t, "PUT", harness.DatabasesPath+"/"+ids[0]+"/budget", harness.Merged(
			header, map[string][]string{"Confirm-Name": {"a"}}), `{"budget":`+value+`}`)
	}
	budget("16").IsProblem(t, 422, "grant_limit")
	budget("30").IsProblem(t, 422, "grant_limit")
	budget("0").IsProblem(t, 422, "grant_limit") // unlimited
	budget("10").Is(t, 200)
	budget("15").Is(t, 200)
}
