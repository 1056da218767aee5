package test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/upstash-connect/bff/test/harness"
)

// The contract check must reject invalid responses and requests.
func TestContractCheckRejectsViolations(t *testing.T) {
	c, err := harness.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	const database = `{"id":"96ad0856-03b1-4ee7-9666-e81abd0349e1","name":"a","state":"active","plan":"payg","platform":"aws","primary_region":"us-east-1",` +
		`"read_regions":[],"endpoint":"a.upstash.io","port":6379,"tls":true,"rest_url":"https://a.upstash.io","created_at":null}`

	problem := func(code string) string {
		return `{"type":"/api/v1/problems/` + code + `","title":"t","status":404,"instance":"/api/v1/x","code":"` + code + `","request_id":"r"}`
	}
	for name, exchange := range map[string]struct {
		method, path, body string
		status             int
		contentType        string
		answer             string
		fits               bool
	}{
		"a database":                 {"GET", "/databases/96ad0856-03b1-4ee7-9666-e81abd0349e1", "", 200, "application/json", database, true},
		"a database without a port":  {"GET", "/databases/96ad0856-03b1-4ee7-9666-e81abd0349e1", "", 200, "application/json", strings.Replace(database, `"port":6379,`, "", 1), false},
		"a port that is a text":      {"GET", "/databases/96ad0856-03b1-4ee7-9666-e81abd0349e1", "", 200, "application/json", strings.Replace(database, "6379", `"6379"`, 1), false},
		"a status nobody documented": {"GET", "/databases/96ad0856-03b1-4ee7-9666-e81abd0349e1", "", 206, "application/json", database, false},
		"a plain text":               {"GET", "/databases/96ad0856-03b1-4ee7-9666-e81abd0349e1", "", 200, "text/plain", "ok", false},
		"a create":                   {"POST", "/databases", `{"name":"a","primary_region":"us-east-1"}`, 201, "application/json", database, true},
		"a create with more":         {"POST", "/databases", `{"name":"a","primary_region":"us-east-1","colour":"red"}`, 201, "application/json", database, false},
		"a create without a region":  {"POST", "/databases", `{"name":"a"}`, 201, "application/json", database, false},
		"a problem":                  {"GET", "/databases/x", "", 404, "application/problem+json", problem("database_not_found"), true},
		"a code of another call":     {"GET", "/databases/x", "", 404, "application/problem+json", problem("not_connected"), false},
		"a code nobody knows":        {"GET", "/nothing", "", 404, "application/problem+json", problem("gone_fishing"), false},
		"a problem as plain JSON":    {"GET", "/databases/x", "", 404, "application/json", problem("database_not_found"), false},
		"a problem without its id":   {"GET", "/databases/x", "", 404, "application/problem+json", strings.Replace(problem("database_not_found"), `,"request_id":"r"`, "", 1), false},
		"an operation nobody knows":  {"GET", "/nothing", "", 200, "application/json", "{}", false},
	} {
		t.Run(name, func(t *testing.T) {
			target, err := url.Parse("/api/v1" + exchange.path)
			if err != nil {
				t.Fatal(err)
			}

			header := http.Header{}
			if exchange.body != "" {
				header.Set("Content-Type", "application/json")
			}
			request := (&http.Request{
				Method: exchange.method, URL: target, Header: header,
				Body: io.NopCloser(strings.NewReader(exchange.body)),
			}).WithContext(
				t.Context(),
			)
			answered := &harness.RecordingWriter{
				ResponseWriter: nobody{http.Header{"Content-Type": {exchange.contentType}}},
				Status:         exchange.status,
			}
			answered.Body.WriteString(exchange.answer)

			if err := c.Check(request, answered); (err == nil) != exchange.fits {
				t.Errorf("got %v, want it to fit: %t", err, exchange.fits)
			}
		})
	}
}

type nobody struct{ header http.Header }

func (n nobody) Header() http.Header       { return n.header }
func (nobody) Write(p []byte) (int, error) { return len(p), nil }
func (nobody) WriteHeader(int)             {}

// The document must have every route, because others are not checked, and no route that does not exist.
func TestContractHasExactlyTheServedRoutes(t *testing.T) {
	c, err := harness.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	parameter := regexp.MustCompile(`:([a-z_]+)`)

	served := map[string]bool{}
	for _, route := range harness.StartProduct(t, harness.WithoutKeys()).App.Handler().(harness.Routed).Routes() {
		path := strings.TrimPrefix(parameter.ReplaceAllString(route.Path, "{$1}"), "/api/v1")
		if route.Method == http.MethodHead || harness.Uncontracted("/api/v1"+path) {
			continue
		}

		served[route.Method+" "+path] = true
		if item := c.Document.Paths.Value(path); item == nil || item.GetOperation(route.Method) == nil {
			t.Errorf("%s %s is served, and not in the document", route.Method, path)
		}
	}

	for path, item := range c.Document.Paths.Map() {
		for method := range item.Operations() {
			if !served[method+" "+path] {
				t.Errorf("%s %s is in the document, and not served", method, path)
			}
		}
	}
}

// TestContractIsTheSameInYAMLAndJSON: the server serves the repository's file with its own address. The JSON form is
// generated from it and is the same each time.
func TestContractIsTheSameInYAMLAndJSON(t *testing.T) {
	p := harness.StartProduct(t, harness.WithoutKeys())

	file, err := os.ReadFile(harness.Repository("openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}

	named := strings.Replace(string(file), "\n  - url: /api/v1\n", "\n  - url: \""+p.URL+"/api/v1\"\n", 1)
	if served := p.Do(t, "GET", "/api/v1/openapi.yaml", nil, "").Is(t, 200); served.Body != named {
		t.Errorf("got %.200s, want openapi.yaml with the URL of this server", served.Body)
	}

	first := p.Do(t, "GET", "/api/v1/openapi.json", nil, "").Is(t, 200)
	if kind := first.Header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("got %s, want application/json", kind)
	}

	if again := p.Do(t, "GET", "/api/v1/openapi.json", nil, "").Is(t, 200); again.Body != first.Body {
		t.Error("the JSON form differs from one request to the next")
	}

	var asYAML, asJSON any

	err = errors.Join(yaml.Unmarshal([]byte(named), &asYAML), yaml.Unmarshal([]byte(first.Body), &asJSON))
	if err != nil {
		t.Fatal(err)
	}

	if !json.Valid([]byte(first.Body)) {
		t.Error("the JSON form is no JSON")
	}

	if diff := cmp.Diff(asYAML, asJSON); diff != "" {
		t.Errorf("the file (-) against the JSON form (+):\n%s", diff)
	}
}

// Row S16: generators write descriptions into code comments. No text of the document contains anything that could end a
// comment or start a new line.
//
// Threat model: S16.
func TestAPIDocumentTextsCannotLeaveAComment(t *testing.T) {
	served := harness.StartProduct(t, harness.WithoutKeys()).Do(t, "GET", "/api/v1/openapi.json", nil, "").Is(t, 200)

	var document any
	if err := json.Unmarshal([]byte(served.Body), &document); err != nil {
		t.Fatal(err)
	}
	texts := 0
	var walk func(at string, value any)
	walk = func(at string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for key, member := range value {
				if key == "example" || key == "examples" || key == "value" {
					continue // data, which generators quote
				}
				walk(at+"/"+key, member)
			}
		case []any:
			for n, member := range value {
				walk(fmt.Sprintf("%s/%d", at, n), member)
			}
		case string:
			texts++

			if strings.Contains(value, "*/") || strings.Contains(value, "-->") ||
				strings.ContainsFunc(value, unicode.IsControl) {
				t.Errorf("%s would leave a comment: %q", at, value)
			}
		}
	}
	walk("", document)

	if texts < 200 {
		t.Errorf("saw %d texts; the document was not walked", texts)
	}
}
