package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

// sessionStore finds one connect session, or fails.
type sessionStore struct {
	partner.Store
	service partner.Service
	err     error
}

func (s sessionStore) FindConnectSession(
	context.Context, partner.SessionKey,
) (partner.ConnectSession, partner.Service, error) {
	return partner.ConnectSession{}, s.service, s.err
}

// A page that waits for a session learns that the session is not stored any more. It cannot read the answer for a
// session of another service, nor while the database fails: a failure is no end of a session.
func TestPagesThatMayReadTheStateOfAConnectSession(t *testing.T) {
	stored := sessionStore{service: partner.Service{ReturnURLs: []string{"https://app.example.com/connected"}}}
	absent := sessionStore{err: partner.ErrSessionNotFound}
	failing := sessionStore{err: problem.New(problem.StorageUnavailable, "")}
	broken := sessionStore{err: errors.New("the disk is full")}
	id := "/cs_" + strings.Repeat("A", 26)

	for name, row := range map[string]struct {
		store  sessionStore
		method string
		path   string
		origin string
		want   bool
	}{
		"the service's page":           {stored, "GET", id, "https://app.example.com", true},
		"another page":                 {stored, "GET", id, "https://evil.example", false},
		"a session that is gone":       {absent, "GET", id, "https://app.example.com", true},
		"gone, for another page":       {absent, "GET", id, "https://evil.example", true},
		"an id of another form":        {stored, "GET", "/cs_1", "https://app.example.com", true},
		"gone, from our own page":      {absent, "GET", id, "https://connect.example.com", false},
		"gone, for a change":           {absent, "POST", id, "https://app.example.com", false},
		"gone, below the session":      {absent, "GET", id + "/complete", "https://app.example.com", false},
		"no id":                        {absent, "GET", "/", "https://app.example.com", false},
		"the database does not answer": {failing, "GET", id, "https://app.example.com", false},
		"the database fails":           {broken, "GET", id, "https://app.example.com", false},
	} {
		partners, err := partner.New(partner.Options{
			Store: row.store, Databases: struct{ partner.Databases }{}, Connections: struct{ partner.Connections }{},
			Environment: partner.Live, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		s := &Server{options: Options{Partners: partners}, origin: "https://connect.example.com"}

		preflight := http.Header{"Access-Control-Request-Method": {row.method}}
		for method, header := range map[string]http.Header{row.method: {}, http.MethodOptions: preflight} {
			request := httptest.NewRequestWithContext(
				t.Context(), method, "https://connect.example.com/api/v1/connect-sessions"+row.path, nil,
			)
			request.Header = header
			request.Header.Set("Origin", row.origin)
			recorder := httptest.NewRecorder()

			if row.method != http.MethodGet && method == http.MethodOptions {
				continue // a preflight of another method only says which methods exist
			}

			if _, err := s.crossOrigin(echo.New().NewContext(request, recorder)); err != nil {
				t.Fatal(err)
			}

			if got := recorder.Header().Get("Access-Control-Allow-Origin") == row.origin; got != row.want {
				t.Errorf("%s, %s: readable %t, want %t", name, method, got, row.want)
			}
		}
	}
}
