// Package console is the stand-in for the parts of Upstash's console that our product links to: users view their
// databases, view and delete their developer keys, and change the e-mail that the keys need. They log in through the
// identity provider's stand-in, as at the real console, in a flow of the console's own client.
//
// The pages are links and forms, without scripts. Public sources describe only what the real pages can do, so the
// words and addresses are ours, except for /account/api.
package console

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// Path is the console's path on its listener.
const Path = "/console"

// The pages that need a login.
const (
	databasesPath = Path + "/redis"
	keysPath      = Path + "/account/api"
	deletePath    = keysPath + "/delete"
	settingsPath  = Path + "/account/settings"
	upgradePath   = Path + "/account/upgrade"
)

// The identity provider redirects to these addresses; the console's client must register them.
const (
	CallbackPath  = Path + "/callback"
	LoggedOutPath = Path + "/logged-out"
)

// Accounts is the data that the console shows and changes.
type Accounts interface {
	AccountBySubject(subject string) (state.Account, error)
	Databases(owner string) ([]state.Database, error)
	Indexes(owner, product string) ([]state.Index, error)
	QStashes(owner string) ([]state.QStash, error)
	AddKey(subject string, key state.Key) error
	DeleteKey(email, name string) error
	ChangeEmail(from, to string) (state.Account, error)
	Upgrade(email string) (state.Account, error)
}

// Options configure a Console. All are required.
type Options struct {
	Accounts Accounts
	Issuer   string // of the identity provider, with its trailing slash
	ClientID string // of the console, at the identity provider
	Origin   string // of the listener, such as http://127.0.0.1:8082
	Now      func() time.Time
	Logger   *slog.Logger
}

// Console serves the pages.
type Console struct {
	Options
	host     string // of Origin, with its port
	issuer   issuer
	sessions *expiring[session]
	logIns   *expiring[logIn]
	pages    pages
}

// New makes a console. Its sessions end with the process, as the identity provider's do.
func New(options Options) (*Console, error) {
	origin, err := url.Parse(options.Origin)
	if err != nil || origin.Host == "" {
		return nil, errors.New("console: the origin is not a URL")
	}

	parsed, err := parsePages()
	if err != nil {
		return nil, err
	}

	return &Console{
		Options: options, host: origin.Host, pages: parsed,
		issuer:   newIssuer(options.Issuer, options.ClientID, options.Origin+CallbackPath),
		sessions: newExpiring[session](options.Now),
		logIns:   newExpiring[logIn](options.Now),
	}, nil
}

// Handler serves everything under Path.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(Path+"/", c.notFound)
	mux.HandleFunc("GET "+Path+"/style.css", c.style)
	mux.HandleFunc("GET "+CallbackPath, c.callback)
	mux.HandleFunc("GET "+LoggedOutPath, c.loggedOut)
	mux.HandleFunc("POST "+Path+"/logout", c.logOut)

	mux.HandleFunc("GET "+Path, c.start)
	mux.HandleFunc("GET "+Path+"/{$}", c.start)
	mux.HandleFunc("GET "+databasesPath, c.visitor(c.showDatabases))
	mux.HandleFunc("GET "+databasesPath+"/{id}", c.visitor(c.showDatabase))
	mux.HandleFunc("GET "+keysPath, c.visitor(c.showKeys))
	mux.HandleFunc("POST "+keysPath, c.visitor(c.createKey))
	mux.HandleFunc("GET "+deletePath, c.visitor(c.askToDelete))
	mux.HandleFunc("POST "+deletePath, c.visitor(c.deleteKey))
	mux.HandleFunc("GET "+settingsPath, c.visitor(c.showSettings))
	mux.HandleFunc("POST "+settingsPath, c.visitor(c.changeEmail))
	mux.HandleFunc("POST "+upgradePath, c.visitor(c.upgrade))

	return c.guard(mux)
}
