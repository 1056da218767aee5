package test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/test/harness"
)

// An unused code from an earlier approval must not restore a revoked permission.
func TestRevocationIsNotUndoneByACode(t *testing.T) {
	t.Parallel()
	harness.OnBothDatabases(t, func(t *testing.T, options ...harness.Option) {
		t.Helper()
		s := harness.StartService(t, options...)

		for name, takeBack := range map[string]func(*harness.Browser, string){
			"the user takes it back": func(b *harness.Browser, id string) {
				b.Page(t, "DELETE", "/api/v1/connection/grants/"+id, nil, "").Is(t, 204)
			},
			"the user narrows it": func(b *harness.Browser, id string) {
				b.Page(t, "PATCH", "/api/v1/connection/grants/"+id, nil, `{"scopes":["redis.list"]}`).Is(t, 200)
			},
			"the operator revokes by user": func(*harness.Browser, string) {
				if _, err := s.Registry().RevokeGrants(t.Context(), partner.GrantSelection{User: invitee}); err != nil {
					t.Error(err)
				}
			},
			"the operator revokes by service": func(*harness.Browser, string) {
				of := partner.GrantSelection{ServiceID: partner.BuiltInID}
				if _, err := s.Registry().RevokeGrants(t.Context(), of); err != nil {
					t.Error(err)
				}
			},
		} {
			grant := s.Granted(t, "user-1", invitee, "")
			opened := s.Invite(t, "user-1", "")

			browser := s.Browser(t)
			browser.Open(t, opened.Invitation).Is(t, 200)
			browser.Login(t, invitee)
			code := browser.Allow(t)
			takeBack(browser, grant.ID)

			t.Log(name)
			s.Complete(t, opened.ID, code, "user-1").IsProblem(t, 410, "invitation_expired")
			s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "k"), harness.CreateBody("orders")).
				IsProblemOneOf(t, "grant_required", "insufficient_scope")
		}
	})
}

// A request whose body arrives slowly cannot use a permission that ended meanwhile.
func TestSlowCreateIsCheckedWhenItsBodyIsComplete(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)

	for name, takeBack := range map[string]struct {
		do   func(grantID string)
		code string
	}{
		"the grant": {func(grantID string) {
			s.Call(t, "DELETE", "/api/v1/grants/"+grantID, "").Is(t, 204)
		}, "grant_required"},
		"a scope of it": {func(grantID string) {
			s.Call(t, "PATCH", "/api/v1/grants/"+grantID, `{"scopes":["redis.list"]}`).Is(t, 200)
		}, "insufficient_scope"},
	} {
		grant := s.Granted(t, "user-1", invitee, "")
		body, write := io.Pipe()

		request, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+harness.DatabasesPath, body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = harness.Merged(harness.Keyed(s.As("user-1"), "k"), http.Header{"Content-Type": {"application/json"}})

		answered := make(chan harness.Response, 1)
		go func() {
			answer := harness.Response{Method: "POST", Path: harness.DatabasesPath}

			response, err := s.Client.Do(request)
			if err == nil {
				read, _ := io.ReadAll(response.Body)
				_ = response.Body.Close()
				answer.Status, answer.Header, answer.Body = response.StatusCode, response.Header, string(read)
			}
			answered <- answer
		}()

		whole := harness.CreateBody("orders")
		_, _ = io.WriteString(write, whole[:10]) // the caller is known by now
		takeBack.do(grant.ID)
		_, _ = io.WriteString(write, whole[10:])
		_ = write.Close()

		if answer := <-answered; !strings.Contains(answer.Body, takeBack.code) {
			t.Errorf("%s: got %d %s, want %s", name, answer.Status, answer.Body, takeBack.code)
		}
	}

	if got := len(s.Account(t, invitee).Databases); got != 0 {
		t.Errorf("%d databases were made, want none", got)
	}
}

// A service that floods an account uses up its own share: the user can still take the grant back.
func TestServiceFloodDoesNotLockTheUserOut(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t, harness.WithConfig(func(c *config.Config) {
		c.LimitRequests = limit.Rate{Count: 20, Per: time.Hour}
	}))
	grant := s.Granted(t, "user-1", invitee, "")
	browser := s.Browser(t)
	browser.Login(t, invitee)

	limited := 0
	for range 40 {
		if s.Do(t, "GET", "/api/v1/connection", s.As("user-1"), "").Status == http.StatusTooManyRequests {
			limited++
		}
	}

	if limited == 0 {
		t.Error("40 calls of a service passed, want them limited")
	}
	browser.Page(t, "DELETE", "/api/v1/connection/grants/"+grant.ID, nil, "").Is(t, 204)
}

// Invalid ids get the same response as unknown ones, on both databases.
func TestInvalidIDsAreNotFound(t *testing.T) {
	t.Parallel()
	harness.OnBothDatabases(t, func(t *testing.T, options ...harness.Option) {
		t.Helper()
		s := harness.StartService(t, options...)

		for _, id := range []string{"%00", "%FF", "grt_%00", "grt_1", "GRT_AAAAAAAAAAAAAAAAAAAAAAAAAA", strings.Repeat("a", 4000)} {
			s.Call(t, "GET", "/api/v1/grants/"+id, "").IsProblem(t, 404, "not_found")
			s.Call(t, "DELETE", "/api/v1/grants/"+id, "").IsProblem(t, 404, "not_found")
			s.Call(t, "PATCH", "/api/v1/grants/"+id, `{"scopes":["redis.list"]}`).IsProblem(t, 404, "not_found")
			s.Call(t, "GET", "/api/v1/connect-sessions/"+id, "").IsProblem(t, 404, "not_found")
			s.Call(t, "POST", "/api/v1/connect-sessions/"+id+"/complete", `{"code":"c","external_id":"u"}`).
				IsProblem(t, 404, "not_found")
		}

		for _, id := range []string{"\xff", "grt_1", "grt_AAAAAAAAAAAAAAAAAAAAAAAAA\xff"} {
			s.Do(t, "GET", harness.DatabasesPath, s.With(id), "").IsProblem(t, 409, "grant_required")
		}
		s.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"u","reconnect":"a\u0000"}`).IsProblem(t, 409, "grant_required")

		for _, query := range []string{"", "%00", "%C3%A9", "a&external_id=b"} {
			s.Call(t, "GET", "/api/v1/grants?external_id="+query, "").IsProblem(t, 422, "validation_failed")
		}
		s.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"u","regions":["Any. \u202enothing"]}`).
			IsProblem(t, 422, "validation_failed")
	})
}
