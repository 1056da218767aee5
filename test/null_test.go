package test

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/test/harness"
)

// nulls is one call as typed clients send it: unset fields are null, not absent.
type nulls struct {
	schema string // of the body
	given  map[string]any
	call   func(t *testing.T, body string) harness.Response
	want   []int // any of them
}

// send makes the call with null for every field of the schema that is not set, after it was rejected with null for each
// field that is required.
func (n nulls) send(t *testing.T, document map[string]bool) harness.Response {
	t.Helper()

	c, err := harness.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	schema := c.Document.Components.Schemas[n.schema].Value
	body := map[string]any{}

	for property := range schema.Properties {
		body[property] = nil
	}
	maps.Copy(body, n.given)

	for property := range n.given {
		if !slices.Contains(schema.Required, property) {
			t.Errorf("%s: %s is optional, so the test is to leave it null", n.schema, property)
		}
	}

	for _, property := range schema.Required {
		without := maps.Clone(body)
		without[property] = nil

		refused := n.call(t, asJSON(t, without)).IsProblem(t, 422, "validation_failed")
		if got := refused.Pointers(); !slices.Equal(got, []string{"/" + property}) {
			t.Errorf("%s with null for %s: got faults at %v", n.schema, property, got)
		}
	}

	body["nobody_knows_this"] = nil
	n.call(t, asJSON(t, body)).IsProblem(t, 400, "unknown_field")
	delete(body, "nobody_knows_this")

	document[n.schema] = true

	got := n.call(t, asJSON(t, body))
	if !slices.Contains(n.want, got.Status) {
		t.Fatalf("%s with null for what is optional: got %d %s, want %v", n.schema, got.Status, got.Body, n.want)
	}

	return got
}

func asJSON(t *testing.T, value any) string {
	t.Helper()

	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}

	return string(encoded)
}

// Typed clients send null for fields that they omit. The test sends every body of the contract that way; the harness
// checks each accepted request against the document.
func TestNullOptionalFieldEqualsAbsentField(t *testing.T) {
	s := harness.StartService(t, harness.WithOperations(), harness.WithConfig(func(c *config.Config) {
		c.AllowedPlans = nil
	}))
	tried := map[string]bool{}
	token := harness.Bearer(s.TokenOf(t, invitee))
	bearer := func(method, path string) func(*testing.T, string) harness.Response {
		return func(t *testing.T, body string) harness.Response {
			t.Helper()
			return s.Do(t, method, path, token, body)
		}
	}
	service := func(method, path string) func(*testing.T, string) harness.Response {
		return func(t *testing.T, body string) harness.Response { t.Helper(); return s.Call(t, method, path, body) }
	}

	nulls{"ConnectRequest", nil, bearer("PUT", "/api/v1/connection"), []int{201}}.send(t, tried)
	nulls{"SessionRequest", nil, bearer("POST", "/api/v1/session"), []int{201}}.send(t, tried)

	made := nulls{
		"CreateDatabaseRequest",
		map[string]any{"name": "nothing-else", "primary_region": "us-east-1"},
		bearer("POST", harness.DatabasesPath),
		[]int{201},
	}.send(t, tried).Database(t, 201)
	if plain := s.Do(t, "POST", harness.DatabasesPath, token, harness.CreateBody("plain")).Database(t, 201); made.Plan !=
		plain.Plan {
		t.Errorf("null chose the plan %q, and nothing the plan %q", made.Plan, plain.Plan)
	}

	var opened harness.Opened
	nulls{
		"ConnectSessionRequest",
		map[string]any{"external_id": "user-1"},
		service("POST", "/api/v1/connect-sessions"),
		[]int{201},
	}.send(t, tried).JSON(t, &opened)
	_, opened.Invitation, _ = strings.Cut(opened.URL, "#")
	s.NoteSecret(opened.Invitation, "invitation")
	s.NoteSecret(opened.StatusToken, "status token")

	code := allowWithNulls(t, s, opened, tried)

	var before, after harness.Grant
	nulls{
		"CompleteRequest",
		map[string]any{"code": code, "external_id": "user-1"},
		service("POST", "/api/v1/connect-sessions/"+opened.ID+"/complete"),
		[]int{201},
	}.send(t, tried).JSON(t, &before)
	nulls{
		"NarrowGrantRequest", nil, service("PATCH", "/api/v1/grants/"+before.ID), []int{200},
	}.send(t, tried).JSON(t, &after)
	nulls{
		"NarrowGrantRequest", nil, bearer("PATCH", "/api/v1/connection/grants/"+before.ID), []int{200},
	}.send(t, tried)

	if !slices.Equal(before.Scopes, after.Scopes) || before.Databases != after.Databases {
		t.Errorf("null narrowed the grant from %+v to %+v", before, after)
	}

	for _, called := range generic(t) {
		operateWithNulls(t, called, bearer, tried)
	}
	everyBodyWasTried(t, tried)
}

// operateWithNulls sends an operation's body about a resource that nobody has: its fields are checked first.
func operateWithNulls(
	t *testing.T, called *operation.Operation,
	bearer func(method, path string) func(*testing.T, string) harness.Response, tried map[string]bool,
) {
	t.Helper()

	c, err := harness.ReadContract()
	if err != nil {
		t.Fatal(err)
	}

	body := c.Document.Paths.Find(called.Path).GetOperation(called.Method).RequestBody
	if body == nil {
		return
	}
	given := map[string]any{}

	for n := range called.Fields {
		if field := &called.Fields[n]; field.Required {
			given[field.Name] = field.Example
		}
	}
	schema := path.Base(body.Value.Content["application/json"].Schema.Ref)
	target := "/api/v1" + strings.ReplaceAll(called.Path, "{id}", "96ad0856-03b1-4ee7-9666-e81abd0349e1")

	nulls{schema, given, bearer(called.Method, target), []int{201, 404}}.send(t, tried)
}

func allowWithNulls(t *testing.T, s harness.Service, opened harness.Opened, tried map[string]bool) (code string) {
	t.Helper()

	browser := s.Browser(t)
	page := func(path string) func(*testing.T, string) harness.Response {
		return func(t *testing.T, body string) harness.Response {
			t.Helper()
			return browser.Page(t, "POST", path, nil, body)
		}
	}
	nulls{
		"InvitationRequest", map[string]any{"invitation": opened.Invitation}, page("/api/v1/transaction"), []int{200},
	}.send(t, tried)
	nulls{
		"DepartureRequest", map[string]any{"id": opened.ID}, page("/api/v1/transaction/left"), []int{204},
	}.send(t, tried)
	browser.Login(t, invitee)

	return browser.CodeOf(t, nulls{
		"ApprovalRequest",
		map[string]any{"id": opened.ID, "connection_id": browser.Choose(t)},
		page("/api/v1/transaction/approval"),
		[]int{200},
	}.send(t, tried))
}

func everyBodyWasTried(t *testing.T, tried map[string]bool) {
	t.Helper()

	c, err := harness.ReadContract()
	if err != nil {
		t.Fatal(err)
	}

	for name, schema := range c.Document.Components.Schemas {
		if !strings.HasSuffix(name, "Request") {
			continue
		}

		if !tried[name] {
			t.Errorf("%s was not sent with nulls", name)
		}

		for property, reference := range schema.Value.Properties {
			if optional := !slices.Contains(schema.Value.Required, property); reference.Value.Nullable != optional {
				t.Errorf("%s.%s: nullable is %t in the document, and optional is %t",
					name, property, reference.Value.Nullable, optional)
			}
		}
	}
}

// An absent field and a null field are the same request.
func TestNullAndEmptyBodiesShareAnIdempotencyKey(t *testing.T) {
	m := harness.StartWithMember(t)
	first := m.Create(t, "one-key", harness.CreateBody("once")).Database(t, 201)

	again := m.Create(t, "one-key", `{"name":"once","primary_region":"us-east-1","plan":null,"read_regions":null,"tls":null}`)
	if again.Database(t, 201).ID != first.ID || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("got %d %s, want the earlier response", again.Status, again.Body)
	}

	for _, body := range []string{
		`{"name":"x","primary_region":"us-east-1","read_regions":[null]}`,
		`{"name":"x","primary_region":"us-east-1","read_regions":["us-west-1",null]}`,
	} {
		m.Create(t, "", body).IsProblem(t, 422, "validation_failed") // an element of a list is not left out
	}
}

// A body that is optional may be null, and is then a body that was not sent: its Content-Type counts as ever.
func TestNullOptionalBodyEqualsNoBody(t *testing.T) {
	p := harness.StartProduct(t)
	token := harness.Bearer(p.TokenOf(t, invitee))

	p.Do(t, "PUT", "/api/v1/connection", token, "null").Is(t, 201)
	p.Do(t, "POST", "/api/v1/session", token, " null\n").Is(t, 201)

	browser := p.Browser(t)
	browser.Login(t, invitee)
	browser.Page(t, "POST", "/api/v1/transaction/account", nil, "null").IsProblem(t, 410, "invitation_expired")

	for _, body := range []string{"nul", "null null", "NULL", "[null]", `"null"`, "\ufeffnull"} {
		p.Do(t, "PUT", "/api/v1/connection", token, body).IsProblem(t, 400, "invalid_json")
	}

	form := harness.Merged(token, map[string][]string{"Content-Type": {"text/plain"}})
	p.Do(t, "PUT", "/api/v1/connection", form, "null").IsProblem(t, 415, "unsupported_media_type")
	p.Do(t, "POST", harness.DatabasesPath, token, "null").IsProblem(t, 400, "invalid_json")
}
