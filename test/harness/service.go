package harness

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/secret"
)

// ReturnURL is the built-in service's return URL.
const ReturnURL = "https://app.example.com/connected"

// WithService gives the server the built-in service.
func WithService() Option {
	return WithConfig(func(c *config.Config) {
		token, _ := partner.NewToken(partner.Live, partner.BuiltInID)
		c.ServiceTokens, c.ReturnURLs = []secret.Text{token}, []string{ReturnURL}
	})
}

// Service is a partner's backend.
type Service struct {
	*Product
	Token string
}

// StartService starts a server with the built-in service.
func StartService(t *testing.T, options ...Option) Service {
	t.Helper()
	p := StartProduct(t, append([]Option{WithService()}, options...)...)

	return Service{Product: p, Token: p.NotedSecret(p.Config.ServiceTokens[0].Reveal(), "service token")}
}

// Registry registers further services while the server runs, as the commands do.
func (p *Product) Registry() partner.Registry { return partner.Registry{Store: p.App.Store()} }

// AddService registers a service with one return URL. It returns the service, with a token of every scope, and the URL.
func (p *Product) AddService(t *testing.T, id string, policy partner.Policy) (service Service, returnURL string) {
	t.Helper()
	returnURL = "https://" + id + ".example.com/connected"
	registry := p.Registry()

	added := partner.Service{ID: id, Name: "Service " + id, ReturnURLs: []string{returnURL}, Policy: policy}
	if _, err := registry.AddService(t.Context(), added); err != nil {
		t.Fatal(err)
	}

	token, _, err := registry.CreateToken(t.Context(), id, nil, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}

	return Service{Product: p, Token: p.NotedSecret(token.Reveal(), "service token")}, returnURL
}

// NotedSecret calls NoteSecret and returns the value.
func (p *Product) NotedSecret(value, what string) string {
	p.NoteSecret(value, what)
	return value
}

// Call sends one request with the service's token.
func (s Service) Call(t *testing.T, method, path, body string) Response {
	t.Helper()
	return s.Do(t, method, path, Bearer(s.Token), body)
}

// As returns the header of a call for an end user.
func (s Service) As(externalID string) http.Header {
	return Merged(Bearer(s.Token), http.Header{"Connect-User": {externalID}})
}

// With returns the header of a call under a grant.
func (s Service) With(grantID string) http.Header {
	return Merged(Bearer(s.Token), http.Header{"Connect-Grant": {grantID}})
}

// Keyed adds an Idempotency-Key to a header.
func Keyed(header http.Header, key string) http.Header {
	return Merged(header, http.Header{"Idempotency-Key": {key}})
}

// Opened is an open connect session.
type Opened struct {
	ID          string `json:"id"`
	URL         string `json:"url"`
	StatusToken string `json:"status_token"`
	State       string `json:"state"`
	Invitation  string `json:"-"`
}

// Invite opens a connect session. body has further fields next to external_id, such as `"databases":"all"`; it may be
// empty.
func (s Service) Invite(t *testing.T, externalID, body string) Opened {
	t.Helper()

	content := `{"external_id":` + Quoted(externalID)
	if body != "" {
		content += "," + body
	}

	var opened Opened
	s.Call(t, "POST", "/api/v1/connect-sessions", content+"}").Is(t, 201).JSON(t, &opened)

	_, opened.Invitation, _ = strings.Cut(opened.URL, "#")
	s.NoteSecret(opened.Invitation, "invitation")
	s.NoteSecret(opened.StatusToken, "status token")

	return opened
}

// Quoted returns a text as a JSON string.
func Quoted(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// State returns the state of a connect session, as its service reads it.
func (s Service) State(t *testing.T, id string) string {
	t.Helper()

	var session struct{ State string }
	s.Call(t, "GET", "/api/v1/connect-sessions/"+id, "").Is(t, 200).JSON(t, &session)

	return session.State
}

// Complete completes a connect session.
func (s Service) Complete(t *testing.T, id, code, externalID string) Response {
	t.Helper()

	return s.Call(t, "POST", "/api/v1/connect-sessions/"+id+"/complete",
		`{"code":`+Quoted(code)+`,"external_id":`+Quoted(externalID)+`}`)
}

// Grant is a grant in the API.
type Grant struct {
	ID          string   `json:"id"`
	State       string   `json:"state"`
	ExternalID  string   `json:"external_id"`
	Scopes      []string `json:"scopes"`
	Databases   string   `json:"databases"`
	DatabaseIDs []string `json:"database_ids"`
	RevokedBy   string   `json:"revoked_by"`
	LastUsedFor string   `json:"last_used_for"`
	Max         int      `json:"max_databases"`
}

// Granted takes a user through a complete connect session and returns the grant. body as for Invite.
func (s Service) Granted(t *testing.T, externalID, email, body string) Grant {
	t.Helper()
	opened := s.Invite(t, externalID, body)

	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)
	browser.Login(t, email)
	code := browser.Allow(t)

	var grant Grant
	s.Complete(t, opened.ID, code, externalID).Is(t, 201).JSON(t, &grant)

	return grant
}

// Browser is a browser that shows the server's page.
type Browser struct {
	*Product
	Session string // id of the connect session that it shows
	cookies map[string]string
}

// Browser returns a browser without cookies.
func (p *Product) Browser(*testing.T) *Browser {
	return &Browser{Product: p, cookies: map[string]string{}}
}

// Header returns the header that the page in this browser sends with every request.
func (b *Browser) Header() http.Header {
	own := http.Header{
		"X-Csrf": {"1"}, "Origin": {b.Origin()}, "Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"cors"},
	}

	var cookies []string
	for name, value := range b.cookies {
		cookies = append(cookies, name+"="+value)
	}

	if len(cookies) > 0 {
		own["Cookie"] = []string{strings.Join(cookies, "; ")}
	}

	return own
}

// Page sends one request as the page does, and stores the response's cookies.
func (b *Browser) Page(t *testing.T, method, path string, header http.Header, body string) Response {
	t.Helper()
	answer := b.Do(t, method, path, Merged(b.Header(), header), body)

	for _, cookie := range (&http.Response{Header: answer.Header}).Cookies() {
		delete(b.cookies, cookie.Name)

		if cookie.MaxAge >= 0 {
			b.cookies[cookie.Name] = cookie.Value
			b.NoteSecret(cookie.Value, "cookie "+cookie.Name)
		}
	}

	return answer
}

// Open swaps an invitation for a transaction in this browser.
func (b *Browser) Open(t *testing.T, invitation string) Response {
	t.Helper()

	answer := b.Page(t, "POST", "/api/v1/transaction", nil, `{"invitation":`+Quoted(invitation)+`}`)
	if answer.Status == http.StatusOK {
		var transaction struct{ ID string }
		answer.JSON(t, &transaction)
		b.Session = transaction.ID
	}

	return answer
}

// Login logs the browser in with an account at Upstash, and replaces any other.
func (b *Browser) Login(t *testing.T, email string) {
	t.Helper()
	b.Page(t, "POST", "/api/v1/session", Bearer(b.TokenOf(t, email)), `{"replace":true}`).Is(t, 201)
}

// Choose binds the transaction to the account that the browser is logged in with, and returns its connection's id.
func (b *Browser) Choose(t *testing.T) (connectionID string) {
	t.Helper()

	var transaction struct {
		Account struct {
			ConnectionID string `json:"connection_id"`
		}
	}
	b.Page(t, "POST", "/api/v1/transaction/account", nil, "").Is(t, 200).JSON(t, &transaction)

	return transaction.Account.ConnectionID
}

// Approve allows the request for an account. body has further fields, such as `"databases":"selected"`; it may be
// empty.
func (b *Browser) Approve(t *testing.T, connectionID, body string) Response {
	t.Helper()

	content := `{"id":` + Quoted(b.Session) + `,"connection_id":` + Quoted(connectionID)
	if body != "" {
		content += "," + body
	}

	return b.Page(t, "POST", "/api/v1/transaction/approval", nil, content+"}")
}

// Allow chooses the account, allows everything requested, and returns the code for the service.
func (b *Browser) Allow(t *testing.T) (code string) {
	t.Helper()
	return b.CodeOf(t, b.Approve(t, b.Choose(t), ""))
}

// CodeOf returns the code in an approval's return URL.
func (b *Browser) CodeOf(t *testing.T, approval Response) string {
	t.Helper()

	var answer struct {
		ReturnURL string `json:"return_url"`
	}
	approval.Is(t, 200).JSON(t, &answer)

	returned, err := url.Parse(answer.ReturnURL)
	if err != nil || returned.Query().Get("code") == "" {
		t.Fatalf("got the return URL %q, want one with a code", answer.ReturnURL)
	}

	return b.NotedSecret(returned.Query().Get("code"), "code")
}
