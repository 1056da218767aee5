package test

import (
	"net/http"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

func TestConditionalRequests(t *testing.T) {
	m := harness.StartWithMember(t)
	id := m.Create(t, "", harness.CreateBody("first")).Database(t, 201).ID
	one := harness.DatabasesPath + "/" + id

	with := func(tags ...string) http.Header {
		return harness.Merged(m.Header, http.Header{"If-None-Match": tags})
	}
	for _, path := range []string{harness.DatabasesPath, one} {
		t.Run(path, func(t *testing.T) {
			whole := m.Do(t, "GET", path, m.Header, "").Is(t, 200)

			tag := whole.Header.Get("ETag")
			if len(tag) < 10 || tag[0] != '"' {
				t.Fatalf("got ETag %q, want a strong one", tag)
			}

			if again := m.Do(
				t,
				"GET",
				path,
				with(`"x"`),
				"",
			).Is(
				t, 200,
			); again.Body != whole.Body ||
				again.Header.Get("ETag") != tag {
				t.Errorf("got %s with ETag %s, want the same response as before", again.Body, again.Header.Get("ETag"))
			}

			for _, tags := range [][]string{{tag}, {"W/" + tag}, {`"x", ` + tag}, {`"x"`, tag}, {"*"}} {
				got := m.Do(t, "GET", path, with(tags...), "").Is(t, 304)
				if got.Body != "" || got.Header.Get("ETag") != tag || got.Header.Get("Cache-Control") != "no-store" ||
					got.Header.Get("Content-Type") != "" {
					t.Errorf("%q: got 304 with body %q and header %v", tags, got.Body, got.Header)
				}
			}
			m.Do(t, "HEAD", path, with(tag), "").Is(t, 304)
		})
	}
	t.Run("a change", func(t *testing.T) {
		tag := m.Do(t, "GET", harness.DatabasesPath, m.Header, "").Header.Get("ETag")
		m.Create(t, "", harness.CreateBody("second")).Is(t, 201)

		if got := m.Do(t, "GET", harness.DatabasesPath, with(tag), "").Is(t, 200); got.Header.Get("ETag") == tag {
			t.Error("another list has the same ETag")
		}
	})
	t.Run("no caller, no database", func(t *testing.T) {
		m.Do(t, "GET", one, http.Header{"If-None-Match": {"*"}}, "").IsProblem(t, 401, "authentication_required")
		m.Do(t, "GET", harness.DatabasesPath+"/nothing", with("*"), "").IsProblem(t, 404, "database_not_found")
	})
	t.Run("what holds secrets, and what is posted", func(t *testing.T) {
		if got := m.Do(
			t, "GET", one+"/credentials", with("*"), "",
		).Is(
			t, 200,
		); got.Header.Get("ETag") != "" ||
			got.Body == "" {
			t.Errorf("credentials: got header %v", got.Header)
		}

		got := m.Do(t, "POST", harness.DatabasesPath, with("*"), harness.CreateBody("third")).Is(t, 201)
		if got.Header.Get("ETag") != "" {
			t.Errorf("a create: got header %v", got.Header)
		}
	})
}
