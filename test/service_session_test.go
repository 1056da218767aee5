package test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/test/harness"
)

const invitee, attacker = "victim@example.com", "attacker@example.com"

func anything() partner.Policy {
	return partner.Policy{Scopes: partner.Scopes(), Databases: partner.ReachAll}
}

// grantsNothing fails the test if the service may act for one of these end users.
func grantsNothing(t *testing.T, s harness.Service, externalIDs ...string) {
	t.Helper()

	for _, externalID := range externalIDs {
		s.Do(t, "GET", harness.DatabasesPath, s.As(externalID), "").IsProblem(t, 409, "grant_required")

		var list struct{ Grants []harness.Grant }
		s.Call(t, "GET", "/api/v1/grants?external_id="+externalID, "").Is(t, 200).JSON(t, &list)

		if len(list.Grants) > 0 {
			t.Errorf("%s: got %+v, want no grant", externalID, list.Grants)
		}
	}
}

// The complete flow: invite, log in, allow, complete, call the API.
func TestServiceActsForAUserWhoAllowedIt(t *testing.T) {
	t.Parallel()
	harness.OnBothDatabases(t, func(t *testing.T, options ...harness.Option) {
		t.Helper()
		s := harness.StartService(t, options...)
		opened := s.Invite(t, "user-1", "")
		grantsNothing(t, s, "user-1")

		browser := s.Browser(t)
		browser.Open(t, opened.Invitation).Is(t, 200)

		if got := s.State(t, opened.ID); got != "authenticating" {
			t.Errorf("got the state %s, want authenticating", got)
		}
		browser.Login(t, invitee)
		code := browser.Allow(t)
		grantsNothing(t, s, "user-1") // before the service has completed it

		if got := s.State(t, opened.ID); got != "awaiting_completion" {
			t.Errorf("got the state %s, want awaiting_completion", got)
		}

		var grant harness.Grant
		s.Complete(t, opened.ID, code, "user-1").Is(t, 201).JSON(t, &grant)

		made := s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "k1"), harness.CreateBody("orders")).
			Database(t, 201)
		again := s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.With(grant.ID), "k1"), harness.CreateBody("orders")).
			Database(t, 201)

		if made.ID != again.ID {
			t.Errorf("the same key made %s and %s", made.ID, again.ID)
		}

		if list := s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").Is(t, 200).Body; !strings.Contains(list, made.ID) {
			t.Errorf("got %s, want the database in it", list)
		}
		s.Do(t, "GET", harness.DatabasesPath+"/"+made.ID+"/credentials", s.As("user-1"), "").Is(t, 200)
		s.Do(t, "GET", "/api/v1/catalog", s.As("user-1"), "").Is(t, 200)
		s.Do(t, "GET", "/api/v1/connection", s.As("user-1"), "").Is(t, 200)

		s.Call(t, "GET", "/api/v1/grants/"+grant.ID, "").Is(t, 200).JSON(t, &grant)

		if grant.State != "active" || len(grant.DatabaseIDs) != 1 || grant.LastUsedFor == "" {
			t.Errorf("got %+v, want an active grant of one database, with its use", grant)
		}
	})
}

// An attacker invites themselves and sends the link to a victim, who approves it: the victim is logged in at the
// partner as somebody else, and the server compares (RFC 9700 section 4.7).
func TestInvitationForwardedToVictimGrantsNothing(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	opened := s.Invite(t, "attacker", "")

	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)
	browser.Login(t, invitee)
	code := browser.Allow(t)

	s.Complete(t, opened.ID, code, "victim").IsProblem(t, 403, "transaction_mismatch")

	if got := s.State(t, opened.ID); got != "failed" {
		t.Errorf("got the state %s, want failed", got)
	}
	s.Complete(t, opened.ID, code, "attacker").IsProblem(t, 410, "invitation_expired") // the session is over
	grantsNothing(t, s, "victim", "attacker")
}

// An attacker opens the victim's invitation first: the victim's browser gets nothing, and what the attacker allows
// ends at the partner, because the victim's browser does not return there.
func TestInvitationOpenedByAttackerGrantsNothing(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	opened := s.Invite(t, "victim", "")

	thief := s.Browser(t)
	thief.Open(t, opened.Invitation).Is(t, 200)

	owner := s.Browser(t)
	owner.Open(t, opened.Invitation).IsProblem(t, 410, "invitation_expired")
	owner.Page(t, "GET", "/api/v1/transaction", nil, "").IsProblem(t, 410, "invitation_expired")

	thief.Login(t, attacker)
	code := thief.Allow(t)
	s.Complete(t, opened.ID, code, "attacker").IsProblem(t, 403, "transaction_mismatch")
	grantsNothing(t, s, "victim", "attacker")
}

// changed is a text with its last character but one replaced.
func changed(text string) string {
	bytes := []byte(text)
	if bytes[len(bytes)-2] == 'A' {
		bytes[len(bytes)-2] = 'B'
	} else {
		bytes[len(bytes)-2] = 'A'
	}

	return string(bytes)
}

func TestInvitationsWorkOnceAndForALimitedTime(t *testing.T) {
	t.Parallel()
	clock := &harness.Clock{}
	s := harness.StartService(t, harness.WithClock(clock))

	opened := s.Invite(t, "user-1", "")
	for name, invitation := range map[string]string{
		"tampered": changed(opened.Invitation), "truncated": opened.Invitation[:20], "empty": "",
		"the status token": opened.StatusToken, "the id": opened.ID,
	} {
		t.Log(name)
		s.Browser(t).Open(t, invitation).IsProblem(t, 410, "invitation_expired")
	}

	first := s.Browser(t)
	first.Open(t, opened.Invitation).Is(t, 200)
	first.Open(t, opened.Invitation).IsProblem(t, 410, "invitation_expired") // in the same browser too

	short := s.Invite(t, "user-1", `"expires_in":60`)
	clock.Advance(61 * time.Second)
	s.Browser(t).Open(t, short.Invitation).IsProblem(t, 410, "invitation_expired")

	if got := s.State(t, short.ID); got != "expired" {
		t.Errorf("got the state %s, want expired", got)
	}

	// A transaction that started in time ends with its session.
	clock.Advance(30 * time.Minute)
	first.Page(t, "GET", "/api/v1/transaction", nil, "").IsProblem(t, 410, "invitation_expired")
	grantsNothing(t, s, "user-1")
}

func TestCodesWorkOnceAndForTheirSessionAlone(t *testing.T) {
	t.Parallel()
	clock := &harness.Clock{}
	s := harness.StartService(t, harness.WithClock(clock))

	allowed := func(externalID string) (harness.Opened, string) {
		opened := s.Invite(t, externalID, "")
		browser := s.Browser(t)
		browser.Open(t, opened.Invitation).Is(t, 200)
		browser.Login(t, invitee)

		return opened, browser.Allow(t)
	}

	used, code := allowed("user-1")
	s.Complete(t, used.ID, code, "user-1").Is(t, 201)
	s.Complete(t, used.ID, code, "user-1").IsProblem(t, 409, "code_used")

	one, codeOne := allowed("user-2")
	two, codeTwo := allowed("user-3")
	s.Complete(t, one.ID, codeTwo, "user-2").IsProblem(t, 403, "transaction_mismatch") // of another session
	s.Complete(t, one.ID, codeOne, "user-2").IsProblem(t, 410, "invitation_expired")   // which is over now
	s.Complete(t, two.ID, changed(codeTwo), "user-3").IsProblem(t, 403, "transaction_mismatch")

	late, codeLate := allowed("user-4")
	clock.Advance(5*time.Minute + time.Second)
	s.Complete(t, late.ID, codeLate, "user-4").IsProblem(t, 410, "invitation_expired")

	never := s.Invite(t, "user-5", "")
	s.Complete(t, never.ID, codeLate, "user-5").IsProblem(t, 403, "transaction_mismatch") // nobody has allowed it
	grantsNothing(t, s, "user-2", "user-3", "user-4", "user-5")
}

func TestStatusTokenReadsOnlyItsSession(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	one, two := s.Invite(t, "user-1", ""), s.Invite(t, "user-2", "")
	path := "/api/v1/connect-sessions/"

	s.Do(t, "GET", path+one.ID, harness.Bearer(one.StatusToken), "").Is(t, 200)

	for name, token := range map[string]string{
		"another session's": two.StatusToken, "tampered": changed(one.StatusToken), "the invitation": one.Invitation,
	} {
		t.Log(name)
		s.Do(t, "GET", path+one.ID, harness.Bearer(token), "").IsProblem(t, 401, "invalid_token")
	}

	s.Do(t, "POST", path+one.ID+"/complete", harness.Bearer(one.StatusToken), `{"code":"c","external_id":"user-1"}`).
		IsProblem(t, 401, "invalid_token")
	s.Do(t, "GET", "/api/v1/grants", harness.Bearer(one.StatusToken), "").IsProblem(t, 401, "invalid_token")
	s.Do(t, "GET", harness.DatabasesPath, harness.Merged(harness.Bearer(one.StatusToken), http.Header{"Connect-User": {"user-1"}}), "").
		IsProblem(t, 401, "invalid_token")
	s.Do(t, "GET", path+one.ID+"?token="+one.StatusToken, nil, "").IsProblem(t, 401, "authentication_required")
}

// A page of the service may read the state across origins, and no other page.
func TestStatusCORSAllowsOnlyTheServicesPages(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	opened := s.Invite(t, "user-1", "")
	path := "/api/v1/connect-sessions/" + opened.ID

	for origin, want := range map[string]string{
		"https://app.example.com":      "https://app.example.com",
		"https://app.example.com:444":  "",
		"http://app.example.com":       "",
		"https://evil.example":         "",
		"https://app.example.com.evil": "",
		"null":                         "",
	} {
		header := harness.Merged(harness.Bearer(opened.StatusToken), http.Header{"Origin": {origin}})
		if got := s.Do(t, "GET", path, header, "").Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: got Access-Control-Allow-Origin %q, want %q", origin, got, want)
		}

		preflight := http.Header{
			"Origin": {origin}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"authorization"},
		}
		if got := s.Do(t, "OPTIONS", path, preflight, "").Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("the preflight of %s: got %q, want %q", origin, got, want)
		}
	}
}

// A page that waits for a session which the server has deleted reads that it is gone, and no page reads more.
func TestStatusOfADeletedSessionIsReadable(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	opened := s.Invite(t, "user-1", "")
	path := "/api/v1/connect-sessions/" + opened.ID

	for range partner.MaxOpenSessions { // the last one deletes the oldest
		s.Invite(t, "user-1", "")
	}

	for _, origin := range []string{"https://app.example.com", "https://evil.example"} {
		read := s.Do(t, "GET", path, harness.Merged(harness.Bearer(opened.StatusToken), http.Header{"Origin": {origin}}), "")
		read.IsProblem(t, 401, "invalid_token")

		preflight := s.Do(t, "OPTIONS", path, http.Header{
			"Origin": {origin}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"authorization"},
		}, "").Is(t, 204)

		for what, got := range map[string]http.Header{"the answer": read.Header, "the preflight": preflight.Header} {
			if got.Get("Access-Control-Allow-Origin") != origin || got.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s for %s: got %v", what, origin, got)
			}
		}
	}
}

// The user approves what the page showed: the account is bound before the user decides.
func TestConsentAppliesToTheAccountShown(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	opened := s.Invite(t, "user-1", "")

	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)
	browser.Page(t, "POST", "/api/v1/transaction/account", nil, "").IsProblem(t, 401, "authentication_required")
	browser.Login(t, invitee)
	shown := browser.Choose(t)

	browser.Login(t, attacker) // another account, in another tab
	other := s.Connection(t, attacker).ID
	browser.Approve(t, shown, "").IsProblem(t, 409, "account_mismatch")
	browser.Approve(t, other, "").IsProblem(t, 409, "account_mismatch")

	browser.Login(t, invitee)
	browser.Approve(t, other, "").IsProblem(t, 409, "account_mismatch")

	browser.Session = s.Invite(t, "user-2", "").ID // what another tab shows
	browser.Approve(t, shown, "").IsProblem(t, 410, "invitation_expired")

	browser.Session = opened.ID
	code := browser.CodeOf(t, browser.Approve(t, shown, ""))
	browser.Approve(t, shown, "").IsProblem(t, 410, "invitation_expired") // once

	s.Complete(t, opened.ID, code, "user-1").Is(t, 201)

	// A browser that did not open the invitation cannot allow anything, whatever session it has.
	bystander := s.Browser(t)
	bystander.Login(t, invitee)
	bystander.Approve(t, shown, "").IsProblem(t, 410, "invitation_expired")
}

func TestConsentNarrowsAndNeverWidens(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	opened := s.Invite(t, "user-1", `"scopes":["redis.list","redis.create"],"databases":"created","max_databases":5`)

	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)
	browser.Login(t, invitee)
	account := browser.Choose(t)

	for _, wider := range []string{
		`"scopes":["redis.list","redis.credentials"]`, `"databases":"all"`, `"max_databases":6`, `"max_databases":0`,
	} {
		browser.Approve(t, account, wider).IsProblem(t, 422, "not_allowed")
	}

	for _, wrong := range []string{`"scopes":[]`, `"scopes":["grants"]`, `"databases":"ALL"`, `"max_databases":-1`} {
		browser.Approve(t, account, wrong).IsProblem(t, 422, "validation_failed")
	}

	code := browser.CodeOf(t, browser.Approve(t, account, `"scopes":["redis.list"],"max_databases":1`))

	var grant harness.Grant
	s.Complete(t, opened.ID, code, "user-1").Is(t, 201).JSON(t, &grant)

	if strings.Join(grant.Scopes, " ") != "redis.list" || grant.Max != 1 {
		t.Errorf("got %+v, want what the user left of it", grant)
	}
	s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "k"), harness.CreateBody("orders")).
		IsProblem(t, 403, "insufficient_scope")
}

// The choice is our own page's, in the browser that opened the invitation: not another site's, not a frame's.
func TestConsentIsNotGivenFromAnotherSite(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	opened := s.Invite(t, "user-1", "")

	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)
	browser.Login(t, invitee)
	account := browser.Choose(t)
	body := `{"id":"` + opened.ID + `","connection_id":"` + account + `"}`

	for name, header := range map[string]http.Header{
		"without the mark":    {"X-Csrf": nil},
		"from another origin": {"Origin": {"https://evil.example"}},
		"from another site":   {"Sec-Fetch-Site": {"cross-site"}},
	} {
		t.Log(name)
		browser.Page(t, "POST", "/api/v1/transaction/approval", header, body).IsProblem(t, 403, "csrf")
		browser.Page(t, "POST", "/api/v1/transaction/account", header, "").IsProblem(t, 403, "csrf")
		browser.Page(t, "DELETE", "/api/v1/transaction", header, "").IsProblem(t, 403, "csrf")
	}

	page := s.Do(t, "GET", "/connect", nil, "").Is(t, 200)
	if !strings.Contains(page.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
		page.Header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the screen can be framed: %v", page.Header)
	}

	if got := s.State(t, opened.ID); got != "consenting" {
		t.Errorf("got the state %s, want consenting", got)
	}
}

func TestDeclineEndsTheSessionAndRedirects(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	opened := s.Invite(t, "user-1", "")

	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)

	var back struct {
		ReturnURL string `json:"return_url"`
	}
	browser.Page(t, "DELETE", "/api/v1/transaction", nil, "").Is(t, 200).JSON(t, &back)

	if !strings.HasPrefix(back.ReturnURL, harness.ReturnURL+"?") || !strings.Contains(back.ReturnURL, "error=access_denied") {
		t.Errorf("got %s, want the return URL with access_denied", back.ReturnURL)
	}

	if got := s.State(t, opened.ID); got != "refused" {
		t.Errorf("got the state %s, want refused", got)
	}
	browser.Page(t, "GET", "/api/v1/transaction", nil, "").IsProblem(t, 410, "invitation_expired")
	grantsNothing(t, s, "user-1")
}

// A reconnect repairs the connection of its grant and changes nothing else.
func TestReconnectReplacesOnlyTheKey(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)
	before := s.Granted(t, "user-1", invitee, `"scopes":["redis.list"]`)

	body := `{"external_id":"user-1","reconnect":"` + before.ID + `"`
	for _, more := range []string{`"scopes":["redis.list","redis.create"]`, `"databases":"all"`, `"max_databases":0`} {
		s.Call(t, "POST", "/api/v1/connect-sessions", body+","+more+"}").IsProblem(t, 422, "validation_failed")
	}
	s.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"user-2","reconnect":"`+before.ID+`"}`).
		IsProblem(t, 409, "grant_required")

	for _, key := range s.Account(t, invitee).Keys { // its owner deletes the key in Upstash's console
		s.Control(t, "DELETE", "/accounts/"+invitee+"/keys/"+key.Name, nil, nil)
	}
	s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").IsProblem(t, 409, "grant_paused")
	s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").IsProblem(t, 409, "grant_paused") // and stays so

	opened := s.Invite(t, "user-1", `"reconnect":"`+before.ID+`"`)
	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)

	browser.Login(t, attacker) // the grant is of another account
	browser.Page(t, "POST", "/api/v1/transaction/account", nil, "").IsProblem(t, 409, "account_mismatch")

	browser.Login(t, invitee)
	code := browser.Allow(t)

	var after harness.Grant
	s.Complete(t, opened.ID, code, "user-1").Is(t, 201).JSON(t, &after)

	if after.ID != before.ID || strings.Join(after.Scopes, " ") != "redis.list" || after.Databases != before.Databases {
		t.Errorf("got %+v, want the grant as it was: %+v", after, before)
	}
	s.Do(t, "GET", harness.DatabasesPath, s.As("user-1"), "").Is(t, 200)
	s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(s.As("user-1"), "k"), harness.CreateBody("orders")).
		IsProblem(t, 403, "insufficient_scope")
}

func TestOnlyRegisteredReturnURLsAreAccepted(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)

	for _, wrong := range []string{
		harness.ReturnURL + "/", harness.ReturnURL + "?x=1", harness.ReturnURL + "#x", "http://app.example.com/connected",
		"https://app.example.com:444/connected", "https://app.example.com/CONNECTED", "https://evil.example/connected",
		"https://app.example.com@evil.example/connected", "//app.example.com/connected", "javascript:alert(1)",
		"https://app.example.com/connected/../other", "https://аpp.example.com/connected", "https:\\\\app.example.com\\connected",
	} {
		s.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"u","return_url":`+harness.Quoted(wrong)+`}`).
			IsProblem(t, 422, "validation_failed")
	}
	s.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"u","return_url":`+harness.Quoted(harness.ReturnURL)+`}`).Is(t, 201)
}

func TestExternalIDsOfEveryShape(t *testing.T) {
	t.Parallel()
	s := harness.StartService(t)

	for name, id := range map[string]string{
		"empty": "", "1 KB": strings.Repeat("a", 1024), "a control character": "a\nb", "a NUL": "a\x00b", "white space": "a b",
		"composed": "\u00e9", "decomposed": "e\u0301", "a look-alike": "us\u0435r-1", "right to left": "a\u202eb",
	} {
		t.Log(name)
		s.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":`+harness.Quoted(id)+`}`).IsProblem(t, 422, "validation_failed")
	}

	s.Granted(t, "user-1", invitee, "")
	grantsNothing(t, s, "USER-1", "user-10", "user-2")

	header := func(id ...string) http.Header {
		return harness.Merged(harness.Bearer(s.Token), http.Header{"Connect-User": id})
	}
	s.Do(t, "GET", harness.DatabasesPath, header("us\u0435r-1"), "").IsProblem(t, 400, "invalid_request")
	s.Do(t, "GET", harness.DatabasesPath, header("user-1", "user-2"), "").IsProblem(t, 400, "invalid_request")
	s.Do(t, "GET", harness.DatabasesPath, harness.Bearer(s.Token), "").IsProblem(t, 400, "invalid_request")
	s.Do(t, "GET", harness.DatabasesPath, harness.Merged(header("user-1"), http.Header{"Connect-Grant": {"grt_x"}}), "").
		IsProblem(t, 400, "invalid_request")
	s.Do(t, "GET", harness.DatabasesPath, header(strings.Repeat("a", 255)), "").IsProblem(t, 409, "grant_required")
}
