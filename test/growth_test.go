package test

import (
	"cmp"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/session"
	"github.com/upstash-connect/bff/test/harness"
)

// maxRows is how many rows one account may add to a table, however often it makes a call: sessions, distinct
// events, and as many creates as the burst of their limit.
const maxRows = 40

// One account can add only a bounded number of rows, whichever route it calls and however often. The test calls every
// route and checks the rows. With SOAK it makes 10,000 calls of each.
func TestNoRouteGrowsWithoutBound(t *testing.T) {
	calls := maxRows + 10
	if os.Getenv("SOAK") == "1" {
		calls = 10_000
	}
	s := harness.StartService(t, harness.WithConfig(func(c *config.Config) {
		c.LimitRequests, c.LimitServiceRequests = limit.Rate{}, limit.Rate{}
		c.LimitCreates, c.LimitMints = rateOf(t, "30/h"), rateOf(t, "10/h")
	}))
	w := newWalker(t, s)

	routes := slices.DeleteFunc(s.Routes(t), func(r api.Route) bool { return !strings.HasPrefix(r.Path, "/api/v1/") })
	slices.SortStableFunc(routes, func(a, b api.Route) int { return cmp.Compare(w.turn(a), w.turn(b)) })

	for _, route := range routes {
		before, statuses := w.rows(t), map[int]int{}
		for n := range calls {
			statuses[w.call(t, route, n)]++
		}

		added := w.added(t, before)
		t.Logf("%d x %s %s: answered %v, left %v", calls, route.Method, route.Path, statuses, added)

		for table, rows := range added {
			if rows > maxRows {
				t.Errorf("%d calls of %s %s left %d rows of %s, want at most %d",
					calls, route.Method, route.Path, rows, table, maxRows)
			}
		}
	}

	if got := w.rows(t)["sessions"]; got > session.MaxActive {
		t.Errorf("got %d sessions, want at most %d", got, session.MaxActive)
	}
}

// A service and a user that invite, allow, complete and revoke in a loop add a bounded number of rows.
func TestServiceCallLoopGrowsWithinBounds(t *testing.T) {
	rounds := 100
	if os.Getenv("SOAK") == "1" {
		rounds = 2 * partner.MaxAllowedSessions
	}
	s := harness.StartService(t, harness.WithConfig(func(c *config.Config) {
		c.LimitRequests, c.LimitServiceRequests = limit.Rate{}, limit.Rate{}
	}))
	w := newWalker(t, s)
	browser := s.Browser(t)
	browser.Login(t, "someone@example.com")
	before, refused := w.rows(t), 0

	for range rounds {
		asked := s.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"keen"}`)
		if asked.Status == http.StatusTooManyRequests {
			refused++
			continue
		}
		var opened harness.Opened
		asked.Is(t, 201).JSON(t, &opened)

		_, invitation, _ := strings.Cut(opened.URL, "#")
		browser.Open(t, invitation).Is(t, 200)
		var grant harness.Grant
		s.Complete(t, opened.ID, browser.Allow(t), "keen").Is(t, 201).JSON(t, &grant)
		s.Call(t, "DELETE", "/api/v1/grants/"+grant.ID, "").Is(t, 204)
	}
	added := w.added(t, before)
	t.Logf("%d rounds, %d refused, left %v", rounds, refused, added)

	for table, most := range map[string]int{
		"grants": partner.MaxEndedGrants + 1, "connect_sessions": partner.MaxAllowedSessions + partner.MaxOpenSessions, "audit_events": 2*65 + 33,
	} {
		if added[table] > most {
			t.Errorf("%d rounds left %d rows of %s, want at most %d", rounds, added[table], table, most)
		}
	}

	if want := max(0, rounds-partner.MaxAllowedSessions); refused != want {
		t.Errorf("%d invitations were rejected, want %d", refused, want)
	}
}

// A browser whose session was evicted as the oldest gets the reason, immediately on the server that evicted it.
func TestOldestSessionEndsWithItsReason(t *testing.T) {
	t.Parallel()
	p := harness.StartProduct(t)
	token := p.TokenOf(t, "someone@example.com")
	first, second := p.Login(t, token), p.Login(t, token)
	read := func(cookie *http.Cookie) harness.Response {
		return p.Do(t, "GET", "/api/v1/session", p.FromPage(cookie), "")
	}
	read(first).Is(t, 200)

	for range session.MaxActive - 1 {
		p.Login(t, token)
	}
	got := read(first)
	got.Is(t, 401)

	if !strings.Contains(got.Body, "session_expired") || !strings.Contains(got.Body, "too many browsers") {
		t.Errorf("got %s, want session_expired with its reason", got.Body)
	}
	read(second).Is(t, 200)
}

func rateOf(t *testing.T, text string) limit.Rate {
	t.Helper()

	rate, err := limit.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}

	return rate
}

// walker calls routes as a caller who may, with things that are there.
type walker struct {
	s        harness.Service
	database *sql.DB
	bearer   http.Header
	page     func() http.Header // of a browser that is logged in and has opened an invitation
	account  string             // id of the connection
	ids      map[string]string  // the id for some-id, by path prefix
}

func newWalker(t *testing.T, s harness.Service) *walker {
	t.Helper()
	const email = "someone@example.com"
	grant := s.Granted(t, "user-1", email, `"databases":"all"`)
	m := s.AddMember(t, email)
	made := m.Create(t, "first", harness.CreateBody("first")).Database(t, 201)
	opened := s.Invite(t, "user-2", "")
	browser := s.Browser(t)
	browser.Open(t, opened.Invitation).Is(t, 200)
	browser.Login(t, email)
	connection := browser.Choose(t)

	database, err := sql.Open("sqlite3", "file:"+s.Database+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })

	return &walker{
		s: s, database: database, bearer: m.Header, page: browser.Header, account: connection,
		ids: map[string]string{
			"/api/v1/databases/": made.ID, "/api/v1/grants/": grant.ID, "/api/v1/connection/grants/": grant.ID,
			"/api/v1/connect-sessions/": opened.ID, "/api/v1/problems/": "csrf",
		},
	}
}

// turn orders routes: those that remove data needed by others come last.
func (*walker) turn(r api.Route) int {
	switch {
	case r.Path == "/api/v1/connection" && r.Method == http.MethodDelete:
		return 3
	case r.Method == http.MethodDelete:
		return 2
	case strings.HasSuffix(r.Path, "/complete"), r.Path == "/api/v1/session" && r.Method == http.MethodPost:
		return 1
	}

	return 0
}

// call makes one call, the nth of its route, and returns its status.
func (w *walker) call(t *testing.T, route api.Route, n int) int {
	t.Helper()

	path, header := route.Path, w.bearer
	for start, id := range w.ids {
		if strings.HasPrefix(path, start) {
			path = strings.Replace(path, "some-id", id, 1)
		}
	}

	switch {
	case strings.HasPrefix(path, "/api/v1/grants"), strings.HasPrefix(path, "/api/v1/connect-sessions"):
		header = harness.Bearer(w.s.Token)
	case strings.HasPrefix(path, "/api/v1/transaction"), path == "/api/v1/session" && route.Method != "POST":
		header = w.page()
	}
	body := map[string]string{
		"POST /api/v1/databases":                         harness.CreateBody(fmt.Sprint("x", n)),
		"POST /api/v1/connect-sessions":                  `{"external_id":"user-3"}`, // a service bounds its users
		"POST /api/v1/transaction/approval":              `{"id":"` + w.ids["/api/v1/connect-sessions/"] + `","connection_id":"` + w.account + `"}`,
		"POST /api/v1/transaction":                       `{"invitation":"x"}`,
		"PATCH /api/v1/grants/some-id":                   narrowing(n, 800_000),
		"PATCH /api/v1/connection/grants/some-id":        narrowing(n, 900_000),
		"POST /api/v1/connect-sessions/some-id/complete": `{"code":"x","external_id":"user-2"}`,
	}[route.Method+" "+route.Path]

	request := httptest.NewRequestWithContext(t.Context(), route.Method, w.s.URL+path, strings.NewReader(body))
	request.Header = harness.Merged(header, http.Header{"Idempotency-Key": {fmt.Sprint("key-", n)}})
	request.RemoteAddr = fmt.Sprintf("[2001:db8::%x]:1234", n) // another address each time: nothing keeps one from that

	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer := httptest.NewRecorder()
	w.s.App.Handler().ServeHTTP(answer, request)

	return answer.Code
}

// narrowing differs each time: a lower budget, and the same regions in another order, again and again.
func narrowing(n, budget int) string {
	regions := []string{`"us-east-1"`, `"eu-west-1"`}
	if n%2 == 1 {
		slices.Reverse(regions)
	}
	again := strings.Repeat(","+strings.Join(regions, ","), 1000)

	return fmt.Sprintf(`{"scopes":["redis.list"],"regions":[%s%s],"max_budget":%d}`, regions[0], again, budget-n)
}

// rows counts every table.
func (w *walker) rows(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}

	rows, err := w.database.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = rows.Close() }()

	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		counts[table] = 0
	}

	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}

	for table := range counts {
		var count int
		if err := w.database.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&count); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		counts[table] = count
	}

	return counts
}

// added is by how much the tables have grown.
func (w *walker) added(t *testing.T, before map[string]int) map[string]int {
	t.Helper()

	added := map[string]int{}
	for table, count := range w.rows(t) {
		if more := count - before[table]; more > 0 {
			added[table] = more
		}
	}

	return added
}
