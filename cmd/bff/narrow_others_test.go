package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestP07WhatBelongsToOthersIsAsIfItWereNot(t *testing.T) {
	var f front
	p := startProduct(t, withFront(t, &f))
	one, other := p.joined(t, "one@example.com"), p.joined(t, "other@example.com")
	mine := one.create(t, "key", createBody("mine")).database(t, 201)
	const absent = "00000000-0000-4000-8000-000000000000"
	// looks is everything about an answer that could tell "not yours" from "not there", and what it cost.
	looks := func(t *testing.T, path string) string {
		t.Helper()
		before := f.requests.Load()
		got := other.do(t, "GET", path, other.header, "")
		problem := got.isProblem(t, 404, "database_not_found")
		return fmt.Sprint(problem.Title, problem.Detail, len(got.body), got.header.Get("Content-Length"), f.requests.Load()-before)
	}
	for _, suffix := range []string{"", "/credentials"} {
		foreign, missing := looks(t, databasesPath+"/"+mine.ID+suffix), looks(t, databasesPath+"/"+absent+suffix)
		if foreign != missing {
			t.Errorf("%s: another's database looks like %q, an absent one like %q", suffix, foreign, missing)
		}
	}
	if got := other.list(t); len(got) != 0 {
		t.Errorf("the other account sees %+v", got)
	}
	if got := other.create(t, "key", createBody("mine")).database(t, 201); got.ID == mine.ID {
		t.Error("the other account's key answers the first one's database")
	}
	connection := one.connection(t, one.email)
	for name, header := range map[string]http.Header{
		"connection id": {"X-Connection-Id": {connection.ID}}, "ETag": {"If-None-Match": {`"` + mine.ID + `"`, "*"}}, "ETag to match": {"If-Match": {`"x"`}},
		"account": {"X-Account": {one.email}, "X-User": {one.email}}, "date": {"If-Modified-Since": {"Fri, 31 Dec 9999 23:59:59 GMT"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, query := range []string{"", "?cursor=" + mine.ID, "?connection_id=" + connection.ID, "?account=" + one.email + "&sub=" + one.email} {
				got := other.do(t, "GET", databasesPath+query, merged(other.header, header), "").is(t, 200)
				if strings.Contains(got.body, mine.ID) {
					t.Errorf("%s: the first account's database leaves: %s", query, got.body)
				}
				got = other.do(t, "GET", "/api/v1/connection"+query, merged(other.header, header), "").is(t, 200)
				if strings.Contains(got.body, connection.ID) || strings.Contains(got.body, one.email) {
					t.Errorf("%s: the first account's connection leaves: %s", query, got.body)
				}
			}
			other.do(t, "GET", databasesPath+"/"+mine.ID, merged(other.header, header), "").isProblem(t, 404, "database_not_found")
		})
	}
	if got := one.list(t); len(got) != 1 || got[0].ID != mine.ID {
		t.Errorf("the first account has %+v, want its database as before", got)
	}
}

// There are no partner services yet: whatever is meant for them opens nothing to a user, and no token passes for theirs.
func TestP08UsersReachNothingOfPartners(t *testing.T) {
	var f front
	m := startJoined(t, withFront(t, &f))
	cookie := m.login(t, m.tokenOf(t, m.email))
	for name, header := range map[string]http.Header{"by token": m.header, "by cookie": m.fromPage(cookie)} {
		t.Run(name, func(t *testing.T) {
			for _, route := range []string{
				"POST /api/v1/connect-sessions", "GET /api/v1/connect-sessions/cs_1", "POST /api/v1/connect-sessions/cs_1/complete", "GET /api/v1/connections",
				"DELETE /api/v1/connections/con_1", "GET /api/v1/admin", "POST /api/v1/tokens", "GET /api/v1/tokens", "DELETE /api/v1/tokens/tok_1", "GET /metrics", "GET /debug/pprof/",
			} {
				method, path, _ := strings.Cut(route, " ")
				f.sendsNothing(t, func() {
					got := m.do(t, method, path, header, "")
					isPage := got.status == 200 && !strings.HasPrefix(path, "/api/") && strings.HasPrefix(got.header.Get("Content-Type"), "text/html")
					if got.status != 404 && got.status != 405 && !isPage {
						t.Errorf("%s: got status %d, want 404; %s", route, got.status, got.body)
					}
				})
			}
		})
	}
	for _, token := range []string{"bff_live_0123456789abcdef0123456789abcdef", "sk_0123456789", strings.Repeat("a", 40)} {
		m.leavesNothing(t, func() {
			m.do(t, "POST", databasesPath, merged(bearer(token), http.Header{"X-Connection-Id": {"con_1"}}), createBody("x")).isProblem(t, 401, "invalid_token")
		})
	}
}

// Every place where a caller's words meet the database takes them as words. What binds them is shown in internal/db.
func TestP21InjectionThroughEveryString(t *testing.T) {
	p := startProduct(t)
	victim := p.joined(t, "victim@example.com")
	kept := victim.create(t, "key", createBody("kept")).database(t, 201)
	words := []string{
		`x' OR '1'='1`, `x'; DROP TABLE creates; --`, `x" OR ""="`, `x\'; --`, `'||(SELECT sealed_key FROM connections)||'`, `1);DELETE FROM sessions--`, "x\u02bc OR 1=1", `%`, `_`, `?`, `$1`, `@p0`, `{"id":1}`, `id = ?`,
	}
	for n, word := range words {
		t.Run(word, func(t *testing.T) {
			// The subject of a token reaches the database as it is.
			email := fmt.Sprintf("attacker-%d@example.com", n)
			header := bearer(p.token(t, map[string]any{"email": email, "claims": map[string]any{"sub": "auth0|" + word}}))
			got := p.do(t, "PUT", "/api/v1/connection", header, "")
			if got.status/100 == 5 {
				t.Errorf("connect: got %d %s", got.status, got.body)
			}
			attacker := member{product: p, email: email, header: header}
			if got := attacker.do(t, "GET", databasesPath, header, ""); strings.Contains(got.body, kept.ID) {
				t.Errorf("the list holds another account's database")
			}
			bare := strings.NewReplacer(" ", "", `"`, "", ",", "", `\`, "", "\u02bc", "").Replace(word)
			if got := attacker.create(t, bare, createBody("x")); got.status/100 == 5 && got.status != 503 || strings.Contains(got.body, kept.ID) {
				t.Errorf("create under a key of words: got %d %s", got.status, got.body)
			}
			victim.create(t, "", createBody(strings.ReplaceAll(strings.ReplaceAll(word, `\`, `\\`), `"`, `\"`))).isProblem(t, 422, "validation_failed")
			p.do(t, "GET", databasesPath+"/"+strings.ReplaceAll(url.PathEscape(word), "%2F", "/"), victim.header, "").is(t, 404)
			for _, parameter := range []string{"sort", "filter", "cursor", "order", "limit"} {
				if got := victim.do(t, "GET", databasesPath+"?"+parameter+"="+url.PathEscape(word), victim.header, "").is(t, 200); strings.Count(got.body, `"id":`) != 1 {
					t.Errorf("%s: got %s", parameter, got.body)
				}
			}
			p.do(t, "GET", "/api/v1/session", http.Header{"Cookie": {"session=" + url.PathEscape(word)}, "X-Csrf": {"1"}}, "").isProblem(t, 401, "session_expired")
		})
	}
	if got := victim.list(t); len(got) != 1 || got[0].ID != kept.ID {
		t.Errorf("the victim has %+v, want its database as before", got)
	}
	if got := p.rows(t); got["connections"] < 2 || got["creates"] == 0 { // the tables are there, and hold what they should
		t.Errorf("got rows %v", got)
	}
}
