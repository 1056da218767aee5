package test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// Threat model: P07.
func TestDatabasesOfOthersAreNotFound(t *testing.T) {
	var f harness.Front
	p := harness.StartProduct(t, harness.WithFront(t, &f))
	one, other := p.AddMember(t, "one@example.com"), p.AddMember(t, "other@example.com")
	mine := one.Create(t, "key", harness.CreateBody("mine")).Database(t, 201)
	const absent = "00000000-0000-4000-8000-000000000000"
	// looks is everything that could distinguish a foreign from a missing database, including its cost.
	looks := func(t *testing.T, method, path string) string {
		t.Helper()
		before := f.Requests.Load()
		got := other.Do(t, method, path, other.Header, "")
		problem := got.IsProblem(t, 404, "database_not_found")

		return fmt.Sprint(
			problem.Title, problem.Detail, len(got.Body), got.Header.Get("Content-Length"), f.Requests.Load()-before,
		)
	}
	for suffix, method := range map[string]string{"": "GET", "/credentials": "GET", "/ping": "POST"} {
		foreign := looks(t, method, harness.DatabasesPath+"/"+mine.ID+suffix)
		missing := looks(t, method, harness.DatabasesPath+"/"+absent+suffix)

		if foreign != missing {
			t.Errorf("%s: another's database looks like %q, an absent one like %q", suffix, foreign, missing)
		}
	}

	if got := other.List(t); len(got) != 0 {
		t.Errorf("the other account sees %+v", got)
	}

	if got := other.Create(t, "key", harness.CreateBody("mine")).Database(t, 201); got.ID == mine.ID {
		t.Error("the other account's key returns the first one's database")
	}

	connection := one.Connection(t, one.Email)
	for name, header := range map[string]http.Header{
		"connection id": {"X-Connection-Id": {connection.ID}}, "ETag": {"If-None-Match": {`"` + mine.ID + `"`, "*"}}, "ETag to match": {"If-Match": {`"x"`}},
		"account": {"X-Account": {one.Email}, "X-User": {one.Email}}, "date": {"If-Modified-Since": {"Fri, 31 Dec 9999 23:59:59 GMT"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, query := range []string{"", "?cursor=" + mine.ID, "?connection_id=" + connection.ID, "?account=" + one.Email + "&sub=" + one.Email} {
				got := other.Do(
					t, "GET", harness.DatabasesPath+query, harness.Merged(other.Header, header), "",
				).Is(
					t, 200,
				)
				if strings.Contains(got.Body, mine.ID) {
					t.Errorf("%s: the first account's database leaves: %s", query, got.Body)
				}

				got = other.Do(
					t, "GET", "/api/v1/connection"+query, harness.Merged(other.Header, header), "",
				).Is(
					t, 200,
				)
				if strings.Contains(got.Body, connection.ID) || strings.Contains(got.Body, one.Email) {
					t.Errorf("%s: the first account's connection leaves: %s", query, got.Body)
				}
			}
			other.Do(
				t, "GET", harness.DatabasesPath+"/"+mine.ID, harness.Merged(other.Header, header), "",
			).IsProblem(t, 404,
				"database_not_found")
		})
	}

	if got := one.List(t); len(got) != 1 || got[0].ID != mine.ID {
		t.Errorf("the first account has %+v, want its database as before", got)
	}
}

// Users cannot use the service API, and a user's token is no service token.
//
// Threat model: P08.
func TestUserSessionsCannotUseTheServiceAPI(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))

	cookie := m.Login(t, m.TokenOf(t, m.Email))
	for name, header := range map[string]http.Header{"by token": m.Header, "by cookie": m.FromPage(cookie)} {
		t.Run(name, func(t *testing.T) {
			for _, route := range []string{
				"GET /api/v1/connections", "GET /api/v1/services", "POST /api/v1/services",
				"DELETE /api/v1/connections/con_1", "GET /api/v1/admin", "POST /api/v1/tokens", "GET /api/v1/tokens", "DELETE /api/v1/tokens/tok_1", "GET /metrics", "GET /debug/pprof/",
			} {
				method, path, _ := strings.Cut(route, " ")
				f.SendsNothing(t, func() {
					got := m.Do(t, method, path, header, "")

					isPage := got.Status == 200 && !strings.HasPrefix(path, "/api/") &&
						strings.HasPrefix(got.Header.Get("Content-Type"), "text/html")
					if got.Status != 404 && got.Status != 405 && !isPage {
						t.Errorf("%s: got status %d, want 404; %s", route, got.Status, got.Body)
					}
				})
			}

			for _, route := range []string{
				"POST /api/v1/connect-sessions", "GET /api/v1/connect-sessions/cs_1",
				"POST /api/v1/connect-sessions/cs_1/complete", "GET /api/v1/grants", "GET /api/v1/grants/grt_1",
				"PATCH /api/v1/grants/grt_1", "DELETE /api/v1/grants/grt_1",
			} {
				method, path, _ := strings.Cut(route, " ")
				f.SendsNothing(t, func() {
					if got := m.Do(t, method, path, header, ""); got.Status != 401 {
						t.Errorf("%s: got status %d, want 401; %s", route, got.Status, got.Body)
					}
				})
			}
		})
	}

	for _, token := range []string{"bff_live_0123456789abcdef0123456789abcdef", "sk_0123456789", strings.Repeat("a", 40)} {
		m.HasNoEffect(t, func() {
			m.Do(
				t,
				"POST",
				harness.DatabasesPath,
				harness.Merged(harness.Bearer(token), http.Header{"X-Connection-Id": {"con_1"}}),
				harness.CreateBody("x"),
			).IsProblem(t, 401,
				"invalid_token")
		})
	}
}

// Every caller's text reaches the database as a bound value. Tests in internal/db check the binding.
//
// Threat model: P21.
func TestInjectionStringsHaveNoEffect(t *testing.T) {
	p := harness.StartProduct(t)
	victim := p.AddMember(t, "victim@example.com")
	kept := victim.Create(t, "key", harness.CreateBody("kept")).Database(t, 201)

	words := []string{
		`x' OR '1'='1`,
		`x'; DROP TABLE creates; --`,
		`x" OR ""="`,
		`x\'; --`,
		`'||(SELECT sealed_key FROM connections)||'`,
		`1);DELETE FROM sessions--`,
		"x\u02bc OR 1=1",
		`%`,
		`_`,
		`?`,
		`$1`,
		`@p0`,
		`{"id":1}`,
		`id = ?`,
	}
	for n, word := range words {
		t.Run(word, func(t *testing.T) {
			// The subject of a token reaches the database as it is.
			email := fmt.Sprintf("attacker-%d@example.com", n)
			header := harness.Bearer(
				p.Token(t, map[string]any{"email": email, "claims": map[string]any{"sub": "auth0|" + word}}),
			)

			got := p.Do(t, "PUT", "/api/v1/connection", header, "")
			if got.Status/100 == 5 {
				t.Errorf("connect: got %d %s", got.Status, got.Body)
			}

			attacker := harness.Member{Product: p, Email: email, Header: header}
			if got := attacker.Do(t, "GET", harness.DatabasesPath, header, ""); strings.Contains(got.Body, kept.ID) {
				t.Errorf("the list holds another account's database")
			}

			bare := strings.NewReplacer(" ", "", `"`, "", ",", "", `\`, "", "\u02bc", "").Replace(word)
			if got := attacker.Create(
				t, bare, harness.CreateBody("x"),
			); got.Status/100 == 5 && got.Status != 503 ||
				strings.Contains(got.Body, kept.ID) {
				t.Errorf("create under a key of words: got %d %s", got.Status, got.Body)
			}
			victim.Create(
				t,
				"",
				harness.CreateBody(strings.ReplaceAll(strings.ReplaceAll(word, `\`, `\\`), `"`, `\"`)),
			).IsProblem(t, 422,
				"validation_failed")
			p.Do(
				t,
				"GET",
				harness.DatabasesPath+"/"+strings.ReplaceAll(url.PathEscape(word), "%2F", "/"),
				victim.Header,
				"",
			).Is(
				t, 404,
			)

			for _, parameter := range []string{"sort", "filter", "cursor", "order", "limit"} {
				if got := victim.Do(
					t, "GET", harness.DatabasesPath+"?"+parameter+"="+url.PathEscape(word), victim.Header, "",
				).Is(
					t, 200,
				); strings.Count(
					got.Body,
					`"id":`,
				) != 1 {
					t.Errorf("%s: got %s", parameter, got.Body)
				}
			}
			p.Do(
				t,
				"GET",
				"/api/v1/session",
				http.Header{"Cookie": {"session=" + url.PathEscape(word)}, "X-Csrf": {"1"}},
				"",
			).IsProblem(t, 401,
				"session_expired")
		})
	}

	if got := victim.List(t); len(got) != 1 || got[0].ID != kept.ID {
		t.Errorf("the victim has %+v, want its database as before", got)
	}

	// The tables exist and are not empty.
	if got := p.Rows(t); got["connections"] < 2 || got["creates"] == 0 {
		t.Errorf("got rows %v", got)
	}
}
