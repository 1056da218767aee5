package console_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

const (
	databasesPage = "/redis"
	keysPage      = "/account/api"
	settingsPage  = "/account/settings"
)

func wantPage(t *testing.T, got sandboxtest.Response, status int, parts ...string) {
	t.Helper()

	if got.Status != status {
		t.Errorf("got status %d, want %d: %s", got.Status, status, got.Body)
	}

	for _, part := range parts {
		if !strings.Contains(got.Body, part) {
			t.Errorf("the page lacks %q: %s", part, got.Body)
		}
	}
}

func wantAbsent(t *testing.T, got sandboxtest.Response, part string) {
	t.Helper()

	if strings.Contains(got.Body, part) {
		t.Errorf("the page has %q: %s", part, got.Body)
	}
}

var shownSecret = regexp.MustCompile(`class="secret"[^>]* value="([0-9a-f-]{36})"`)

func TestTheConsoleLogsInByTheIssuer(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	asked := sandboxtest.Send(t, b.Client, sandboxtest.NewRequest(t, "GET", s.ConsoleURL()+keysPage, ""))

	target, err := url.Parse(asked.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}

	q := target.Query()
	if !strings.HasPrefix(target.String(), s.IssuerURL()+"authorize?") ||
		q.Get("client_id") != sandbox.ConsoleClientID ||
		q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" ||
		len(q.Get("state")) < 40 {
		t.Fatalf("led to %s, want a code flow with PKCE at the issuer", target)
	}
	wantPage(t, b.Enter(keysPage, sandbox.DemoEmail), 200, "<h1>API keys</h1>", sandbox.DemoEmail, "No keys yet")

	// A user who is already logged in at the identity provider is not prompted.
	other := sandboxtest.NewBrowser(t, s)
	sandboxtest.CalledBack(t, other.LogIn(other.Authorize()))
	wantPage(t, other.Console(settingsPage), 200, "<h1>Settings</h1>", sandbox.DemoEmail)
}

func TestTheConsolesCookiesAreItsOwn(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	form := b.Console(databasesPage)
	code := b.Press(form, "login", "email", sandbox.DemoEmail, "password", sandbox.DemoPassword)
	got := sandboxtest.Send(t, b.Client, sandboxtest.NewRequest(t, "GET", code.Header.Get("Location"), ""))

	cookie := got.Header.Get("Set-Cookie")
	for _, part := range []string{"console_session=", "; Path=/console;", "; HttpOnly", "; SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %q", cookie, part)
		}
	}

	if again := sandboxtest.Send(
		t, b.Client, sandboxtest.NewRequest(t, "GET", code.Header.Get("Location"), ""),
	); again.Status != 400 {
		t.Errorf("a code that came back twice: got %d, want 400", again.Status)
	}
}

func TestAKeyIsShownOnceAndDeletedPermanently(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	made := b.Post(b.Enter(keysPage, sandbox.DemoEmail), keysPage, "name", "by <hand>")
	wantPage(t, made, 200, "The key by &lt;hand&gt; was created.")

	found := shownSecret.FindStringSubmatch(made.Body)
	if found == nil {
		t.Fatalf("no key is shown: %s", made.Body)
	}
	secret := found[1]
	sandboxtest.Want(t, sandboxtest.Upstash(t, s, sandbox.DemoEmail, secret, "GET", "/v2/redis/databases", ""), 200,
		"[]")
	list := b.Console(keysPage)
	wantPage(t, list, 200, "<code>by &lt;hand&gt;</code>")
	wantAbsent(t, list, secret)

	ask := b.Console(keysPage + "/delete?name=" + url.QueryEscape("by <hand>"))
	wantPage(t, ask, 200, "Delete this key?", "by &lt;hand&gt;")
	wantPage(t, b.Post(ask, keysPage+"/delete", "name", "by <hand>"), 200, "was deleted", "No keys yet")

	if got := sandboxtest.Upstash(
		t, s, sandbox.DemoEmail, secret, "GET", "/v2/redis/databases", "",
	); got.Status != 401 {
		t.Errorf("a deleted key: got %d, want 401", got.Status)
	}
	wantPage(t, b.Post(ask, keysPage+"/delete", "name", "by <hand>"), 404, "Key not found")
	wantPage(t, b.Console(keysPage+"/delete?name=nothing"), 404, "Key not found")
}

func TestAnInvalidKeyIsRejectedOnThePage(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	page := b.Enter(keysPage, sandbox.DemoEmail)
	b.Post(page, keysPage, "name", "one")

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
			wantPage(t, b.Post(page, keysPage, "name", row.key), row.status, row.text)
		})
	}

	if list := b.Console(
		keysPage,
	).Body; strings.Index(
		list, "<code>two</code>",
	) > strings.Index(
		list, "<code>one</code>",
	) {
		t.Error("the key made last is not listed first")
	}

	for n := range 37 - 3 {
		b.Post(page, keysPage, "name", fmt.Sprintf("filler %d", n))
	}
	wantPage(t, b.Post(page, keysPage, "name", "one too many"), 409, "reached its key limit", `value="one too many"`)
}

func TestAReadOnlyKeyIsMadeInTheConsole(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	made := b.Post(b.Enter(keysPage, sandbox.DemoEmail), keysPage, "name", "looks", "read_only", "on")
	wantPage(t, made, 200, "Read only. Created")
	secret := shownSecret.FindStringSubmatch(made.Body)[1]
	sandboxtest.Want(t, sandboxtest.Upstash(t, s, sandbox.DemoEmail, secret, "GET", "/v2/redis/databases", ""), 200,
		"[]")

	if got := sandboxtest.Upstash(
		t, s, sandbox.DemoEmail, secret, "DELETE", "/v2/redis/database/none", "",
	); !strings.Contains(
		got.Body, "Readonly API key",
	) {
		t.Errorf("a write: got %d %s", got.Status, got.Body)
	}
	wantAbsent(t, b.Post(made, keysPage, "name", "changes"), "<code>changes</code></h2><p class=\"quiet\">Read only")
}

func TestAFreeAccountIsUpgradedInTheConsole(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(
		t,
		"POST",
		s.ControlURL()+"/accounts",
		`{"email":"free@example.com","plan":"free","password":"`+sandbox.DemoPassword+`"}`,
	)
	b := sandboxtest.NewBrowser(t, s)
	page := b.Enter(settingsPage, "free@example.com")
	wantPage(t, page, 200, "<p>Free</p>", "Upgrade to Pay as you go")
	upgraded := b.Post(page, "/account/upgrade")
	wantPage(t, upgraded, 200, "Your plan is now Pay as you go.", "<p>Pay as you go</p>")
	wantAbsent(t, upgraded, "Upgrade to")

	if got := sandboxtest.Call(
		t, "GET", s.ControlURL()+"/accounts/free@example.com", "",
	); got.Text(
		t, "plan",
	) != "payg" {
		t.Errorf("got %s", got.Body)
	}
}

func TestTheConsoleReportsASuspendedAccount(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	wantAbsent(t, b.Enter(databasesPage, sandbox.DemoEmail), "suspended")
	sandboxtest.Call(t, "PATCH", s.ControlURL()+"/accounts/"+sandbox.DemoEmail, `{"suspended":true}`)
	wantPage(t, b.Console(databasesPage), 200, "This account is suspended")
}

func TestAnEmailIsChangedInTheConsole(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"taken@example.com"}`)
	secret := sandboxtest.MustMint(t, s, sandbox.DemoEmail)
	b := sandboxtest.NewBrowser(t, s)
	page := b.Enter(settingsPage, sandbox.DemoEmail)
	wantPage(t, page, 200, "Pay as you go")
	wantPage(t, b.Post(page, settingsPage, "email", "half@"), 400, "Enter a valid email.", `value="half@"`)
	wantPage(t, b.Post(page, settingsPage, "email", "Taken@example.com"), 409, "Another account has this email.")
	wantPage(t, b.Post(page, settingsPage, "email", " New@Example.com "), 200, "Your email is now new@example.com.",
		"<span>new@example.com</span>")

	if got := sandboxtest.Upstash(
		t, s, sandbox.DemoEmail, secret, "GET", "/v2/redis/databases", "",
	); got.Status != 401 {
		t.Errorf("the key with the old e-mail: got %d, want 401", got.Status)
	}
	sandboxtest.Want(t, sandboxtest.Upstash(t, s, "new@example.com", secret, "GET", "/v2/redis/databases", ""), 200,
		"[]")
}

func TestTheConsoleListsDatabases(t *testing.T) {
	s := sandboxtest.Start(t)
	secret := sandboxtest.MustMint(t, s, sandbox.DemoEmail)
	b := sandboxtest.NewBrowser(t, s)
	wantPage(t, b.Enter(databasesPage, sandbox.DemoEmail), 200, "<h1>Databases</h1>", "No databases yet.")
	made := sandboxtest.Upstash(t, s, sandbox.DemoEmail, secret, "POST", "/v2/redis/database",
		`{"database_name":"orders","platform":"aws","primary_region":"eu-west-1"}`)
	list := b.Console("/redis")
	wantPage(t, list, 200, "<h2>orders</h2>", "active", "eu-west-1",
		fmt.Sprintf("<code>%s:%v</code>", made.Text(t, "endpoint"), made.Field(t, "port")))
	wantAbsent(t, list, made.Text(t, "password"))
}

func TestTheConsoleShowsOneDatabaseOfTheAccountOnly(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, sandbox.DemoEmail)
	made := u.Send("POST", "/v2/redis/database", `{"database_name":"orders","platform":"aws","primary_region":"eu-west-1"}`)
	u.Send("POST", "/v2/redis/database", `{"database_name":"sessions","platform":"aws","primary_region":"eu-west-1"}`)
	page := "/redis/" + made.Text(t, "database_id")

	mine := sandboxtest.NewBrowser(t, s)
	shown := mine.Enter(page, sandbox.DemoEmail)
	wantPage(t, shown, 200, "<h1>Database</h1>", "<h2>orders</h2>")
	wantAbsent(t, shown, "sessions")
	wantAbsent(t, shown, made.Text(t, "password"))
	wantPage(t, mine.Console("/redis/unknown"), 404, "Page not found")

	theirs := sandboxtest.NewBrowser(t, s)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts",
		fmt.Sprintf(`{"email":"other@example.com","password":%q}`, sandbox.DemoPassword))
	theirs.Enter("/redis", "other@example.com")
	wantPage(t, theirs.Console(page), 404, "Page not found")
}

func TestTheConsoleListsOtherProducts(t *testing.T) {
	s := sandboxtest.Start(t)
	u := sandboxtest.NewUser(t, s, sandbox.DemoEmail)
	b := sandboxtest.NewBrowser(t, s)
	wantAbsent(t, b.Enter(databasesPage, sandbox.DemoEmail), "Other products")

	made := u.Send("POST", "/v2/vector/index", sandboxtest.VectorBody("<docs>"))
	u.CreateIndex("/v2/search", sandboxtest.SearchBody("shop"))
	u.QStash()

	list := b.Console("/redis")
	wantPage(t, list, 200, "<h3>&lt;docs&gt;</h3>", "Vector index", "<code>"+made.Text(t, "endpoint")+"</code>",
		"<h3>shop</h3>", "Search index", "eu-west-1", "<h3>QStash</h3>", "eu-central-1")
	wantAbsent(t, list, made.Text(t, "token"))
}

func TestAMarketplaceAccountHasNoKeysAndNoEmailToChange(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(
		t,
		"POST",
		s.ControlURL()+"/accounts",
		`{"email":"v@example.com","marketplace":"vercel","plan":"free","password":"`+sandbox.DemoPassword+`"}`,
	)
	b := sandboxtest.NewBrowser(t, s)
	keys := b.Enter(keysPage, "v@example.com")
	wantPage(t, keys, 200, "came through Vercel")
	wantAbsent(t, keys, `name="name"`)
	wantPage(t, b.Post(keys, keysPage, "name", "forced"), 403, "came through Vercel")
	settings := b.Console(settingsPage)
	wantPage(t, settings, 200, "managed by Vercel")
	wantPage(t, b.Post(settings, settingsPage, "email", "w@example.com"), 403, "managed by Vercel")
	wantAbsent(t, settings, "Upgrade to")
	wantPage(t, b.Post(settings, "/account/upgrade"), 403, "through Vercel")

	got := sandboxtest.Call(t, "GET", s.ControlURL()+"/accounts/v@example.com", "")
	if got.Status != 200 || strings.Contains(got.Body, "forced") {
		t.Errorf("the account is now %d %s", got.Status, got.Body)
	}
}

func TestTheConsoleTakesNoFormsButItsOwn(t *testing.T) {
	s := sandboxtest.Start(t)
	b, attacker := sandboxtest.NewBrowser(t, s), sandboxtest.NewBrowser(t, s)
	page := b.Enter(keysPage, sandbox.DemoEmail)
	sandboxtest.Call(
		t,
		"POST",
		s.ControlURL()+"/accounts",
		`{"email":"attacker@example.com","password":"`+sandbox.DemoPassword+`"}`,
	)
	stolen := attacker.Enter(keysPage, "attacker@example.com")

	wantPage(t, b.Post(sandboxtest.Response{}, keysPage, "name", "forged"), 403, "This page expired")
	wantPage(t, b.Post(stolen, keysPage, "name", "forged"), 403, "This page expired")
	wantPage(t, b.Post(sandboxtest.Response{}, "/logout"), 403, "This page expired")

	for name, header := range map[string][2]string{
		"another site":         {"Sec-Fetch-Site", "cross-site"},
		"another port":         {"Sec-Fetch-Site", "same-site"},
		"another origin":       {"Origin", "http://127.0.0.1:9"},
		"an opaque origin":     {"Origin", "null"},
		"another name of ours": {"Host", "localhost:" + sandboxtest.Port(s.UpstashURL())},
		"a name of a stranger": {"Host", "rebound.example:" + sandboxtest.Port(s.UpstashURL())},
	} {
		csrf := sandboxtest.FormCSRF.FindStringSubmatch(page.Body)[1]
		request := sandboxtest.NewRequest(
			t, "POST", s.ConsoleURL()+keysPage, url.Values{"csrf": {csrf}, "name": {"forged"}}.Encode(),
		)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")

		if header[0] == "Host" {
			request.Host = header[1]
		} else {
			request.Header.Set(header[0], header[1])
		}

		if got := sandboxtest.Send(t, b.Client, request); got.Status != 403 && got.Status != 421 {
			t.Errorf("%s: got %d %s, want a refusal", name, got.Status, got.Body)
		}
	}

	if got := sandboxtest.Call(
		t, "GET", s.ControlURL()+"/accounts/"+sandbox.DemoEmail, "",
	); strings.Contains(
		got.Body, "forged",
	) {
		t.Errorf("a forged form made a key: %s", got.Body)
	}
}

func TestForeignPagesMayOnlyLinkToTheConsole(t *testing.T) {
	s := sandboxtest.Start(t)
	for name, row := range map[string]struct {
		host, site, dest string
		status           int
	}{
		"a link":               {"", "cross-site", "document", 302},
		"typed by hand":        {"", "none", "document", 302},
		"a frame":              {"", "cross-site", "iframe", 403},
		"a script":             {"", "same-site", "script", 403},
		"another name of ours": {"localhost:" + sandboxtest.Port(s.UpstashURL()), "none", "document", 307},
		"a name of a stranger": {"rebound.example:" + sandboxtest.Port(s.UpstashURL()), "none", "document", 421},
		"another port":         {"127.0.0.1:1", "none", "document", 421},
	} {
		request := sandboxtest.NewRequest(t, "GET", s.ConsoleURL()+keysPage, "")
		request.Header.Set("Sec-Fetch-Site", row.site)
		request.Header.Set("Sec-Fetch-Dest", row.dest)

		if row.host != "" {
			request.Host = row.host
		}

		got := sandboxtest.Send(t, sandboxtest.NewBrowser(t, s).Client, request)
		if got.Status != row.status {
			t.Errorf("%s: got %d, want %d", name, got.Status, row.status)
		}

		if target := got.Header.Get("Location"); row.status == 307 && target != s.ConsoleURL()+keysPage {
			t.Errorf("%s: led to %s", name, target)
		}
	}
}

func TestTheConsolesPagesLoadOnlyTheirStyle(t *testing.T) {
	s := sandboxtest.Start(t)

	b := sandboxtest.NewBrowser(t, s)
	for _, got := range []sandboxtest.Response{b.Enter("/redis", sandbox.DemoEmail), b.Console("/nowhere"), b.Console("/logged-out")} {
		policy := got.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'; img-src data:; form-action 'self' http://") ||
			!strings.HasSuffix(policy, "frame-ancestors 'none'") ||
			strings.Contains(policy, "script") {
			t.Errorf("got policy %q", policy)
		}

		if got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("got Cache-Control %q", got.Header.Get("Cache-Control"))
		}
	}

	if style := b.Console(
		"/style.css",
	); style.Status != 200 ||
		!strings.HasPrefix(style.Header.Get("Content-Type"), "text/css") {
		t.Errorf("the style: got %d %s", style.Status, style.Header.Get("Content-Type"))
	}
}

func TestAFailedConsoleLoginShowsAPage(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	wantPage(t, b.Follow(b.Press(b.Console(databasesPage), "cancel")), 403, "You did not log in")

	sandboxtest.Call(
		t,
		"POST",
		s.ControlURL()+"/faults",
		`{"match":{"target":"issuer","path":"/oauth/token"},"do":{"status":500,"body":"kitten"}}`,
	)
	failed := b.Follow(b.LogIn(b.Console(databasesPage)))
	wantPage(t, failed, 502, "The login failed")
	wantAbsent(t, failed, "kitten")
	wantPage(t, b.Console(databasesPage), 200, "<h1>Databases</h1>") // the login at the issuer is still valid

	// A code that another browser was led back with logs nobody in (RFC 6749 section 10.12).
	victim, attacker := sandboxtest.NewBrowser(t, s), sandboxtest.NewBrowser(t, s)
	victim.Console(databasesPage)
	back := attacker.LogIn(attacker.Console(databasesPage))
	wantPage(
		t,
		sandboxtest.Send(t, victim.Client, sandboxtest.NewRequest(t, "GET", back.Header.Get("Location"), "")),
		400,
		"Unknown login",
	)
	wantPage(t, victim.Console("/callback"), 400, "Unknown login")
}

func TestLoggingOutOfTheConsoleEndsTheSharedLogin(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	out := b.Post(b.Enter(databasesPage, sandbox.DemoEmail), "/logout")
	wantPage(t, out, 200, "You are logged out")

	if form := b.Console(databasesPage); !strings.Contains(form.Body, `name="password"`) {
		t.Errorf("after the logout: got %d %s, want the login form", form.Status, form.Body)
	}
	// A form of before, in another tab, finds nobody logged in.
	if got := b.Post(out, keysPage, "name", "late"); !strings.Contains(got.Body, `name="password"`) {
		t.Errorf("got %d %s, want the login form", got.Status, got.Body)
	}
}

func TestTheConsoleIsNoPartOfTheDeveloperAPI(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(
		t,
		"POST",
		s.ControlURL()+"/faults",
		`{"match":{"target":"upstash","path":"/*"},"count":-1,"do":{"status":503}}`,
	)
	b := sandboxtest.NewBrowser(t, s)
	b.Enter(keysPage, sandbox.DemoEmail)
	wantPage(t, b.Console("/nowhere"), 404, "Page not found")

	if got := sandboxtest.Call(t, "GET", s.ControlURL()+"/journal", ""); strings.Contains(got.Body, "/console") {
		t.Errorf("the journal has %s", got.Body)
	}

	if got := sandboxtest.Call(t, "GET", s.UpstashURL()+"/consoles", ""); got.Status != 503 {
		t.Errorf("beside the console: got %d, want the fault", got.Status)
	}
}

// A visitor learns what the console simulates, and how to log in. A logged-in user has no use for that.
func TestTheConsoleHasAStartPage(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)

	for _, path := range []string{"", "/"} {
		wantPage(t, b.Console(path), 200, "<h1>Upstash console</h1>", "demo-password", `href="/console/redis">Log in`)
	}
	b.Enter(databasesPage, sandbox.DemoEmail)
	wantPage(t, b.Console(""), 200, "<h1>Databases</h1>")
}
