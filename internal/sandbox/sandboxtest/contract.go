package sandboxtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// vendorsDocument is where the OpenAPI document of Upstash's Developer API may be, next to a checkout. We may not
// copy it; UPSTASH_OPENAPI overrides the path.
const vendorsDocument = "../shared/upstash-openapi.yml" // from the root of the repository

// contract checks calls against the vendor's document.
type contract struct {
	document *openapi3.T
	router   routers.Router
	Used     sync.Map // known differences that an exchange needed, by where
}

// Operations returns the operations of the document whose path has one of the prefixes, as "POST /vector/index".
func (c *contract) Operations(prefixes ...string) []string {
	found := []string{}
	for path, item := range c.document.Paths.Map() {
		if !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
			continue
		}

		for method := range item.Operations() {
			found = append(found, method+" "+path)
		}
	}
	slices.Sort(found)

	return found
}

// VendorsContract reads the document once. It is nil if there is none.
var VendorsContract = sync.OnceValues(func() (*contract, error) {
	path := os.Getenv("UPSTASH_OPENAPI")
	if path == "" {
		path = fromRoot(vendorsDocument)
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
	}

	document, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, err
	}
	// By default a schema allows members that it does not name. Here each of them is a difference that must be
	// listed.
	for _, schema := range document.Components.Schemas {
		if len(schema.Value.Properties) > 0 {
			schema.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: new(bool)}
		}
	}
	openapi3filter.RegisterBodyDecoder("application/x-www-form-urlencoded", openapi3filter.JSONBodyDecoder)
	router, err := gorillamux.NewRouter(document)

	return &contract{document: document, router: router}, err
})

// exchangeOf is a request to the Developer API and its response.
type exchangeOf struct {
	method, path, contentType, sent string
	got                             Response
}

// judge returns each violation of the document in the call, as "side: where: what".
func (c *contract) judge(x exchangeOf) ([]string, error) {
	address, err := url.Parse("https://api.upstash.com" + x.path)
	if err != nil {
		return nil, err
	}
	request := &http.Request{
		Method: x.method, URL: address, Host: address.Host, Header: http.Header{"Content-Type": {x.contentType}},
		Body: io.NopCloser(strings.NewReader(x.sent)), ContentLength: int64(len(x.sent)),
	}

	route, parameters, err := c.router.FindRoute(request)
	if err != nil {
		return []string{fmt.Sprintf("path: %s", x.path)}, nil
	}
	options := &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
	}
	options.WithCustomSchemaErrorFunc(func(err *openapi3.SchemaError) string {
		return strings.Join(err.JSONPointer(), "/") + ": " + err.Reason
	})
	input := &openapi3filter.RequestValidationInput{
		Request:    request,
		PathParams: parameters,
		Route:      route,
		Options:    options,
	}
	complaints := []string{}
	// Many tests send an invalid request on purpose; then only the response is checked.
	if x.got.Status < 400 {
		complaints = flatten("request", openapi3filter.ValidateRequest(request.Context(), input))
	}
	complaints = append(complaints, tooLarge("", x.got.Body)...)

	return append(
		complaints,
		flatten("answer", openapi3filter.ValidateResponse(request.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: input, Status: x.got.Status, Header: x.got.Header,
			Body: io.NopCloser(bytes.NewBufferString(x.got.Body)), Options: options,
		}))...), nil
}

// tooLarge finds the integers that exceed the document's largest format, int64. The validator reads numbers as
// floats, and so misses them.
func tooLarge(pointer string, raw string) []string {
	var members map[string]json.RawMessage
	var items []json.RawMessage

	complaints := []string{}
	switch {
	case json.Unmarshal([]byte(raw), &members) == nil:
		for name, member := range members {
			complaints = append(complaints, tooLarge(strings.TrimPrefix(pointer+"/"+name, "/"), string(member))...)
		}
	case json.Unmarshal([]byte(raw), &items) == nil:
		for i, item := range items {
			complaints = append(
				complaints,
				tooLarge(strings.TrimPrefix(fmt.Sprintf("%s/%d", pointer, i), "/"), string(item))...)
		}
	default:
		number, isInteger := new(big.Int).SetString(raw, 10)
		if isInteger && !number.IsInt64() {
			return []string{"answer: " + pointer + ": does not fit in an int64"}
		}
	}

	return complaints
}

// flatten gives every validation error its own line.
func flatten(side string, err error) []string {
	var many openapi3.MultiError
	var schema *openapi3.SchemaError
	var request *openapi3filter.RequestError

	var response *openapi3filter.ResponseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &many):
		lines := []string{}
		for _, one := range many {
			lines = append(lines, flatten(side, one)...)
		}

		return lines
	case errors.As(err, &schema):
		return []string{side + ": " + strings.Join(schema.JSONPointer(), "/") + ": " + schema.Reason}
	case errors.As(err, &request):
		return []string{side + ": " + request.Error()}
	case errors.As(err, &response):
		return []string{side + ": " + response.Error()}
	default:
		return []string{side + ": " + err.Error()}
	}
}

// hold fails the test for each violation that no row of KnownDifferences explains.
func (c *contract) hold(t *testing.T, x exchangeOf) {
	t.Helper()

	complaints, err := c.judge(x)
	if err != nil {
		t.Fatal(err)
	}

	for _, complaint := range complaints {
		row, known := explained(complaint)
		if !known {
			t.Errorf(
				"%s %s returned %d against the vendor's document, and no known difference explains it: %s\nresponse: %.300s",
				x.method,
				x.path,
				x.got.Status,
				complaint,
				x.got.Body,
			)
			continue
		}
		c.Used.Store(row.Where, true)
	}
}

// fromRoot returns a path from the root of the repository, wherever the test runs.
func fromRoot(path string) string {
	_, here, _, _ := runtime.Caller(0)
	const root = "../../.." // from internal/sandbox/sandboxtest

	return filepath.Join(filepath.Dir(here), root, path)
}
