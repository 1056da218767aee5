package idp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

const refusedRefresh = `{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`

// family logs in and returns the first refresh token.
func family(t *testing.T, s *sandbox.Sandbox) string {
	t.Helper()

	return sandboxtest.Exchange(
		t, s, "code", sandboxtest.Code(t, s, "scope", "offline_access"),
	).Text(t,
		"refresh_token")
}

func refresh(t *testing.T, s *sandbox.Sandbox, token string, change ...string) sandboxtest.Response {
	t.Helper()

	return sandboxtest.Exchange(
		t,
		s,
		append([]string{"grant_type", "refresh_token", "refresh_token", token}, change...)...)
}

func TestARefreshTokenLivesThirtyDaysHoweverOftenItRotates(t *testing.T) {
	var later atomic.Int64
	s := sandboxtest.Start(t, func(o *sandbox.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	const day = 24 * time.Hour

	token := family(t, s)
	for _, age := range []time.Duration{10 * day, 20 * day, 30*day - time.Hour} {
		later.Store(int64(age))

		got := refresh(t, s, token)
		if got.Status != 200 {
			t.Fatalf("after %s: got %d %s, want 200", age, got.Status, got.Body)
		}
		token = got.Text(t, "refresh_token")
	}
	later.Store(int64(30 * day))
	sandboxtest.Want(t, refresh(t, s, token), 403, refusedRefresh)
}

func TestTheTwoHundredAndFirstRefreshTokenDropsTheOldest(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	sandboxtest.CalledBack(t, b.LogIn(b.Authorize()))
	one := func(change ...string) string {
		back := sandboxtest.CalledBack(t, b.Authorize(append([]string{"scope", "offline_access"}, change...)...))
		form := append([]string{"code", back.Get("code")}, change...)
		return sandboxtest.Exchange(t, s, form...).Text(t, "refresh_token")
	}
	const otherCallback = "http://localhost:9090/callback"
	elsewhere := sandboxtest.Exchange(
		t,
		s,
		"client_id",
		sandbox.OtherPartnerClientID,
		"redirect_uri",
		otherCallback,
		"code",
		redirected(
			t,
			b.Authorize(
				"client_id", sandbox.OtherPartnerClientID, "redirect_uri", otherCallback, "scope", "offline_access",
			),
		).Get(
			"code",
		),
	).Text(t, "refresh_token")
	first, second := one(), one()
	revoked := one()
	sandboxtest.Want(t, revoke(t, s, "sandbox-spa", revoked), 200, "")
	// A revoked one makes room for one more; rotating does not count.
	first = refresh(t, s, first).Text(t, "refresh_token")

	for range 198 {
		one()
	}
	first = refresh(t, s, first).Text(t, "refresh_token")
	one()
	sandboxtest.Want(t, refresh(t, s, first), 403, refusedRefresh)

	if got := refresh(t, s, second); got.Status != 200 {
		t.Errorf("the second oldest: got %d %s, want 200", got.Status, got.Body)
	}

	if got := refresh(t, s, elsewhere, "client_id", sandbox.OtherPartnerClientID); got.Status != 200 {
		t.Errorf("another client's: got %d %s, want 200", got.Status, got.Body)
	}
}

func TestTokensOfADeletedUser(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"gone@example.com","password":"a password"}`)
	b := sandboxtest.NewBrowser(t, s)
	enter := func(page sandboxtest.Response) url.Values {
		return sandboxtest.CalledBack(t, b.Press(page, "login", "email", "gone@example.com", "password", "a password"))
	}
	token := sandboxtest.Exchange(
		t, s, "code", enter(b.Authorize("scope", "openid offline_access")).Get("code"),
	).Text(t,
		"refresh_token")
	unspent := enter(b.Authorize("prompt", "login")).Get("code")

	if got := sandboxtest.Call(t, "DELETE", s.ControlURL()+"/accounts/gone@example.com", ""); got.Status != 204 {
		t.Fatalf("delete: got %d %s", got.Status, got.Body)
	}
	const gone = `{"error":"invalid_grant","error_description":"The refresh_token was generated for a user who doesn't exist anymore."}`
	sandboxtest.Want(t, refresh(t, s, token), 403, gone)
	sandboxtest.Want(t, sandboxtest.Exchange(t, s, "code", unspent), 403, gone)

	if got := sandboxtest.CalledBack(t, b.Authorize("prompt", "none")); got.Get("error") != "login_required" {
		t.Errorf("the session: got %v, want login_required", got)
	}

	key := sandboxtest.MustMint(t, s, "owner@example.com")
	sandboxtest.Upstash(
		t,
		s,
		"owner@example.com",
		key,
		"POST",
		"/v2/redis/database",
		`{"name":"x","primary_region":"us-east-1"}`,
	)
	sandboxtest.Want(
		t,
		sandboxtest.Call(t, "DELETE", s.ControlURL()+"/accounts/owner@example.com", ""),
		409,
		`{"error":"the account has databases"}`,
	)
}

// revoke posts a form to the revocation endpoint.
func revoke(t *testing.T, s *sandbox.Sandbox, client, token string) sandboxtest.Response {
	t.Helper()
	form := url.Values{"client_id": {client}, "token": {token}}
	request := sandboxtest.NewRequest(t, "POST", s.IssuerURL()+"oauth/revoke", form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	return sandboxtest.Send(t, http.DefaultClient, request)
}

func TestRevocationIsQuietAndTheClientsOwn(t *testing.T) {
	s := sandboxtest.Start(t)
	token := family(t, s)
	sandboxtest.Want(t, revoke(t, s, "sandbox-spa", "unknown"), 200, "")
	sandboxtest.Want(t, revoke(t, s, sandbox.OtherPartnerClientID, token), 200, "")
	sandboxtest.Want(
		t,
		revoke(t, s, "nobody", token),
		401,
		`{"error":"invalid_client","error_description":"Unauthorized"}`,
	)
	sandboxtest.Want(
		t,
		revoke(t, s, "sandbox-spa", ""),
		400,
		`{"error":"invalid_request","error_description":"Missing required parameter: token"}`,
	)

	rotated := refresh(t, s, token)
	if rotated.Status != 200 {
		t.Fatalf("after all these: got %d %s, want the token still good", rotated.Status, rotated.Body)
	}

	body, err := json.Marshal(map[string]string{"client_id": "sandbox-spa", "token": rotated.Text(t, "refresh_token")})
	if err != nil {
		t.Fatal(err)
	}
	request := sandboxtest.NewRequest(t, "POST", s.IssuerURL()+"oauth/revoke", string(body))
	request.Header.Set("Content-Type", "application/json")
	sandboxtest.Want(t, sandboxtest.Send(t, http.DefaultClient, request), 200, "")
	sandboxtest.Want(t, refresh(t, s, rotated.Text(t, "refresh_token")), 403, refusedRefresh)

	byForm := family(t, s)
	sandboxtest.Want(t, revoke(t, s, "sandbox-spa", byForm), 200, "")
	sandboxtest.Want(t, refresh(t, s, byForm), 403, refusedRefresh)
}

func TestARefreshTokenIsItsClientsOnly(t *testing.T) {
	s := sandboxtest.Start(t)
	token := family(t, s)
	sandboxtest.Want(t, refresh(t, s, token, "client_id", sandbox.OtherPartnerClientID), 403, refusedRefresh)

	if got := refresh(t, s, token); got.Status != 200 {
		t.Errorf("the owner: got %d %s, want 200", got.Status, got.Body)
	}
}

// A lost response and an impatient client make the same call twice at the same time; one call gets the successor,
// which the other then ends.
func TestARefreshTokenUsedTwiceConcurrentlyEndsItsFamily(t *testing.T) {
	s := sandboxtest.Start(t)
	token := family(t, s)
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {"sandbox-spa"}, "refresh_token": {token}}
	type outcome struct {
		status int
		next   string
		err    error
	}

	outcomes := make(chan outcome, 2)
	for range cap(outcomes) {
		request := sandboxtest.NewRequest(t, "POST", s.IssuerURL()+"oauth/token", form.Encode())

		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		go func() {
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				outcomes <- outcome{err: err}
				return
			}
			defer response.Body.Close()
			var body struct {
				Next string `json:"refresh_token"`
			}
			err = json.NewDecoder(response.Body).Decode(&body)
			outcomes <- outcome{response.StatusCode, body.Next, err}
		}()
	}

	statuses, next := map[int]int{}, ""
	for range cap(outcomes) {
		got := <-outcomes
		if got.err != nil {
			t.Fatal(got.err)
		}

		if statuses[got.status]++; got.next != "" {
			next = got.next
		}
	}

	if fmt.Sprint(statuses) != "map[200:1 403:1]" {
		t.Fatalf("got %v, want one success and one refusal", statuses)
	}
	sandboxtest.Want(t, refresh(t, s, next), 403, refusedRefresh)
}
