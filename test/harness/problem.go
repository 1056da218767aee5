package harness

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// problemBody is the body of an error (RFC 9457) with this API's members.
type problemBody struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Instance  string `json:"instance"`
	Code      string `json:"code"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		Pointer string `json:"pointer"`
		Code    string `json:"code"`
		Minimum *int64 `json:"minimum"`
		Maximum *int64 `json:"maximum"`
		Detail  string `json:"detail"`
	} `json:"errors"`
	LeftoverKeys []map[string]any `json:"leftover_keys"`
	Limit        string           `json:"limit"`
}

// internalWords are words of libraries, storage and runtime that no response may contain.
var internalWords = []string{
	"jwt:",
	"token is malformed",
	"token is unverifiable",
	"keyfunc",
	"jwkset",
	"kid",
	"signing method",
	"illegal base64",
	"gorm",
	"sqlite",
	"SQL",
	"SELECT",
	"echo",
	"goroutine",
	".go:",
	"json:",
	"jsontext",
	"rsa:",
	"tls:",
	"x509",
	"tink",
	"*api.",
	"*auth.",
	"main.",
}

// IsProblem fails the test unless the response is the wanted problem: complete form, headers, and no internal words.
func (a Response) IsProblem(t *testing.T, status int, code string) problemBody {
	t.Helper()

	where := a.Method + " " + a.Path
	if a.Status != status {
		t.Fatalf("%s: got status %d, want %d %s; body %.300s", where, a.Status, status, code, a.Body)
	}

	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%s: got content type %q, want application/problem+json", where, got)
	}

	if got := a.Header.Values("Cache-Control"); !reflect.DeepEqual(got, []string{"no-store"}) {
		t.Errorf("%s: got Cache-Control %q, want no-store", where, got)
	}
	var got problemBody
	decoder := json.NewDecoder(strings.NewReader(a.Body))
	decoder.DisallowUnknownFields()

	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("%s: invalid problem body: %v\n%s", where, err, a.Body)
	}

	want := problemBody{
		Type:         "/api/v1/problems/" + code,
		Status:       status,
		Code:         code,
		Instance:     a.Path[:min(len(a.Path), 256)],
		Title:        got.Title,
		Detail:       got.Detail,
		RequestID:    a.Header.Get("X-Request-Id"),
		Errors:       got.Errors,
		LeftoverKeys: got.LeftoverKeys,
		Limit:        got.Limit,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got problem %+v, want %+v", where, got, want)
	}

	for _, field := range got.Errors {
		if field.Code == "" || field.Detail == "" {
			t.Errorf("%s: got %+v, want a field error with a code and a detail", where, field)
		}
	}

	if got.Title == "" || got.RequestID == "" {
		t.Errorf("%s: title %q and request_id %q must not be empty", where, got.Title, got.RequestID)
	}

	// Random ids may contain any of the words.
	words := strings.NewReplacer(got.RequestID, "", got.Instance, "").Replace(a.Body)
	for _, word := range internalWords {
		if strings.Contains(words, word) {
			t.Errorf("%s: the response contains %q: %s", where, word, a.Body)
		}
	}
	a.challenges(t, code)

	return got
}

// challenges checks WWW-Authenticate: on every 401 and nowhere else (RFC 6750 section 3), with an error only if the
// request had a token (section 3.1).
func (a Response) challenges(t *testing.T, code string) {
	t.Helper()

	want := map[string]string{
		"invalid_token": `Bearer error="invalid_token"`,
		// RFC 9470 section 3
		"token_too_old": `Bearer error="insufficient_user_authentication", max_age=600`,
		"fresh_login_required": `Bearer error="insufficient_user_authentication", ` +
			`error_description="A login of the last 10 minutes is required", max_age="600"`,
	}[code]
	if want == "" && a.Status == http.StatusUnauthorized {
		want = "Bearer"
	}

	got := a.Header.Get("WWW-Authenticate")
	if code == "insufficient_scope" && strings.HasPrefix(got, `Bearer error="insufficient_scope", scope="`) {
		return // RFC 6750 section 3.1: it names the scope that the call needs
	}

	if got != want {
		t.Errorf("%s %s: got WWW-Authenticate %q, want %q", a.Method, a.Path, got, want)
	}
}

// HasNoEffect runs requests that must be rejected. It fails the test if they reached the Developer API or the database.
func (p *Product) HasNoEffect(t *testing.T, rejected func()) {
	t.Helper()
	calls, rows := len(p.Journal(t)), p.Rows(t)
	rejected()

	if after := p.Journal(t); len(after) != calls {
		t.Errorf("reached upstream: %v", after[min(calls, len(after)):])
	}

	if after := p.Rows(t); !reflect.DeepEqual(after, rows) {
		t.Errorf("rows in the database: got %v, want as before, %v", after, rows)
	}
}

// Endpoint is an operation that accepts a token.
type Endpoint struct{ Method, Path string }

// TokenEndpoints are both operations that connect, and one that reads.
var TokenEndpoints = []Endpoint{
	{"POST", "/api/v1/session"},
	{"PUT", "/api/v1/connection"},
	{"GET", "/api/v1/databases"},
}

// RejectedAtEveryEndpoint sends the header to each endpoint and checks for the same problem, no cookie, and no effect.
func (p *Product) RejectedAtEveryEndpoint(t *testing.T, header http.Header, status int, code string) {
	t.Helper()
	p.HasNoEffect(t, func() {
		for _, endpoint := range TokenEndpoints {
			got := p.Do(t, endpoint.Method, endpoint.Path, header, "")
			got.IsProblem(t, status, code)

			if cookie := got.Header.Get("Set-Cookie"); cookie != "" {
				t.Errorf("%s %s: an error response sets a cookie", endpoint.Method, endpoint.Path)
			}
		}
	})
}

// IsProblemOneOf fails the test unless the response is a problem with one of these codes.
func (a Response) IsProblemOneOf(t *testing.T, codes ...string) {
	t.Helper()

	var problem struct{ Code string }
	a.JSON(t, &problem)

	if !slices.Contains(codes, problem.Code) {
		t.Errorf("%s %s: got %d %s, want one of %v", a.Method, a.Path, a.Status, problem.Code, codes)
	}
}
