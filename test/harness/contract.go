package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/upstash-connect/bff/api"
)

// contract checks HTTP exchanges against openapi.yaml.
type contract struct {
	Document *openapi3.T
	router   routers.Router
}

// ReadContract reads openapi.yaml once.
var ReadContract = sync.OnceValues(func() (*contract, error) {
	asText := func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		content, err := io.ReadAll(body)
		return string(content), err
	}
	openapi3filter.RegisterBodyDecoder("text/html", asText)
	openapi3filter.RegisterBodyDecoder("application/yaml", asText)

	document, err := openapi3.NewLoader().LoadFromFile(Repository("openapi.yaml"))
	if err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(document)

	return &contract{Document: document, router: router}, err
})

// checkContract checks every API exchange against the document. Each response must be allowed, with a code that the
// document names for that operation. A request that got a 2xx must be allowed too. Many tests send invalid requests on
// purpose; for those, only the response is checked.
func checkContract(t *testing.T, next http.Handler) http.Handler {
	t.Helper()

	c, err := ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api" && !strings.HasPrefix(r.URL.Path, "/api/") {
			next.ServeHTTP(w, r)
			return
		}
		sent := &bytes.Buffer{}
		asked := r.Clone(r.Context())
		seen := r.WithContext(r.Context()) // a copy: net/http inspects the body type of its own request
		seen.Body = &teeBody{ReadCloser: r.Body, copy: sent}
		answered := &RecordingWriter{ResponseWriter: w, Status: http.StatusOK}
		next.ServeHTTP(answered, seen)

		if r.Context().Err() != nil {
			return // the caller disconnected: the response may be incomplete, and nobody reads it
		}

		asked.Body = io.NopCloser(sent)
		if err := c.Check(asked, answered); err != nil {
			t.Errorf("%s %s: response %d violates the contract: %v\nrequest: %.300s\nresponse: %.600s",
				r.Method, r.URL.EscapedPath(), answered.Status, err, sent.String(), answered.Body.String())
		}
	})

	routes, ok := next.(Routed)
	if !ok {
		return serve // tracing is on: its middleware wraps the route table
	}

	return checkedHandler{Handler: serve, Routed: routes}
}

// Routed is a handler that lists its routes.
type Routed interface{ Routes() []api.Route }

type checkedHandler struct {
	http.Handler
	Routed
}

// Uncontracted reports whether a path under /api is outside the contract: assets of the HTML pages.
func Uncontracted(path string) bool {
	return strings.HasPrefix(path, "/api/v1/docs/")
}

func (c *contract) Check(r *http.Request, w *RecordingWriter) error {
	// browsers send preflights on their own
	if Uncontracted(r.URL.Path) || (r.Method == http.MethodOptions && w.Status == http.StatusNoContent) {
		return nil
	}

	route, parameters, err := c.router.FindRoute(r)
	if err != nil || r.Method == http.MethodHead { // HEAD is GET without the body (RFC 9110 section 9.3.2)
		if w.Status < http.StatusBadRequest && r.Method != http.MethodHead {
			return fmt.Errorf("the document has no such operation: %w", err)
		}

		return c.problem(r, w, nil)
	}

	if w.Status >= http.StatusBadRequest {
		if isErrorPage(r, w) {
			return nil
		}

		if err := c.problem(r, w, route.Operation); err != nil {
			return err
		}
	}
	options := &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
	}

	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route, Options: options}
	if w.Status < http.StatusBadRequest && !knownExtra(r) {
		if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
			return fmt.Errorf("accepted a request that the document does not allow: %w", err)
		}
	}

	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 w.Status,
		Header:                 w.Header(),
		Body:                   io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		Options:                options,
	})
}

// knownExtra is the one request that the server accepts and the document does not allow: a create with database_name,
// as in Upstash's older create. The document requires name, so that generated clients require it.
func knownExtra(r *http.Request) bool {
	if r.Method != http.MethodPost || r.URL.Path != "/api/v1/databases" {
		return false
	}
	content, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(content))
	var body map[string]any
	_ = json.Unmarshal(content, &body)

	return body["database_name"] != nil && body["name"] == nil
}

// problem checks an error response: the Problem schema, the status of its code, and a code that its operation names.
func (c *contract) problem(r *http.Request, w *RecordingWriter, operation *openapi3.Operation) error {
	if r.Method == http.MethodHead || w.Status < http.StatusBadRequest {
		return nil
	}

	if isErrorPage(r, w) {
		return nil
	}

	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		return fmt.Errorf("error response of type %q", got)
	}

	var problem map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
		return err
	}

	if err := c.Document.Components.Schemas["Problem"].Value.VisitJSON(problem); err != nil {
		return err
	}
	code := fmt.Sprint(problem["code"])

	example := c.Document.Components.Examples[code]
	if example == nil {
		return fmt.Errorf("the document does not know the code %s", code)
	}

	if operation == nil {
		return nil
	}

	if codes, _ := operation.Extensions["x-problem-codes"].([]any); !slices.Contains(codes, any(code)) {
		return fmt.Errorf("%s does not name the code %s", operation.OperationID, code)
	}

	return nil
}

// isErrorPage reports whether a browser that requested a page got an HTML error page.
func isErrorPage(r *http.Request, w *RecordingWriter) bool {
	return strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

type teeBody struct {
	io.ReadCloser
	copy *bytes.Buffer
}

func (b *teeBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.copy.Write(p[:n])
	return n, err
}

// RecordingWriter copies what it forwards.
type RecordingWriter struct {
	http.ResponseWriter
	Status int
	Body   bytes.Buffer
}

// WriteHeader records the status and the header as sent.
func (w *RecordingWriter) WriteHeader(status int) {
	w.Status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *RecordingWriter) Write(p []byte) (int, error) {
	w.Body.Write(p)
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *RecordingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
