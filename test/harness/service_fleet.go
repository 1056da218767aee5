//go:build unix

package harness

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

// Helpers for services of separate server processes.

// Service returns the built-in service, and the environment with which the fleet's servers must be started.
func (f *Fleet) Service(t *testing.T) (s Service, environ []string) {
	t.Helper()
	token, _ := partner.NewToken(partner.Live, partner.BuiltInID)

	return Service{Product: f.Product, Token: f.NotedSecret(token.Reveal(), "service token")},
		[]string{"BFF_SERVICE_TOKEN=" + token.Reveal(), "BFF_RETURN_URLS=" + ReturnURL}
}

// Registered registers a service and creates its token, with commands while the servers run.
func (f *Fleet) Registered(t *testing.T, id string) (s Service, returnURL, tokenID string) {
	t.Helper()
	returnURL = "https://" + id + ".example.com/connected"

	f.Succeeds(t, "service", "add", id, "--name", "Service "+id, "--return-url", returnURL)
	text := strings.TrimSpace(f.Succeeds(t, "token", "create", id, "--ttl", "24h").Stdout)

	parsed, err := partner.ParseToken(text, partner.Live)
	if err != nil {
		t.Fatal(err)
	}

	return Service{Product: f.Product, Token: f.NotedSecret(text, "service token")}, returnURL, parsed.ID
}

// AuditEvent is one line of `bff audit --json`.
type AuditEvent struct {
	Action       keys.Action `json:"action"`
	ConnectionID string      `json:"connection_id"`
	Detail       string      `json:"detail"`
	GrantID      string      `json:"grant_id"`
	RequestID    string      `json:"request_id"`
	Address      string      `json:"address"`
}

// Audit reads the audit log. An action, unless empty, filters it.
func (f *Fleet) Audit(t *testing.T, action keys.Action) []AuditEvent {
	t.Helper()

	arguments := []string{"audit", "--json"}
	if action != "" {
		arguments = append(arguments, "--action", string(action))
	}

	var events []AuditEvent
	for line := range strings.Lines(f.Succeeds(t, arguments...).Stdout) {
		var event AuditEvent
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		events = append(events, event)
	}

	return events
}

// Audited counts the events of an action under a grant.
func (f *Fleet) Audited(t *testing.T, action keys.Action, grantID string) int {
	t.Helper()

	count := 0
	for _, event := range f.Audit(t, action) {
		if event.GrantID == grantID {
			count++
		}
	}

	return count
}

// GrantIsActive fails the test unless the grant, its calls and the audit log all agree with active: an ended grant has
// one revocation event.
func (f *Fleet) GrantIsActive(t *testing.T, s Service, grantID string, active bool) {
	t.Helper()

	var grant Grant
	s.Call(t, "GET", "/api/v1/grants/"+grantID, "").Is(t, 200).JSON(t, &grant)
	acts, events := s.Do(t, "GET", DatabasesPath, s.With(grantID), ""), f.Audited(t, keys.ActionGrantRevoked, grantID)

	if active {
		acts.Is(t, 200)
	} else {
		acts.IsProblem(t, 409, "grant_required")
	}

	if (grant.State == "active") != active || (events == 0) != active || events > 1 {
		t.Errorf("grant %s is %s, with %d revocation events; active: want %t", grantID, grant.State, events, active)
	}
}

// IsKilled runs a command that a killpoint kills.
func (f *Fleet) IsKilled(t *testing.T, arguments ...string) {
	t.Helper()

	const bySignal = -1
	if got := f.Command(t, arguments...); got.Code != bySignal || f.armed() {
		t.Fatalf("bff %s: got %+v, want it killed", strings.Join(arguments, " "), got)
	}
}

// armed reports whether no process has reached the point that Arm named.
func (f *Fleet) armed() bool { return FileExists(f.order) }

// GrantsOf lists the grants of an end user.
func (s Service) GrantsOf(t *testing.T, externalID string) []Grant {
	t.Helper()

	var list struct{ Grants []Grant }
	s.Call(t, "GET", "/api/v1/grants?external_id="+externalID, "").Is(t, 200).JSON(t, &list)

	return list.Grants
}

// DoUntilFinal repeats a request until it gets a final response, as a careful caller does. It waits for Retry-After and
// calls any server after its own has died. cut counts the lost connections.
func (p *Product) DoUntilFinal(
	t *testing.T, method, path string, header http.Header, body string,
) (answer Response, cut int) {
	t.Helper()

	for limit := time.Now().Add(2 * time.Minute); time.Now().Before(limit); {
		got, err := p.Try(t.Context(), method, path, header, body)
		if err != nil {
			cut++
			time.Sleep(100 * time.Millisecond)

			continue
		}

		seconds, err := strconv.Atoi(got.Header.Get("Retry-After"))
		if err != nil || got.Status == http.StatusTooManyRequests {
			return got, cut
		}
		time.Sleep(time.Duration(seconds) * time.Second)
	}
	t.Errorf("%s %s: no final response in two minutes", method, path)

	return Response{}, cut
}

// DuringCreates is During, but the first replica is killed while upstream is processing a create.
func (r *Replicas) DuringCreates(t *testing.T, callers int, call func(n int)) {
	t.Helper()
	var working sync.WaitGroup
	done := make(chan struct{})

	for n := range callers {
		working.Go(func() { call(n) })
	}

	go func() { working.Wait(); close(done) }()
	r.WaitForCreate(t)
	r.killAtRandom(t, done)
}
