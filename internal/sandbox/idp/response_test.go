package idp_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// redirected reads the query of a redirect, wherever it leads.
func redirected(t *testing.T, got sandboxtest.Response) url.Values {
	t.Helper()

	target, err := url.Parse(got.Header.Get("Location"))
	if err != nil || got.Status != http.StatusFound {
		t.Fatalf("got %d to %q, want 302; body %s", got.Status, got.Header.Get("Location"), got.Body)
	}

	return target.Query()
}

func TestResponseUsesTheRequestedMode(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	sandboxtest.CalledBack(t, b.LogIn(b.Authorize()))

	if got := sandboxtest.CalledBack(t, b.Authorize("response_mode", "query")); got.Get("code") == "" {
		t.Errorf("query: got %v", got)
	}
	got := b.Authorize("response_mode", "fragment")

	location := got.Header.Get("Location")
	if !strings.HasPrefix(location, sandboxtest.Callback+"#code=") || !strings.HasSuffix(location, "&state=the+state") {
		t.Errorf("fragment: got %q", location)
	}

	cut := sandboxtest.CalledBack(t, b.Authorize("redirect_uri", sandboxtest.Callback+"#part"))
	if got := sandboxtest.Exchange(
		t, s, "code", cut.Get("code"), "redirect_uri", sandboxtest.Callback+"#part",
	); got.Status != 200 {
		t.Errorf("a callback with a fragment: got %d %s, want 200 and the fragment dropped", got.Status, got.Body)
	}

	page := b.Authorize("response_mode", "form_post")
	for _, part := range []string{`<form method="post" action="` + sandboxtest.Callback + `">`, `name="code" value="`, `name="state" value="the state"`} {
		if page.Status != 200 || !strings.Contains(page.Body, part) {
			t.Errorf("form_post: got %d %s, want %s in it", page.Status, page.Body, part)
		}
	}

	const implicit = "#error=unauthorized_client&error_description=Grant+type+%27implicit%27+not+allowed+for+the+client.&state=the+state"
	if got := b.Authorize(
		"response_type", "token id_token",
	).Header.Get(
		"Location",
	); got != sandboxtest.Callback+implicit {
		t.Errorf("implicit: got %q", got)
	}
}

func TestTheErrorPageHasAuth0sText(t *testing.T) {
	s := sandboxtest.Start(t)
	parameters := regexp.MustCompile(`location\.pathname \+ "([^"]+)"`)
	read := func(page sandboxtest.Response) url.Values {
		found := parameters.FindStringSubmatch(page.Body)
		if found == nil {
			t.Fatalf("no parameters on %s", page.Body)
		}
		said := strings.ReplaceAll(strings.TrimPrefix(found[1], "?"), `\u0026`, "&")

		values, err := url.ParseQuery(said)
		if err != nil {
			t.Fatal(err)
		}

		return values
	}

	got := read(
		sandboxtest.NewBrowser(
			t, s,
		).Authorize(
			"redirect_uri",
			"http://evil.example/",
			"connection",
			"github",
			"ui_locales",
			"de en",
		),
	)
	if got.Get("tracking") == "" {
		t.Errorf("got %v, want a tracking id", got)
	}
	got.Del("tracking")

	wanted := url.Values{
		"client_id":  {"sandbox-spa"},
		"connection": {"github"},
		"lang":       {"de"},
		"error":      {"unauthorized_client"},
		"error_description": {
			"Callback URL mismatch. http://evil.example/ is not in the list of allowed callback URLs",
		},
	}
	if got.Encode() != wanted.Encode() {
		t.Errorf("wrong callback: got %v, want %v", got, wanted)
	}

	got = read(sandboxtest.NewBrowser(t, s).Authorize("client_id", "nobody"))
	if got.Get("error") != "invalid_request" || got.Get("error_description") != "Unknown client: nobody" ||
		got.Get("lang") != "en" ||
		got.Has("connection") {
		t.Errorf("unknown client: got %v", got)
	}

	got = read(sandboxtest.NewBrowser(t, s).Authorize("client_id", ""))
	if got.Get("error_description") != "Missing required parameter: client_id" || got.Has("client_id") {
		t.Errorf("no client: got %v", got)
	}
}

func TestAFirstPartyClientMayGoWithoutPKCE(t *testing.T) {
	s := sandboxtest.Start(t)

	none := []string{"code_challenge", "", "code_challenge_method", ""}
	if got := sandboxtest.Exchange(
		t, s, "code_verifier", "", "code", sandboxtest.Code(t, s, none...),
	); got.Status != 200 {
		t.Errorf("without PKCE: got %d %s, want 200, as the vendor's own example", got.Status, got.Body)
	}
	sandboxtest.Want(t, sandboxtest.Exchange(t, s, "code", sandboxtest.Code(t, s, none...)), 403,
		`{"error":"invalid_grant","error_description":"Failed to verify code verifier"}`)
}

func TestLoginHintConnectionAndLocalesAreAccepted(t *testing.T) {
	s := sandboxtest.Start(t)
	for _, connection := range []string{"Username-Password-Authentication", "google-oauth2", "github", "amazon"} {
		b := sandboxtest.NewBrowser(t, s)

		page := b.Authorize("connection", connection, "login_hint", "me@example.com", "ui_locales", "fr-CA fr")
		if !strings.Contains(page.Body, `value="me@example.com"`) {
			t.Errorf("%s: got %d %s, want the form with the hint", connection, page.Status, page.Body)
		}

		if got := sandboxtest.CalledBack(t, b.LogIn(page)); got.Get("code") == "" {
			t.Errorf("%s: got %v, want a code", connection, got)
		}
	}
}

func TestTheLoginPageNamesTheApplication(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*sandbox.Options)
		want   string
	}{
		"by default": {func(*sandbox.Options) {}, "to continue to ACME"},
		"as told":    {func(o *sandbox.Options) { o.AppName = "Umbrella" }, "to continue to Umbrella"},
	} {
		t.Run(name, func(t *testing.T) {
			if page := sandboxtest.NewBrowser(
				t, sandboxtest.Start(t, row.change),
			).Authorize(); !strings.Contains(
				page.Body, row.want,
			) {
				t.Errorf("got %s, want %q", page.Body, row.want)
			}
		})
	}
}
