package main

import (
	"net/http"
	"testing"
)

func TestConditionalAnswers(t *testing.T) {
	m := startJoined(t)
	id := m.create(t, "", createBody("first")).database(t, 201).ID
	one := databasesPath + "/" + id
	with := func(tags ...string) http.Header {
		return merged(m.header, http.Header{"If-None-Match": tags})
	}
	for _, path := range []string{databasesPath, one} {
		t.Run(path, func(t *testing.T) {
			whole := m.do(t, "GET", path, m.header, "").is(t, 200)
			tag := whole.header.Get("ETag")
			if len(tag) < 10 || tag[0] != '"' {
				t.Fatalf("got ETag %q, want a strong one", tag)
			}
			if again := m.do(t, "GET", path, with(`"x"`), "").is(t, 200); again.body != whole.body || again.header.Get("ETag") != tag {
				t.Errorf("got %s with ETag %s, want the same answer as before", again.body, again.header.Get("ETag"))
			}
			for _, tags := range [][]string{{tag}, {"W/" + tag}, {`"x", ` + tag}, {`"x"`, tag}, {"*"}} {
				got := m.do(t, "GET", path, with(tags...), "").is(t, 304)
				if got.body != "" || got.header.Get("ETag") != tag || got.header.Get("Cache-Control") != "no-store" || got.header.Get("Content-Type") != "" {
					t.Errorf("%q: got 304 with body %q and header %v", tags, got.body, got.header)
				}
			}
			m.do(t, "HEAD", path, with(tag), "").is(t, 405)
		})
	}
	t.Run("a change", func(t *testing.T) {
		tag := m.do(t, "GET", databasesPath, m.header, "").header.Get("ETag")
		m.create(t, "", createBody("second")).is(t, 201)
		if got := m.do(t, "GET", databasesPath, with(tag), "").is(t, 200); got.header.Get("ETag") == tag {
			t.Error("another list has the same ETag")
		}
	})
	t.Run("no caller, no database", func(t *testing.T) {
		m.do(t, "GET", one, http.Header{"If-None-Match": {"*"}}, "").isProblem(t, 401, "authentication_required")
		m.do(t, "GET", databasesPath+"/nothing", with("*"), "").isProblem(t, 404, "database_not_found")
	})
	t.Run("what holds secrets, and what is posted", func(t *testing.T) {
		if got := m.do(t, "GET", one+"/credentials", with("*"), "").is(t, 200); got.header.Get("ETag") != "" || got.body == "" {
			t.Errorf("credentials: got header %v", got.header)
		}
		got := m.do(t, "POST", databasesPath, with("*"), createBody("third")).is(t, 201)
		if got.header.Get("ETag") != "" {
			t.Errorf("a create: got header %v", got.header)
		}
	})
}
