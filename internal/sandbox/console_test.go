package sandbox_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

const (
	keysPage     = "/account/api"
	settingsPage = "/account/settings"
)

// console is a browser that follows redirects through the console and the log-in.
func (b *browser) console(path string) answer {
	b.t.Helper()
	return b.follow(send(b.t, b.client, newRequest(b.t, "GET", b.s.ConsoleURL()+path, "")))
}

func (b *browser) follow(got answer) answer {
	b.t.Helper()
	for range 10 {
		target := got.header.Get("Location")
		if target == "" {
			return got
		}
		if strings.HasPrefix(target, "/") {
			target = b.s.UpstashURL() + target
		}
		got = send(b.t, b.client, newRequest(b.t, "GET", target, ""))
	}
	b.t.Fatal("redirected without an end")
	return answer{}
}

// enter opens a page of the console and logs in on the way.
func (b *browser) enter(path, email string) answer {
	b.t.Helper()
	got := b.follow(b.press(b.console(path), "login", "email", email, "password", sandbox.DemoPassword))
	if got.status != http.StatusOK || !strings.Contains(got.body, "Upstash console</p>") {
		b.t.Fatalf("got %d %s, want a page of the console", got.status, got.body)
	}
	return got
}

// post sends a form of the console with the token of the page it is on.
func (b *browser) post(page answer, path string, fields ...string) answer {
	b.t.Helper()
	form := url.Values{}
	if csrf := formCSRF.FindStringSubmatch(page.body); csrf != nil {
		form.Set("csrf", html.UnescapeString(csrf[1]))
	}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	request := newRequest(b.t, "POST", b.s.ConsoleURL()+path, form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.follow(send(b.t, b.client, request))
}

func wantPage(t *testing.T, got answer, status int, parts ...string) {
	t.Helper()
	if got.status != status {
		t.Errorf("got status %d, want %d: %s", got.status, status, got.body)
	}
	for _, part := range parts {
		if !strings.Contains(got.body, part) {
			t.Errorf("the page lacks %q: %s", part, got.body)
		}
	}
}

func wantAbsent(t *testing.T, got answer, part string) {
	t.Helper()
	if strings.Contains(got.body, part) {
		t.Errorf("the page has %q: %s", part, got.body)
	}
}

var shownSecret = regexp.MustCompile(`class="secret"[^>]* value="([0-9a-f-]{36})"`)

func TestTheConsoleLogsInByTheIssuer(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	asked := send(t, b.client, newRequest(t, "GET", s.ConsoleURL()+keysPage, ""))
	target, err := url.Parse(asked.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	q := target.Query()
	if !strings.HasPrefix(target.String(), s.IssuerURL()+"authorize?") || q.Get("client_id") != sandbox.ConsoleClientID ||
		q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || len(q.Get("state")) < 40 {
		t.Fatalf("led to %s, want a code flow with PKCE at the issuer", target)
	}
	wantPage(t, b.enter(keysPage, sandbox.DemoEmail), 200, "<h1>API keys</h1>", sandbox.DemoEmail, "No keys yet")

	// Whoever is logged in at the identity provider already is asked nothing.
	other := newBrowser(t, s)
	calledBack(t, other.logIn(other.authorize()))
	wantPage(t, other.console(settingsPage), 200, "<h1>Settings</h1>", sandbox.DemoEmail)
}

func TestTheConsolesCookiesAreItsOwn(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	form := b.console("")
	code := b.press(form, "login", "email", sandbox.DemoEmail, "password", sandbox.DemoPassword)
	got := send(t, b.client, newRequest(t, "GET", code.header.Get("Location"), ""))
	cookie := got.header.Get("Set-Cookie")
	for _, part := range []string{"console_session=", "; Path=/console;", "; HttpOnly", "; SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %q", cookie, part)
		}
	}
	if again := send(t, b.client, newRequest(t, "GET", code.header.Get("Location"), "")); again.status != 400 {
		t.Errorf("a code that came back twice: got %d, want 400", again.status)
	}
}

func TestAKeyIsShownOnceAndDeletedForGood(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	made := b.post(b.enter(keysPage, sandbox.DemoEmail), keysPage, "name", "by <hand>")
	wantPage(t, made, 200, "The key by &lt;hand&gt; was created.")
	found := shownSecret.FindStringSubmatch(made.body)
	if found == nil {
		t.Fatalf("no key is shown: %s", made.body)
	}
	secret := found[1]
	want(t, upstash(t, s, sandbox.DemoEmail, secret, "GET", "/v2/redis/databases", ""), 200, "[]")
	list := b.console(keysPage)
	wantPage(t, list, 200, "<code>by &lt;hand&gt;</code>")
	wantAbsent(t, list, secret)

	ask := b.console(keysPage + "/delete?name=" + url.QueryEscape("by <hand>"))
	wantPage(t, ask, 200, "Delete this key?", "by &lt;hand&gt;")
	wantPage(t, b.post(ask, keysPage+"/delete", "name", "by <hand>"), 200, "was deleted", "No keys yet")
	if got := upstash(t, s, sandbox.DemoEmail, secret, "GET", "/v2/redis/databases", ""); got.status != 401 {
		t.Errorf("a deleted key: got %d, want 401", got.status)
	}
	wantPage(t, b.post(ask, keysPage+"/delete", "name", "by <hand>"), 404, "There is no such key")
	wantPage(t, b.console(keysPage+"/delete?name=nothing"), 404, "There is no such key")
}

func TestAKeyIsRefusedOnThePage(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	page := b.enter(keysPage, sandbox.DemoEmail)
	b.post(page, keysPage, "name", "one")
	for name, row := range map[string]struct {
		key    string
		status int
		text   string
	}{
		"no name":        {"  ", 400, "Give the key a name."},
		"too long":       {strings.Repeat("ü", 129), 400, "at most 128"},
		"name in use":    {"one", 409, "Another key has this name."},
		"name of 128":    {strings.Repeat("ü", 128), 200, "was created"},
		"around a space": {" two ", 200, "The key two was created"},
	} {
		t.Run(name, func(t *testing.T) {
			wantPage(t, b.post(page, keysPage, "name", row.key), row.status, row.text)
		})
	}
	if list := b.console(keysPage).body; strings.Index(list, "<code>two</code>") > strings.Index(list, "<code>one</code>") {
		t.Error("the key made last is not listed first")
	}
	for n := range 37 - 3 {
		b.post(page, keysPage, "name", fmt.Sprintf("filler %d", n))
	}
	wantPage(t, b.post(page, keysPage, "name", "one too many"), 409, "as many keys as it can", `value="one too many"`)
}

func TestAReadOnlyKeyIsMadeInTheConsole(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	made := b.post(b.enter(keysPage, sandbox.DemoEmail), keysPage, "name", "looks", "read_only", "on")
	wantPage(t, made, 200, "Read only. Created")
	secret := shownSecret.FindStringSubmatch(made.body)[1]
	want(t, upstash(t, s, sandbox.DemoEmail, secret, "GET", "/v2/redis/databases", ""), 200, "[]")
	if got := upstash(t, s, sandbox.DemoEmail, secret, "DELETE", "/v2/redis/database/none", ""); !strings.Contains(got.body, "Readonly API key") {
		t.Errorf("a write: got %d %s", got.status, got.body)
	}
	wantAbsent(t, b.post(made, keysPage, "name", "changes"), "<code>changes</code></h2><p class=\"quiet\">Read only")
}

func TestAFreeAccountIsUpgradedInTheConsole(t *testing.T) {
	s := start(t)
	call(t, "POST", s.ControlURL()+"/accounts", `{"email":"free@example.com","plan":"free","password":"`+sandbox.DemoPassword+`"}`)
	b := newBrowser(t, s)
	page := b.enter(settingsPage, "free@example.com")
	wantPage(t, page, 200, "<p>Free</p>", "Upgrade to Pay as you go")
	upgraded := b.post(page, "/account/upgrade")
	wantPage(t, upgraded, 200, "Your plan is now Pay as you go.", "<p>Pay as you go</p>")
	wantAbsent(t, upgraded, "Upgrade to")
	if got := call(t, "GET", s.ControlURL()+"/accounts/free@example.com", ""); got.text(t, "plan") != "payg" {
		t.Errorf("got %s", got.body)
	}
}

func TestASuspendedAccountIsToldInTheConsole(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	wantAbsent(t, b.enter("", sandbox.DemoEmail), "suspended")
	call(t, "PATCH", s.ControlURL()+"/accounts/"+sandbox.DemoEmail, `{"suspended":true}`)
	wantPage(t, b.console(""), 200, "This account is suspended")
}

func TestAnEmailIsChangedInTheConsole(t *testing.T) {
	s := start(t)
	call(t, "POST", s.ControlURL()+"/accounts", `{"email":"taken@example.com"}`)
	secret := mustMint(t, s, sandbox.DemoEmail)
	b := newBrowser(t, s)
	page := b.enter(settingsPage, sandbox.DemoEmail)
	wantPage(t, page, 200, "Pay as you go")
	wantPage(t, b.post(page, settingsPage, "email", "half@"), 400, "Enter a valid email.", `value="half@"`)
	wantPage(t, b.post(page, settingsPage, "email", "Taken@example.com"), 409, "Another account has this email.")
	wantPage(t, b.post(page, settingsPage, "email", " New@Example.com "), 200, "Your email is now new@example.com.", "<span>new@example.com</span>")

	if got := upstash(t, s, sandbox.DemoEmail, secret, "GET", "/v2/redis/databases", ""); got.status != 401 {
		t.Errorf("the key with the old e-mail: got %d, want 401", got.status)
	}
	want(t, upstash(t, s, "new@example.com", secret, "GET", "/v2/redis/databases", ""), 200, "[]")
}

func TestTheConsoleListsDatabases(t *testing.T) {
	s := start(t)
	secret := mustMint(t, s, sandbox.DemoEmail)
	b := newBrowser(t, s)
	wantPage(t, b.enter("", sandbox.DemoEmail), 200, "<h1>Databases</h1>", "No databases yet.")
	made := upstash(t, s, sandbox.DemoEmail, secret, "POST", "/v2/redis/database",
		`{"database_name":"orders","platform":"aws","primary_region":"eu-west-1"}`)
	list := b.console("/redis")
	wantPage(t, list, 200, "<h2>orders</h2>", "active", "eu-west-1",
		fmt.Sprintf("<code>%s:%v</code>", made.text(t, "endpoint"), made.field(t, "port")))
	wantAbsent(t, list, made.text(t, "password"))
}

func TestAMarketplaceAccountHasNoKeysAndNoEmailToChange(t *testing.T) {
	s := start(t)
	call(t, "POST", s.ControlURL()+"/accounts", `{"email":"v@example.com","marketplace":"vercel","plan":"free","password":"`+sandbox.DemoPassword+`"}`)
	b := newBrowser(t, s)
	keys := b.enter(keysPage, "v@example.com")
	wantPage(t, keys, 200, "came through Vercel")
	wantAbsent(t, keys, `name="name"`)
	wantPage(t, b.post(keys, keysPage, "name", "forced"), 403, "came through Vercel")
	settings := b.console(settingsPage)
	wantPage(t, settings, 200, "changed at Vercel")
	wantPage(t, b.post(settings, settingsPage, "email", "w@example.com"), 403, "changed at Vercel")
	wantAbsent(t, settings, "Upgrade to")
	wantPage(t, b.post(settings, "/account/upgrade"), 403, "through Vercel")
	got := call(t, "GET", s.ControlURL()+"/accounts/v@example.com", "")
	if got.status != 200 || strings.Contains(got.body, "forced") {
		t.Errorf("the account is now %d %s", got.status, got.body)
	}
}

func TestTheConsoleTakesNoFormsButItsOwn(t *testing.T) {
	s := start(t)
	b, attacker := newBrowser(t, s), newBrowser(t, s)
	page := b.enter(keysPage, sandbox.DemoEmail)
	call(t, "POST", s.ControlURL()+"/accounts", `{"email":"attacker@example.com","password":"`+sandbox.DemoPassword+`"}`)
	stolen := attacker.enter(keysPage, "attacker@example.com")

	wantPage(t, b.post(answer{}, keysPage, "name", "forged"), 403, "This page had expired")
	wantPage(t, b.post(stolen, keysPage, "name", "forged"), 403, "This page had expired")
	wantPage(t, b.post(answer{}, "/log-out"), 403, "This page had expired")
	for name, header := range map[string][2]string{
		"another site":         {"Sec-Fetch-Site", "cross-site"},
		"another port":         {"Sec-Fetch-Site", "same-site"},
		"another origin":       {"Origin", "http://127.0.0.1:9"},
		"an opaque origin":     {"Origin", "null"},
		"another name of ours": {"Host", "localhost:" + port(s.UpstashURL())},
		"a name of a stranger": {"Host", "rebound.example:" + port(s.UpstashURL())},
	} {
		csrf := formCSRF.FindStringSubmatch(page.body)[1]
		request := newRequest(t, "POST", s.ConsoleURL()+keysPage, url.Values{"csrf": {csrf}, "name": {"forged"}}.Encode())
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if header[0] == "Host" {
			request.Host = header[1]
		} else {
			request.Header.Set(header[0], header[1])
		}
		if got := send(t, b.client, request); got.status != 403 && got.status != 421 {
			t.Errorf("%s: got %d %s, want a refusal", name, got.status, got.body)
		}
	}
	if got := call(t, "GET", s.ControlURL()+"/accounts/"+sandbox.DemoEmail, ""); strings.Contains(got.body, "forged") {
		t.Errorf("a forged form made a key: %s", got.body)
	}
}

func TestForeignPagesMayLinkToTheConsoleAndNoMore(t *testing.T) {
	s := start(t)
	for name, row := range map[string]struct {
		host, site, dest string
		status           int
	}{
		"a link":               {"", "cross-site", "document", 302},
		"typed by hand":        {"", "none", "document", 302},
		"a frame":              {"", "cross-site", "iframe", 403},
		"a script":             {"", "same-site", "script", 403},
		"another name of ours": {"localhost:" + port(s.UpstashURL()), "none", "document", 307},
		"a name of a stranger": {"rebound.example:" + port(s.UpstashURL()), "none", "document", 421},
		"another port":         {"127.0.0.1:1", "none", "document", 421},
	} {
		request := newRequest(t, "GET", s.ConsoleURL()+keysPage, "")
		request.Header.Set("Sec-Fetch-Site", row.site)
		request.Header.Set("Sec-Fetch-Dest", row.dest)
		if row.host != "" {
			request.Host = row.host
		}
		got := send(t, newBrowser(t, s).client, request)
		if got.status != row.status {
			t.Errorf("%s: got %d, want %d", name, got.status, row.status)
		}
		if target := got.header.Get("Location"); row.status == 307 && target != s.ConsoleURL()+keysPage {
			t.Errorf("%s: led to %s", name, target)
		}
	}
}

func TestTheConsolesPagesLoadNothingButTheirStyle(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	for _, got := range []answer{b.enter("/redis", sandbox.DemoEmail), b.console("/nowhere"), b.console("/logged-out")} {
		policy := got.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'; img-src data:; form-action 'self' http://") ||
			!strings.HasSuffix(policy, "frame-ancestors 'none'") || strings.Contains(policy, "script") {
			t.Errorf("got policy %q", policy)
		}
		if got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("got Cache-Control %q", got.header.Get("Cache-Control"))
		}
	}
	if style := b.console("/style.css"); style.status != 200 || !strings.HasPrefix(style.header.Get("Content-Type"), "text/css") {
		t.Errorf("the style: got %d %s", style.status, style.header.Get("Content-Type"))
	}
}

func TestAConsoleLogInThatFailsIsSaidOnAPage(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	wantPage(t, b.follow(b.press(b.console(""), "cancel")), 403, "You did not log in")

	call(t, "POST", s.ControlURL()+"/faults", `{"match":{"target":"issuer","path":"/oauth/token"},"do":{"status":500,"body":"kitten"}}`)
	failed := b.follow(b.logIn(b.console("")))
	wantPage(t, failed, 502, "The log-in failed")
	wantAbsent(t, failed, "kitten")
	wantPage(t, b.console(""), 200, "<h1>Databases</h1>") // the log-in at the issuer stands

	// A code that another browser was led back with logs nobody in (RFC 6749 section 10.12).
	victim, attacker := newBrowser(t, s), newBrowser(t, s)
	victim.console("")
	back := attacker.logIn(attacker.console(""))
	wantPage(t, send(t, victim.client, newRequest(t, "GET", back.header.Get("Location"), "")), 400, "This log-in is not known here")
	wantPage(t, victim.console("/callback"), 400, "This log-in is not known here")
}

func TestLoggingOutOfTheConsoleEndsTheSharedLogIn(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	out := b.post(b.enter("", sandbox.DemoEmail), "/log-out")
	wantPage(t, out, 200, "You are logged out")
	if form := b.console(""); !strings.Contains(form.body, `name="password"`) {
		t.Errorf("after the log-out: got %d %s, want the log-in form", form.status, form.body)
	}
	// A form of before, in another tab, finds nobody logged in.
	if got := b.post(out, keysPage, "name", "late"); !strings.Contains(got.body, `name="password"`) {
		t.Errorf("got %d %s, want the log-in form", got.status, got.body)
	}
}

func TestTheConsoleIsNoPartOfTheDeveloperAPI(t *testing.T) {
	s := start(t)
	call(t, "POST", s.ControlURL()+"/faults", `{"match":{"target":"upstash","path":"/*"},"count":-1,"do":{"status":503}}`)
	b := newBrowser(t, s)
	b.enter(keysPage, sandbox.DemoEmail)
	wantPage(t, b.console("/nowhere"), 404, "There is no such page")
	if got := call(t, "GET", s.ControlURL()+"/journal", ""); strings.Contains(got.body, "/console") {
		t.Errorf("the journal has %s", got.body)
	}
	if got := call(t, "GET", s.UpstashURL()+"/consoles", ""); got.status != 503 {
		t.Errorf("beside the console: got %d, want the fault", got.status)
	}
}
