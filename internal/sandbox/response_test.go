package sandbox_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// redirected reads the query of a redirect, wherever it leads.
func redirected(t *testing.T, got answer) url.Values {
	t.Helper()
	target, err := url.Parse(got.header.Get("Location"))
	if err != nil || got.status != http.StatusFound {
		t.Fatalf("got %d to %q, want 302; body %s", got.status, got.header.Get("Location"), got.body)
	}
	return target.Query()
}

func TestTheAnswerTravelsAsTheClientAsked(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	calledBack(t, b.logIn(b.authorize()))
	if got := calledBack(t, b.authorize("response_mode", "query")); got.Get("code") == "" {
		t.Errorf("query: got %v", got)
	}
	got := b.authorize("response_mode", "fragment")
	location := got.header.Get("Location")
	if !strings.HasPrefix(location, callback+"#code=") || !strings.HasSuffix(location, "&state=the+state") {
		t.Errorf("fragment: got %q", location)
	}
	cut := calledBack(t, b.authorize("redirect_uri", callback+"#part"))
	if got := exchange(t, s, "code", cut.Get("code"), "redirect_uri", callback+"#part"); got.status != 200 {
		t.Errorf("a callback with a fragment: got %d %s, want 200 and the fragment dropped", got.status, got.body)
	}
	page := b.authorize("response_mode", "form_post")
	for _, part := range []string{`<form method="post" action="` + callback + `">`, `name="code" value="`, `name="state" value="the state"`} {
		if page.status != 200 || !strings.Contains(page.body, part) {
			t.Errorf("form_post: got %d %s, want %s in it", page.status, page.body, part)
		}
	}
	const implicit = "#error=unauthorized_client&error_description=Grant+type+%27implicit%27+not+allowed+for+the+client.&state=the+state"
	if got := b.authorize("response_type", "token id_token").header.Get("Location"); got != callback+implicit {
		t.Errorf("implicit: got %q", got)
	}
}

func TestTheErrorPageSaysWhatAuth0sSays(t *testing.T) {
	s := start(t)
	parameters := regexp.MustCompile(`location\.pathname \+ "([^"]+)"`)
	read := func(page answer) url.Values {
		found := parameters.FindStringSubmatch(page.body)
		if found == nil {
			t.Fatalf("no parameters on %s", page.body)
		}
		said := strings.ReplaceAll(strings.TrimPrefix(found[1], "?"), `\u0026`, "&")
		values, err := url.ParseQuery(said)
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	got := read(newBrowser(t, s).authorize("redirect_uri", "http://evil.example/", "connection", "github", "ui_locales", "de en"))
	if got.Get("tracking") == "" {
		t.Errorf("got %v, want a tracking id", got)
	}
	got.Del("tracking")
	wanted := url.Values{
		"client_id": {"sandbox-spa"}, "connection": {"github"}, "lang": {"de"}, "error": {"unauthorized_client"},
		"error_description": {"Callback URL mismatch. http://evil.example/ is not in the list of allowed callback URLs"},
	}
	if got.Encode() != wanted.Encode() {
		t.Errorf("wrong callback: got %v, want %v", got, wanted)
	}
	got = read(newBrowser(t, s).authorize("client_id", "nobody"))
	if got.Get("error") != "invalid_request" || got.Get("error_description") != "Unknown client: nobody" || got.Get("lang") != "en" || got.Has("connection") {
		t.Errorf("unknown client: got %v", got)
	}
	got = read(newBrowser(t, s).authorize("client_id", ""))
	if got.Get("error_description") != "Missing required parameter: client_id" || got.Has("client_id") {
		t.Errorf("no client: got %v", got)
	}
}

func TestAFirstPartyClientMayGoWithoutPKCE(t *testing.T) {
	s := start(t)
	none := []string{"code_challenge", "", "code_challenge_method", ""}
	if got := exchange(t, s, "code_verifier", "", "code", code(t, s, none...)); got.status != 200 {
		t.Errorf("without PKCE: got %d %s, want 200, as the vendor's own example", got.status, got.body)
	}
	want(t, exchange(t, s, "code", code(t, s, none...)), 403,
		`{"error":"invalid_grant","error_description":"Failed to verify code verifier"}`)
}

func TestLoginHintConnectionAndLocalesAreTaken(t *testing.T) {
	s := start(t)
	for _, connection := range []string{"Username-Password-Authentication", "google-oauth2", "github", "amazon"} {
		b := newBrowser(t, s)
		page := b.authorize("connection", connection, "login_hint", "me@example.com", "ui_locales", "fr-CA fr")
		if !strings.Contains(page.body, `value="me@example.com"`) {
			t.Errorf("%s: got %d %s, want the form with the hint", connection, page.status, page.body)
		}
		if got := calledBack(t, b.logIn(page)); got.Get("code") == "" {
			t.Errorf("%s: got %v, want a code", connection, got)
		}
	}
}

func TestTheLogInPageNamesTheApplication(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*sandbox.Options)
		want   string
	}{
		"by default": {func(*sandbox.Options) {}, "to continue to ACME"},
		"as told":    {func(o *sandbox.Options) { o.AppName = "Umbrella" }, "to continue to Umbrella"},
	} {
		t.Run(name, func(t *testing.T) {
			if page := newBrowser(t, start(t, row.change)).authorize(); !strings.Contains(page.body, row.want) {
				t.Errorf("got %s, want %q", page.body, row.want)
			}
		})
	}
}
