package test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// Hundreds of users with different tokens, e-mails, ids, paths, methods and names create the same series as ten users:
// a series with user data would exist hundreds of times. The first forty send every kind of request, the others one.
// With SOAK, ten thousand users send every kind.
func TestMetricsDoNotGrowWithUsers(t *testing.T) {
	t.Parallel()
	i := harness.NewIssuer(t)
	p := harness.StartProduct(t, harness.WithIssuer(i), harness.WithAdmin())
	const all = 100

	users, thorough := 300, 40
	if harness.Soak() {
		users, thorough = 10_000, 10_000
	}
	requests := 0

	serve := func(user, most int) {
		kinds := userRequests(t, p, i, user)
		for _, request := range kinds[:min(most, len(kinds))] {
			response, err := p.Client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body) // so that the connection is used again
			_ = response.Body.Close()
			requests++
		}
	}
	for user := range 10 {
		serve(user, all)
	}
	few := p.Metrics(t)

	for user := 10; user < users; user++ {
		if user < thorough {
			serve(user, all)
		} else {
			serve(user, 1)
		}
	}
	many := p.Metrics(t)

	names := slices.Sorted(maps.Keys(few))
	if added := slices.DeleteFunc(
		slices.Sorted(maps.Keys(many)), func(name string) bool { _, before := few[name]; return before },
	); len(
		added,
	) > 0 {
		t.Errorf("%d series after ten users, %d after %d: %.2000q came", len(names), len(many), users, added)
	}

	counted := 0.0
	for name, value := range many {
		if strings.HasPrefix(name, "bff_http_requests_total{") {
			counted += value
		}
	}

	if counted != float64(requests) {
		t.Errorf("got %v requests counted, want %d: this test would show nothing", counted, requests)
	}

	everything := p.Admin(t, "GET", "/metrics", nil).Body
	for _, free := range []string{"user-7", "kid-7", "person-7", "BREW", "evil", "127.0.0.1", "localhost", "example.com"} {
		if strings.Contains(everything, free) {
			t.Errorf("the metrics hold %q", free)
		}
	}
}

// userRequests are requests of every kind that a stranger can send, with unique words.
func userRequests(t *testing.T, p *harness.Product, i *harness.Issuer, user int) []*http.Request {
	t.Helper()
	subject := fmt.Sprintf("auth0|user-%d", user)
	token := i.Token(
		t,
		nil,
		map[string]any{"sub": subject, "https://user.io/email": fmt.Sprintf("person-%d@example.com", user)},
	)
	_, tail, _ := strings.Cut(token, ".")
	stranger := harness.B64(fmt.Appendf(nil, `{"alg":"RS256","kid":"kid-%d"}`, user)) + "." + tail
	var requests []*http.Request
	add := func(method, path, token, body string) *http.Request {
		request, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}

		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		request.Header.Set("User-Agent", subject)
		request.Header.Set("X-Request-Id", fmt.Sprintf("user-%d", user))
		requests = append(requests, request)

		return request
	}
	add("GET", "/api/v1/databases", token, "")
	add("GET", fmt.Sprintf("/api/v1/databases/user-%d", user), token, "")
	add("GET", fmt.Sprintf("/api/v1/databases/user-%d/credentials", user), token, "")
	add(
		"POST",
		"/api/v1/databases",
		token,
		fmt.Sprintf(`{"name":"user-%d","primary_region":"us-east-1"}`, user),
	).Header.Set("Content-Type",
		"application/json")
	add("GET", fmt.Sprintf("/api/v1/user-%d?user=%d", user, user), token, "")
	add("GET", fmt.Sprintf("/user-%d", user), "", "")
	add("GET", fmt.Sprintf("/assets/user-%d.js", user), "", "")
	add(fmt.Sprintf("BREW%d", user), "/api/v1/databases", token, "")
	add("GET", "/api/v1/databases", stranger, "")
	add("GET", "/api/v1/config", "", "").Host = fmt.Sprintf("evil-%d.example.com", user)
	add("GET", fmt.Sprintf("/api/v1/problems/user-%d", user), "", "")

	return requests
}
