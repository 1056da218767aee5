package idp

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed pages
var pageFiles embed.FS

// pages are the parsed templates; each is the layout with one body.
type pages struct{ form, consent, failure, message *template.Template }

func parsePages() (pages, error) {
	parse := func(files ...string) (*template.Template, error) {
		return template.New("layout.html").ParseFS(pageFiles, files...)
	}
	var parsed pages
	var err error
	if parsed.form, err = parse("pages/layout.html", "pages/style.css", "pages/form.html"); err != nil {
		return pages{}, err
	}
	if parsed.consent, err = parse("pages/layout.html", "pages/style.css", "pages/consent.html"); err != nil {
		return pages{}, err
	}
	if parsed.failure, err = parse("pages/layout.html", "pages/style.css", "pages/error.html"); err != nil {
		return pages{}, err
	}
	parsed.message, err = template.ParseFS(pageFiles, "pages/message.html")
	return parsed, err
}

// form is what the log-in and sign-up forms show besides themselves.
type form struct {
	Email string
	Error string
}

// pageData is what the layout and its bodies need.
type pageData struct {
	Title string
	Nonce string
	// The address forms are sent to: this very authorization request.
	Action string
	CSRF   string
	App    string

	form
	SignUp    bool
	LogInURL  string
	SignUpURL string
	Account   string
	Message   string
}

func (p *Provider) showForm(w http.ResponseWriter, r *http.Request, a authRequest, status int, shown form) {
	data := p.page(w, r, a)
	data.Title, data.form, data.SignUp = "Log in", shown, a.signUp
	if a.signUp {
		data.Title = "Sign up"
	}
	data.LogInURL = authorizeURL(a.query, "screen_hint", "")
	data.SignUpURL = authorizeURL(a.query, "screen_hint", "signup")
	p.render(w, p.pages.form, status, data)
}

func (p *Provider) showConsent(w http.ResponseWriter, r *http.Request, a authRequest, current session) {
	account, err := p.store.AccountBySubject(current.subject)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	data := p.page(w, r, a)
	data.Title, data.Account = "Authorize", account.Email
	p.render(w, p.pages.consent, http.StatusOK, data)
}

func (p *Provider) showError(w http.ResponseWriter, status int, description string) {
	p.render(w, p.pages.failure, status, pageData{Title: "Something is wrong", Nonce: randomString(), Message: description})
}

func (p *Provider) page(w http.ResponseWriter, r *http.Request, a authRequest) pageData {
	return pageData{
		Nonce:  randomString(),
		Action: authorizeURL(a.query, "", ""),
		CSRF:   p.csrfToken(w, r),
		App:    a.client.Name,
	}
}

// render sends a page nobody may frame. There is no form-action in the policy on
// purpose: browsers apply it to the redirect that answers the form as well, and
// that one leads to the application.
func (p *Provider) render(w http.ResponseWriter, page *template.Template, status int, data pageData) {
	p.send(w, page, status, data.Nonce, "; frame-ancestors 'none'", data)
}

// showMessage answers with a page that posts the response to its opener or
// parent (Auth0's web_message). It runs in a hidden frame of the application,
// hence may be framed.
func (p *Provider) showMessage(w http.ResponseWriter, target string, response map[string]string) {
	nonce := randomString()
	p.send(w, p.pages.message, http.StatusOK, nonce, "", map[string]any{
		"Nonce": nonce, "Target": target, "Response": response,
	})
}

func (p *Provider) send(w http.ResponseWriter, page *template.Template, status int, nonce, policy string, data any) {
	var body bytes.Buffer
	if err := page.Execute(&body, data); err != nil {
		p.log.Error("render page", "error", err)
		http.Error(w, "page could not be rendered", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; script-src 'nonce-"+nonce+
		"'; img-src data:; base-uri 'none'"+policy)
	w.WriteHeader(status)
	// The browser may be gone; there is nobody left to tell.
	_, _ = body.WriteTo(w)
}

// authorizeURL rebuilds this request's address with one parameter changed, or
// removed when the value is empty.
func authorizeURL(query url.Values, name, value string) string {
	changed := url.Values{}
	for key, values := range query {
		changed[key] = values
	}
	if name != "" {
		changed.Del(name)
	}
	if value != "" {
		changed.Set(name, value)
	}
	return "/authorize?" + changed.Encode()
}
