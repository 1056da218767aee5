package idp

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed pages
var pageFiles embed.FS

// pages are the parsed templates; each combines the layout with one body.
type pages struct{ form, consent, confirm, failure, message, formPost *template.Template }

func parsePages() (pages, error) {
	laidOut := func(body string) (*template.Template, error) {
		return template.New("layout.html").ParseFS(pageFiles, "pages/layout.html", "pages/style.css", "pages/"+body)
	}

	var parsed pages
	for name, page := range map[string]**template.Template{
		"form.html": &parsed.form, "consent.html": &parsed.consent, "confirm.html": &parsed.confirm, "error.html": &parsed.failure,
	} {
		var err error
		if *page, err = laidOut(name); err != nil {
			return pages{}, err
		}
	}

	var err error
	if parsed.message, err = template.ParseFS(pageFiles, "pages/message.html"); err != nil {
		return pages{}, err
	}
	parsed.formPost, err = template.ParseFS(pageFiles, "pages/form-post.html")

	return parsed, err
}

// form is the state that the login and sign-up forms show.
type form struct {
	Email string
	Error string
	Field string // the field of Error: email, password, or empty for both
}

// Wrong reports whether the error concerns the field.
func (f form) Wrong(field string) bool { return f.Error != "" && (f.Field == "" || f.Field == field) }

// pageData is what the layout and its bodies need.
type pageData struct {
	Title string
	Nonce string
	// The forms are sent to this address: that of this authorization request.
	Action string
	CSRF   string
	App    string

	form
	SignUp    bool
	LogInURL  string
	SignUpURL string
	Account   string
	Failure   failureData
}

// failureData is the content of Auth0's error page and the parameters in its address.
type failureData struct {
	Code, Description, Tracking string
	Parameters                  string
}

func (p *Provider) showForm(w http.ResponseWriter, r *http.Request, a authRequest, status int, shown form) {
	data := p.page(w, r, a)

	data.Title, data.form, data.SignUp = "Log in", shown, a.signUp
	if a.signUp {
		data.Title = "Sign up"
	}
	data.LogInURL = "/u/login?" + a.query.Encode()
	data.SignUpURL = "/u/signup?" + a.query.Encode()
	p.render(w, p.pages.form, status, data)
}

// showQuestion shows a page with a question to the logged-in user.
func (p *Provider) showQuestion(
	w http.ResponseWriter, r *http.Request, a authRequest, current session, page *template.Template, title string,
) {
	account, err := p.store.AccountBySubject(current.subject)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	data := p.page(w, r, a)
	data.Title, data.Account = title, account.Email
	p.render(w, page, http.StatusOK, data)
}

// showFailure shows Auth0's error page: the error, and the parameters that Auth0 appends to the page's address. A
// script adds those, so that no redirect is needed. asked may be nil.
func (p *Provider) showFailure(w http.ResponseWriter, asked url.Values, fault pageFault) {
	tracking := randomString()[:20]

	parameters := url.Values{"error": {fault.code}, "lang": {"en"}, "tracking": {tracking}}
	if locales := strings.Fields(asked.Get("ui_locales")); len(locales) > 0 {
		parameters.Set("lang", locales[0])
	}

	for name, value := range map[string]string{
		"client_id": asked.Get("client_id"), "connection": asked.Get("connection"), "error_description": fault.description,
	} {
		if value != "" {
			parameters.Set(name, value)
		}
	}
	p.render(w, p.pages.failure, fault.status, pageData{
		Title: "Something went wrong", Nonce: randomString(),
		Failure: failureData{fault.code, fault.description, tracking, "?" + parameters.Encode()},
	})
}

func (p *Provider) page(w http.ResponseWriter, r *http.Request, a authRequest) pageData {
	return pageData{
		Nonce:  randomString(),
		Action: "/authorize?" + a.query.Encode(),
		CSRF:   p.csrfToken(w, r),
		App:    a.client.Name,
	}
}

// render sends a page that no page may frame. The policy deliberately has no form-action: browsers also apply it to
// the redirect after a form, and that redirect leads to the application.
func (p *Provider) render(w http.ResponseWriter, page *template.Template, status int, data pageData) {
	p.send(w, page, status, data.Nonce, "; frame-ancestors 'none'", data)
}

// showResponse sends a page with a script that passes the response on: to the window that opened or embeds it
// (Auth0's web_message), or as a form (OAuth 2.0 Form Post Response Mode). web_message runs in a hidden frame of the
// application, so that page may be framed.
func (p *Provider) showResponse(
	w http.ResponseWriter, page *template.Template, target string, response map[string]string,
) {
	nonce := randomString()
	p.send(w, page, http.StatusOK, nonce, "", map[string]any{
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
	// Ignore the error: the browser may have disconnected.
	_, _ = body.WriteTo(w)
}
