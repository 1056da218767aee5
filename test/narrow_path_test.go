package test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/test/harness"
)

// tricks try to put another path into an id. They are sent as raw bytes: Go's client would clean some of them.
func tricks() []string {
	id := "96ad0856-03b1-4ee7-9666-e81abd0349e1"

	return []string{
		"../apikey",
		"..%2fapikey",
		"..%2Fapikey",
		"%2e%2e/apikey",
		"%2e%2e%2fapikey",
		".%2e/apikey",
		"..;/apikey",
		"..%3b/apikey",
		`\..\apikey`,
		"%5c..%5capikey",
		"..%5capikey",
		"%252e%252e%252fapikey",
		"%25252e%25252e%25252fapikey",
		"%00",
		id + "%00",
		id + "/../../teams",
		id + "%2f..%2f..%2fteams",
		id + "%3fx=1",
		id + "%23",
		id + "%26a=b",
		id + "%0d%0aX-Evil:%201",
		id + "%20",
		"%c0%ae%c0%ae%c0%afapikey",
		"%e0%80%ae%e0%80%ae/apikey",
		"%ef%bc%8e%ef%bc%8e%ef%bc%8fapikey",
		"．．／apikey",
		strings.Repeat("a", 4096),
		"%2e",
		"..",
		"%2e%2e",
		"%2f",
		"-" + id,
		id + "%2e",
		"%",
		"%zz",
		"%u002e%u002e",
		id + ".json",
		"*",
		"$(id)",
		"'%20OR%20'1'='1",
		"..%252f..%252fteams",
		"./" + id,
		"//" + id,
		id + "//..//..//teams",
		"%2e%2e%2f%2e%2e%2fv2%2fteams",
		"null",
		"undefined?x=..",
	}
}

// Threat model: P01.
func TestPathTricksInIDsAreRejected(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))
	// A valid id in a path of the listed operations reaches upstream: the check below can tell the difference.
	before := f.Requests.Load()
	m.Do(
		t, "GET", harness.DatabasesPath+"/96ad0856-03b1-4ee7-9666-e81abd0349e1", m.Header, "",
	).IsProblem(t, 404,
		"database_not_found")

	if f.Requests.Load() != before+1 {
		t.Fatal("a well-formed id did not reach upstream")
	}

	for _, trick := range tricks() {
		for target, method := range map[string]string{
			harness.DatabasesPath + "/" + trick: "GET", harness.DatabasesPath + "/" + trick + "/credentials": "GET",
			harness.DatabasesPath + "/" + trick + "/ping": "POST",
		} {
			name := target[:min(len(target), 80)]

			if trick == "null" || strings.HasPrefix(trick, "undefined") {
				continue // well-formed unknown ids are sent upstream, as any other
			}
			t.Run(name, func(t *testing.T) {
				f.SendsNothing(t, func() {
					if got := m.Send(t, method, target, ""); got.Status != 404 && got.Status != 400 {
						t.Errorf("got status %d, want 404 or 400; %s", got.Status, got.Body)
					}
				})
			})
		}
	}
	t.Run("an empty id", func(t *testing.T) {
		f.SendsNothing(
			t, func() { m.Do(t, "GET", harness.DatabasesPath+"/", m.Header, "").IsProblem(t, 404, "not_found") },
		)
	})
}

// operations are the only requests that may cause upstream calls. All other routes, and unknown paths, must send
// nothing.
func operations() map[api.Route]bool {
	return map[api.Route]bool{
		{Method: "GET", Path: "/api/v1/databases"}:                 true,
		{Method: "POST", Path: "/api/v1/databases"}:                true,
		{Method: "GET", Path: "/api/v1/databases/:id"}:             true,
		{Method: "GET", Path: "/api/v1/databases/:id/credentials"}: true,
		{Method: "POST", Path: "/api/v1/databases/:id/ping"}:       true,
		{Method: "POST", Path: "/api/v1/session"}:                  true, // mints
		{Method: "PUT", Path: "/api/v1/connection"}:                true, // mints
	}
}

var everyMethod = []string{
	"GET",
	"HEAD",
	"POST",
	"PUT",
	"PATCH",
	"DELETE",
	"OPTIONS",
	"TRACE",
	"PROPFIND",
	"PURGE",
	"get",
	"FOO",
}

// Threat model: P02.
func TestOnlyListedOperationsReachUpstream(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))
	id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID

	t.Run("every path of the route table, by every method it does not have", func(t *testing.T) {
		routes := map[api.Route]bool{}

		paths := map[string]bool{}
		for _, route := range m.App.Handler().(harness.Routed).Routes() {
			routes[route], paths[route.Path] = true, true
		}

		if !routes[api.Route{Method: "POST", Path: "/api/v1/databases"}] {
			t.Fatal("the route table is not what it should be")
		}
		f.SendsNothing(t, func() {
			for path := range paths {
				target := strings.NewReplacer(":id", id, ":code", "internal").Replace(path)
				for _, method := range everyMethod {
					route := api.Route{Method: method, Path: path}
					if method == http.MethodHead && routes[api.Route{Method: http.MethodGet, Path: path}] {
						route.Method = http.MethodGet // the same call without a response body
					}
					// the connection is needed further on
					if operations()[route] || routes[route] && method == "DELETE" {
						continue
					}

					got := m.Send(t, method, target, "Content-Length: 0\r\n")
					if !routes[route] && got.Status != 404 && got.Status != 405 {
						t.Errorf("%s %s: got status %d, want 404 or 405", method, target, got.Status)
					}
				}
			}
		})
	})
	// Other Developer API calls, in forms that a proxy might let through.
	upstreamPaths := []string{
		"teams",
		"team",
		"apikey",
		"auditlogs",
		"redis/reset-password/" + id,
		"redis/rename/" + id,
		"redis/stats/" + id,
		"redis/database/" + id,
		"redis/enable-tls/" + id,
		"redis/enable-eviction/" + id,
		"redis/disable-eviction/" + id,
		"redis/enable-autoupgrade/" + id,
		"redis/update-regions/" + id,
		"redis/update-budget/" + id,
		"redis/move-to-team",
		"redis/" + id + "/change-plan",
		"redis/list-backup/" + id,
		"redis/create-backup/" + id,
		"redis/delete-backup/" + id + "/" + id,
		"redis/restore-backup/" + id,
		"redis/enable-dailybackup/" + id,
		"redis/disable-dailybackup/" + id,
		"redis/disable-autoupgrade/" + id,
		"redis/change-plan/" + id,
		"teams/" + id,
		"teams/member",
		"redis/databases",
		"vector/index",
		"vector/index/" + id,
		"search",
		"qstash/user",
		"qstash/rotate-token/" + id,
		"kafka/clusters",
	}
	prefixes := []string{
		"/",
		"/v2/",
		"/api/",
		"/api/v1/",
		"/api/v2/",
		harness.DatabasesPath + "/",
		harness.DatabasesPath + "/" + id + "/",
		harness.DatabasesPath + "/../../../v2/",
		harness.DatabasesPath + "/..%2f..%2f..%2fv2%2f",
		"/api/v1//v2/",
	}
	t.Run("paths of the Developer API", func(t *testing.T) {
		f.SendsNothing(t, func() {
			for _, path := range upstreamPaths {
				for _, prefix := range prefixes {
					for _, method := range []string{"GET", "POST", "DELETE", "PATCH"} {
						if method == "GET" && prefix == harness.DatabasesPath+"/" && !strings.Contains(path, "/") {
							continue // a well-formed id that nobody has
						}
						got := m.Send(t, method, prefix+path, "Content-Length: 0\r\n")

						// the page serves paths outside /api
						isPage := got.Status == 200 && method == "GET" && !strings.HasPrefix(prefix, "/api")
						// an operation that is not open, such as GET /qstash/user
						isClosed := got.Status == 403 && strings.Contains(got.Body, "operation_disabled")
						if got.Status != 404 && got.Status != 405 && got.Status != 400 && !isPage && !isClosed {
							t.Errorf("%s %s: got status %d, want 404 or 405", method, prefix+path, got.Status)
						}
					}
				}
			}
		})
	})
	t.Run("tricks below and beside the operations", func(t *testing.T) {
		f.SendsNothing(t, func() {
			for _, trick := range tricks() {
				for _, target := range []string{"/api/v1/" + trick, harness.DatabasesPath + "/" + id + "/" + trick, harness.DatabasesPath + "/" + id + "/credentials/" + trick} {
					for _, method := range []string{"GET", "POST", "DELETE"} {
						if got := m.Send(
							t, method, target, "Content-Length: 0\r\n",
						); got.Status != 404 && got.Status != 405 &&
							got.Status != 400 {
							t.Errorf("%s %.90s: got status %d, want 404, 405 or 400", method, target, got.Status)
						}
					}
				}
			}
		})
	})

	if names := m.UpstreamNames(t); names["mine"] != 1 {
		t.Errorf("got databases %v, want mine untouched", names)
	}
}

// Threat model: P02.
func TestQueryParametersAreNotForwarded(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))
	id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
	var seen []string
	f.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		seen = append(seen, r.URL.RequestURI())
		return false
	})
	m.Do(t, "GET", harness.DatabasesPath+"?credentials=show&limit=1&%2e%2e=x", m.Header, "").Is(t, 200)
	m.Do(t, "GET", harness.DatabasesPath+"/"+id+"?credentials=show&path=/teams", m.Header, "").Is(t, 200)
	f.Intercept(nil)

	want := []string{harness.UpstreamList, harness.UpstreamCreate + "/" + id + "?credentials=hide"}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("got upstream requests %q, want %q", seen, want)
	}
}

// Threat model: P09.
func TestClientHeadersAreNotForwarded(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))
	var elsewhere int
	trap := &harness.Front{}
	trap.Server = harness.NewTrap(t, &elsewhere)
	host := strings.TrimPrefix(trap.URL, "http://")
	header := harness.Merged(m.Header, http.Header{
		"Base-Url-Override": {
			trap.URL,
		},
		"X-Upstream":       {trap.URL},
		"X-Forwarded-Host": {host},
		"X-Original-Url":   {"/v2/teams"},
		"X-Rewrite-Url": {
			"/v2/teams",
		},
		"X-Http-Method-Override": {"DELETE"},
		"Forwarded":              {"host=" + host},
		"X-Host":                 {host},
		"X-Bff-Upstash-Api-Url": {
			trap.URL,
		},
		"Proxy":    {trap.URL},
		"Via":      {"1.1 " + host},
		"X-Custom": {"from the caller"},
		"Cookie":   {"a=b"},
		"User-Agent": {
			"the caller's",
		},
		"Accept-Encoding": {"gzip"},
		"Traceparent":     {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
	})

	own, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	f.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Host != own.Host {
			t.Errorf("got Host %q at upstream, want %q", r.Host, own.Host)
		}

		names := map[string]bool{}
		for name := range r.Header {
			names[name] = true
		}

		for _, allowed := range []string{"Accept", "User-Agent", "Authorization", "Content-Type", "Content-Length", "Connection"} {
			delete(names, allowed)
		}

		if len(names) > 0 || r.Header.Get("User-Agent") == "the caller's" ||
			strings.Contains(r.Header.Get("Authorization"), "Bearer") {
			t.Errorf("headers reached upstream that are not ours: %v, %s", names, r.Header.Get("User-Agent"))
		}

		return false
	})
	before := f.Requests.Load()
	m.Do(t, "GET", harness.DatabasesPath+"?base_url="+trap.URL+"&upstream="+host, header, "").Is(t, 200)
	created := m.Do(t, "POST", harness.DatabasesPath, header, harness.CreateBody("here")).Database(t, 201)
	m.Do(t, "GET", harness.DatabasesPath+"/"+created.ID, header, "").Is(t, 200)
	f.Intercept(nil)

	if got := f.Requests.Load() - before; got != 4 { // a list, a list and a create, a read
		t.Errorf("got %d requests upstream, want 4", got)
	}

	for _, field := range []string{"base_url", "upstream", "host", "url", "endpoint", "api_url"} {
		f.SendsNothing(t, func() {
			m.Create(
				t,
				"",
				`{"name":"x","primary_region":"us-east-1","`+field+`":"`+trap.URL+`"}`,
			).IsProblem(t, 400,
				"unknown_field")
		})
	}

	if elsewhere != 0 {
		t.Errorf("%d requests went elsewhere", elsewhere)
	}
}
