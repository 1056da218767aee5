package native_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/desktop/native"
)

// provider is an identity provider of which only the token endpoint is called: the browser's part the tests play
// themselves.
type provider struct {
	*httptest.Server
	mu       sync.Mutex
	redeemed []url.Values
	// answer is the behaviour of the token endpoint; nil returns tokens.
	answer http.HandlerFunc
}

const (
	accessToken = "an.access.token"
	idToken     = "an.id.token"
)

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/oauth/token" {
			t.Errorf("the provider got a request for %s", r.URL.Path)
		}

		if r.URL.RawQuery != "" {
			t.Errorf("the token request has a query: %s", r.URL.RawQuery)
		}

		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		p.redeemed = append(p.redeemed, r.PostForm)
		p.mu.Unlock()

		if p.answer != nil {
			p.answer(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token":  accessToken,
			"id_token":      idToken,
			"token_type":    "Bearer",
			"expires_in":    60,
			"refresh_token": "never requested",
		})
	}))
	t.Cleanup(p.Close)

	return p
}

func (p *provider) exchanges() []url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]url.Values{}, p.redeemed...)
}

// pending is a login that waits for its redirect.
type pending struct {
	opened   string     // the whole URL that the browser was given
	query    url.Values // of it
	callback string     // the redirect URI
	ended    chan error
	once     sync.Once
	err      error
}

// begin starts a login on a free port. Whatever a test leaves unanswered is given up at its end.
func begin(t *testing.T, p *provider, tweaks ...func(*native.Options)) *pending {
	t.Helper()
	opened := make(chan string, 1)

	options := native.Options{
		Provider: native.Provider{
			Issuer:   p.URL + "/",
			ClientID: "native-client",
			Audience: "upstash-api",
			Scope:    "openid email",
		},
		AppName: "ACME",
		Browser: func(address, _ string) { opened <- address },
		Finish:  func(context.Context, native.Tokens) error { return nil },
	}
	for _, tweak := range tweaks {
		tweak(&options)
	}
	ctx, cancel := context.WithCancel(t.Context())

	login := &pending{ended: make(chan error, 1)}
	go func() { login.ended <- native.Connect(ctx, options) }()
	t.Cleanup(func() { cancel(); _ = login.wait(t) })

	select {
	case login.opened = <-opened:
	case err := <-login.ended:
		t.Fatalf("the login did not begin: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("no browser was opened")
	}

	parsed, err := url.Parse(login.opened)
	if err != nil {
		t.Fatal(err)
	}
	login.query = parsed.Query()
	login.callback = login.query.Get("redirect_uri")

	return login
}

// wait returns how the login ended.
func (l *pending) wait(t *testing.T) error {
	t.Helper()
	l.once.Do(func() {
		select {
		case l.err = <-l.ended:
		case <-time.After(30 * time.Second):
			t.Error("the login does not end")
		}
	})

	return l.err
}

// still fails the test when the login has ended.
func (l *pending) still(t *testing.T) {
	t.Helper()

	select {
	case err := <-l.ended:
		l.ended <- err
		t.Fatalf("the login ended with %v", err)
	case <-time.After(50 * time.Millisecond):
	}
}

// right is the valid redirect of the login, with more parameters.
func (l *pending) right(more ...string) string {
	query := url.Values{"code": {theCode}, "state": {l.query.Get("state")}}
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}

	return "/?" + query.Encode()
}

const theCode = "c0de-that-nobody-may-see"

type answer struct {
	status int
	header http.Header
	body   string
}

// browser follows no redirect: where it would be sent is what some tests are about.
var browser = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       30 * time.Second,
}

// open requests a path from the listener, as the system's browser does.
func (l *pending) open(t *testing.T, path string, change ...func(*http.Request)) answer {
	t.Helper()

	got, err := l.tryOpen(t.Context(), path, change...)
	if err != nil {
		t.Fatal(err)
	}

	return got
}

func (l *pending) tryOpen(ctx context.Context, path string, change ...func(*http.Request)) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.callback+path, nil)
	if err != nil {
		return answer{}, err
	}

	for _, apply := range change {
		apply(request)
	}

	response, err := browser.Do(request)
	if err != nil {
		return answer{}, err
	}

	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)

	return answer{response.StatusCode, response.Header, string(body)}, err
}

func (a answer) says(text string) bool { return strings.Contains(a.body, text) }
